// Secrets from a pipe or a file.
#pragma once

#include <string>

#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::terminal {

// All of a descriptor or a file ("-": standard input), up to `limit` octets. TooLarge: beyond; NotFound: no
// such file; Io: it cannot be opened or read.
Result<Secret> read_secret(int fd, std::size_t limit);
Result<Secret> read_secret_file(const std::string& path, std::size_t limit);
// Without one line end at the end, as `echo` and editors add it.
Secret trimmed(Secret text);

}  // namespace jeton::terminal
