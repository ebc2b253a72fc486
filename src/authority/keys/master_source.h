// Where the master key comes from.
#pragma once

#include <string>

#include "authority/keys/master_key.h"
#include "ground/result.h"

namespace jeton::keys {

// What a source may need of the ledger: a place for what belongs to it and is no secret (a passphrase's salt).
class SourceNotes {
 public:
  virtual ~SourceNotes() = default;
  virtual Result<std::string> read(std::string_view name) = 0;   // empty where there is none
  virtual Status write(std::string_view name, std::string value) = 0;
};

// "file:PATH" · "credential:NAME" (a systemd credential) · "env:NAME" · "passphrase:file:PATH", "passphrase:credential:NAME",
// "passphrase:env:NAME" (Argon2id) · "pkcs11:…" (RFC 7512).
enum class IfMissing : std::uint8_t { Make, Fail };
// Opens it. With Make a file that is not there is made; nothing else ever is. Config says what is wrong and what to do. A variable is
// taken out of the environment once it was read, so that no child inherits it.
Result<MasterKeyPtr> open_master_key(const std::string& source, IfMissing if_missing, SourceNotes& notes, Entropy& entropy);

// Whether the text is of one of those forms; what is wrong, or nothing.
std::string_view wrong_source(std::string_view source);

// What a file, a credential or a variable holds, of "file:PATH", "credential:NAME" or "env:NAME"; for other secrets that are configured.
Result<Secret> read_secret(std::string_view source);

}  // namespace jeton::keys
