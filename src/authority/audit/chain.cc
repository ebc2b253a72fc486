#include "authority/audit/chain.h"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <filesystem>
#include <fstream>

namespace jeton::audit {
namespace {

// A slot of the file: a line, filled up with spaces, so that either of the two is always whole.
constexpr std::size_t kSlot = 512;

void append(std::string& out, std::string_view field) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(field.size() >> shift & 0xff);
  out += field;
}

bool same(const Bytes& stored, const crypto::Sha256Digest& wanted) { return equal_constant_time(stored, wanted); }

// The newest of the file, where there is one.
std::optional<Checkpoint> newest(const std::string& path, const ChainKeys& keys) {
  std::ifstream in(path, std::ios::binary);
  std::string text(4 * kSlot, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  std::optional<Checkpoint> best;
  for (const auto& c : checkpoints_in(text, keys))
    if (!best || c.number >= best->number) best = c;
  return best;
}

}  // namespace

crypto::Sha256Digest Links::seal(const ledger::AuditEvent& e) const {
  std::string text = "jeton-audit-event-1\n";
  text += as_text(e.id.ulid().octets);
  const auto at = static_cast<std::uint64_t>(e.at.millis());
  for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(at >> shift & 0xff);
  for (const std::string_view field :
       {std::string_view(e.actor), std::string_view(e.action), std::string_view(e.target), std::string_view(e.detail)})
    append(text, field);
  append(text, e.address.text());
  append(text, e.request_id);
  append(text, e.trace_id);
  return mac_(as_bytes(text));
}

crypto::Sha256Digest Links::link(const crypto::Sha256Digest& before, const crypto::Sha256Digest& seal) const {
  std::string text = "jeton-audit-link-1\n";
  text += as_text(before);
  text += as_text(seal);
  return mac_(as_bytes(text));
}

Chain::Chain(ChainKeys keys, std::string path) : keys_(std::move(keys)), links_(keys_), path_(std::move(path)) {
  if (path_.empty() || !keys_.sign) return;
  found_ = newest(path_, keys_);
  std::error_code error;
  damaged_ = !found_ && std::filesystem::exists(path_, error);
}

Chain::~Chain() {
  if (file_ >= 0) ::close(file_);
}

Result<Found> Chain::begin(ledger::Ledger& ledger) {
  // Linked first: until the file is open, nothing is written over what it says.
  TRY(const auto head, ledger.chain(this));
  number_ = head.number;
  if (!keys_.sign) {
    // Nothing can be said of the checkpoint that is there, and it stays as it is.
    written_ = false;
    return Found::Sound;
  }
  auto outcome = found_ ? Found::Sound : damaged_ ? Found::Broken : Found::New;
  if (found_ && found_->number > head.number) outcome = Found::Broken;
  if (found_ && outcome == Found::Sound && found_->number > 0) {
    TRY(const auto there, ledger.audit_after(found_->number - 1, 1));
    if (there.empty() || there[0].number != found_->number || !same(there[0].link, found_->link)) outcome = Found::Broken;
  }
  if (path_.empty()) return outcome;
  std::error_code error;
  if (outcome == Found::Broken)
    std::filesystem::rename(path_, path_ + "." + std::to_string(found_number()) + "-" + std::to_string(head.number), error);
  if (error) return fault(Fault::Io, "the audit's checkpoint does not fit the ledger and cannot be set aside: is the folder writable?");
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file_ < 0) return fault(Fault::Io, "the audit's checkpoint cannot be written: check the owner of the database's folder");
  return outcome;
}

bool Chain::put(const std::string& line) {
  if (path_.empty()) return true;
  if (file_ < 0) return false;
  auto slot = line;
  slot.resize(kSlot - 1, ' ');
  slot += '\n';
  second_ = !second_;
  return ::pwrite(file_, slot.data(), slot.size(), second_ ? kSlot : 0) == static_cast<ssize_t>(slot.size());
}

void Chain::committed(const ledger::ChainHead& head, Instant at) noexcept {
  number_ = head.number;
  const auto line = Checkpoint{head.number, head.link, at}.text(keys_);
  written_ = line && put(*line);
  if (!line) return;
  const std::lock_guard lock(mutex_);
  latest_ = *line;
}

std::string Chain::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

}  // namespace jeton::audit
