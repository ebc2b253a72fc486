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

enum class Answer : std::uint8_t { Taken, Broken, OutOfStep };

// One blob's answer: "ID blob SIZE\n", its octets, "\n"; or "ID missing\n". A damaged object may give less than its size says:
// then what follows is out of step, which its ends and the next one's id tell.
Answer read_one(Answers& answers, const Blob& blob, Reader& reader, std::string& octets) {
  std::string head, end;
  octets.clear();
  if (!answers.line(head)) return Answer::Broken;
  if (!head.starts_with(blob.id + " ")) return Answer::OutOfStep;
  const auto what = std::string_view(head).substr(blob.id.size() + 1);
  std::size_t size = 0;
  const auto* const last = what.data() + what.size();
  if (!what.starts_with("blob ") || std::from_chars(what.data() + 5, last, size).ptr != last) {
    reader.tally.cannot_read(blob.path + " (blob " + blob.id + ")", "the object is missing or damaged");
    return Answer::Taken;
  }
  const bool kept = size <= kLargestBlob;
  if (!answers.octets(size, kept ? &octets : nullptr) || !answers.octets(1, &end) || end != "\n") return Answer::Broken;
  if (!kept) {
    reader.tally.cannot_read(blob.path + " (blob " + blob.id + ")", "it is larger than is read: 256 MiB");
    return Answer::Taken;
  }
  const auto files = reader.tally.files;
  reader.read(octets, {blob.path, blob.commit});
  reader.tally.files = files;   // counted as blobs
  ++reader.tally.blobs;
  return Answer::Taken;
}

// git ends at an object it cannot read: then that one is noted, and another git goes on behind it.
class Conversation {
 public:
  explicit Conversation(const Repository& repository) : repository_(repository) {}

  void read(std::span<const Blob> blobs, Reader& reader, Progress& progress) {
    bool again = false;
    while (!blobs.empty() && !progress.stop) {
      auto answer = ask(blobs) ? Answer::Taken : Answer::Broken;
      while (answer == Answer::Taken && !blobs.empty()) {
        answer = read_one(*answers_, blobs.front(), reader, octets_);
        progress.bytes.fetch_add(octets_.size(), std::memory_order_relaxed);
        if (answer == Answer::Taken) done(blobs, progress);
        else if (answer == Answer::Broken || again) again = false;
        else again = true;
      }
      if (answer == Answer::Taken) return;
      answers_.reset();
      git_.reset();
      if (again) continue;   // it was the one before that was damaged: this one is asked for anew
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

void read_blobs(const Repository& repository, const std::vector<Blob>& blobs, const Literals& literals, const Options& options,
                Progress& progress, Tally& tally) {
  std::atomic<std::size_t> next{0};
  on_threads(literals, options, tally, [&](Reader& reader) {
    Conversation talk(repository);
    for (auto from = next.fetch_add(kAtOnce); from < blobs.size() && !progress.stop; from = next.fetch_add(kAtOnce))
      talk.read({blobs.data() + from, std::min(kAtOnce, blobs.size() - from)}, reader, progress);
  });
}

}  // namespace jeton::scan::git
