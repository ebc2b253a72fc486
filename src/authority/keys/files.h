// Small files that hold secrets: written whole, readable by their owner alone.
#pragma once

#include <string>

#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::keys {

// NotFound where there is none. Config where others may read it, it is no plain file, or it is over 64 KiB.
Result<Secret> read_private_file(const std::string& path);
enum class IfThere : std::uint8_t { Keep, Replace };
// To a new file first, then fsync and rename: after a crash it is the old one or the new one. Conflict where it exists and is
// to be kept.
Status write_private_file(const std::string& path, ByteView content, IfThere if_there);

}  // namespace jeton::keys
