// Small files that hold secrets: written whole, readable by their owner alone.
#pragma once

#include <string>

#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::keys {

// NotFound where there is none. Config where others may read it, it is no plain file, or it is over 64 KiB. A systemd credential may
// show a group's bit: it stands for an access control list with this service alone.
enum class Readers : std::uint8_t { OwnerAlone, Service };
Result<Secret> read_private_file(const std::string& path, Readers readers = Readers::OwnerAlone);
enum class IfThere : std::uint8_t { Keep, Replace };
// To a new file first, then fsync and rename: after a crash it is the old one or the new one. Conflict where it exists and is
// to be kept.
Status write_private_file(const std::string& path, ByteView content, IfThere if_there);
// Puts a file that is written and synced in another one's place, in one step.
Status replace_private_file(const std::string& from, const std::string& to);

}  // namespace jeton::keys
