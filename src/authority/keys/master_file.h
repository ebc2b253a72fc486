// The master key as one line of text: in a file of its own, in a systemd credential, or in a variable.
#pragma once

#include <string>

#include "authority/keys/master_key.h"

namespace jeton::keys {

// "jeton-master-key-1 <43 of base64url> <8 of check>": a cut-off or mistyped line is noticed. Config, with what to do, where it is not
// one. A line feed at the end is fine.
Result<MasterKeyPtr> parse_master_key(std::string_view line);

// NotFound where there is no file; Config where others may read it or it is damaged. Nothing is overwritten.
Result<MasterKeyPtr> load_master_file(const std::string& path);
// Makes a new key in a new file (0600). Conflict where it is there.
Result<MasterKeyPtr> create_master_file(const std::string& path, Entropy& entropy);

}  // namespace jeton::keys
