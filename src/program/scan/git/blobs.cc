#include <algorithm>
#include <charconv>
#include <memory>
#include <span>

#include "program/scan/git/repository.h"

namespace jeton::scan::git {
namespace {

constexpr std::size_t kAtOnce = 64;                 // blobs asked for before the first is read: less than a pipe holds
constexpr std::size_t kLargestBlob = 256 << 20;

// The answers of one `git cat-file --batch`.
class Answers {
 public:
  explicit Answers(Process& git) : git_(git), room_(1 << 16) {}

  bool line(std::string& out) {
    out.clear();
    for (;;) {
      const auto end = std::find(room_.begin() + at_, room_.begin() + have_, '\n');
      out.append(room_.begin() + at_, end);
      const bool found = end != room_.begin() + have_;
      at_ = end - room_.begin() + (found ? 1 : 0);
      if (found) return true;
      if (out.size() > 4096 || !fill()) return false;
    }
  }
  // Exactly that many octets; without `out` they are let go.
  bool octets(std::size_t size, std::string* out) {
    if (out != nullptr) out->clear();
    while (size > 0) {
      if (at_ == have_ && !fill()) return false;
      const auto part = std::min<std::size_t>(size, static_cast<std::size_t>(have_ - at_));
      if (out != nullptr) out->append(room_.data() + at_, part);
      at_ += static_cast<std::ptrdiff_t>(part);
      size -= part;
    }
    return true;
  }

 private:
  bool fill() {
    const auto n = git_.read(room_.data(), room_.size());
    at_ = 0;
    have_ = std::max<ssize_t>(n, 0);
    return n > 0;
  }
  Process& git_;
  std::vector<char> room_;
  std::ptrdiff_t at_ = 0, have_ = 0;
};

// One blob's answer: "ID blob SIZE\n", its octets, "\n"; or "ID missing\n". False: git is at its end.
bool read_one(Answers& answers, const Blob& blob, Reader& reader, std::string& octets) {
  std::string head;
  if (!answers.line(head)) return false;
  const auto size_at = head.rfind(' ');
  std::size_t size = 0;
  const auto* const end = head.data() + head.size();
  if (size_at == std::string::npos || head.find(" blob ") == std::string::npos ||
      std::from_chars(head.data() + size_at + 1, end, size).ptr != end) {
    reader.tally.cannot_read(blob.path + " (blob " + blob.id + ")", "the object is missing or damaged");
    return true;
  }
  const bool kept = size <= kLargestBlob;
  if (!answers.octets(size, kept ? &octets : nullptr) || !answers.octets(1, nullptr)) return false;
  if (!kept) {
    reader.tally.cannot_read(blob.path + " (blob " + blob.id + ")", "it is larger than is read: 256 MiB");
    return true;
  }
  const auto files = reader.tally.files;
  reader.read(octets, {blob.path, blob.commit});
  reader.tally.files = files;   // counted as blobs
  ++reader.tally.blobs;
  return true;
}

// git ends at an object it cannot read: then that one is noted, and another git goes on behind it.
class Conversation {
 public:
  explicit Conversation(const Repository& repository) : repository_(repository) {}

  void read(std::span<const Blob> blobs, Reader& reader, Progress& progress) {
    while (!blobs.empty() && !progress.stop) {
      const bool asked = ask(blobs);
      bool good = asked;
      while (good && !blobs.empty()) {
        good = read_one(*answers_, blobs.front(), reader, octets_);
        progress.bytes.fetch_add(octets_.size(), std::memory_order_relaxed);
        if (good) done(blobs, progress);
      }
      if (good) return;
      answers_.reset();
      git_.reset();
      reader.tally.cannot_read(blobs.front().path + " (blob " + blobs.front().id + ")", "git cannot read it: is the repository damaged?");
      done(blobs, progress);
    }
  }

 private:
  static void done(std::span<const Blob>& blobs, Progress& progress) {
    blobs = blobs.subspan(1);
    progress.files.fetch_add(1, std::memory_order_relaxed);
  }
  bool ask(std::span<const Blob> blobs) {
    if (!git_) {
      git_ = std::make_unique<Process>(repository_.folder(), std::vector<std::string>{"cat-file", "--batch"});
      answers_ = std::make_unique<Answers>(*git_);
    }
    std::string ids;
    for (const auto& blob : blobs) ids += blob.id + "\n";
    return git_->started() && git_->write(ids);
  }

  const Repository& repository_;
  std::unique_ptr<Process> git_;
  std::unique_ptr<Answers> answers_;
  std::string octets_;
};

}  // namespace

void read_blobs(const Repository& repository, const std::vector<Blob>& blobs, const Literals& literals, const Options& options, Progress& progress,
                Tally& tally) {
  std::atomic<std::size_t> next{0};
  on_threads(literals, options, tally, [&](Reader& reader) {
    Conversation talk(repository);
    for (auto from = next.fetch_add(kAtOnce); from < blobs.size() && !progress.stop; from = next.fetch_add(kAtOnce))
      talk.read({blobs.data() + from, std::min(kAtOnce, blobs.size() - from)}, reader, progress);
  });
}

}  // namespace jeton::scan::git
