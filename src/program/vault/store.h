// The vault on disk: read whole, replaced whole, by one writer at a time.
#pragma once

#include <functional>
#include <string>

#include "program/vault/file.h"

namespace jeton::vault {

// JETON_VAULT, else "jeton/vault" in the XDG data folder (~/.local/share).
std::string standard_path();

// Gives the data key of the vault with that header, from wherever it is to be had.
using KeyOf = std::function<Result<Secret>(const Header&)>;

// One writer at a time, among processes: held from construction to destruction.
class WriteLock {
 public:
  // Waits for another writer, then Conflict.
  static Result<WriteLock> take(const std::string& vault, Millis patience = Millis(10'000));
  WriteLock(WriteLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  WriteLock& operator=(WriteLock&&) = delete;
  ~WriteLock();

 private:
  explicit WriteLock(int fd) : fd_(fd) {}
  int fd_;
};

// NotFound where there is no file; Fault::Io where it cannot be read.
Result<Image> read(const std::string& path);
Result<Contents> open(const std::string& path, const KeyOf& key_of);

// Makes a vault that holds nothing. Conflict where there is one. `outer` gives the key that opens the data key.
Result<Secret> create(const std::string& path, Header header, const KeyOf& outer, Entropy& entropy);

// Reads, edits and writes back under the lock: into a new file, synced, then renamed over the old one. What `edit` refuses
// changes nothing.
Status change(const std::string& path, const KeyOf& key_of, const std::function<Status(Contents&)>& edit, Entropy& entropy);

}  // namespace jeton::vault
