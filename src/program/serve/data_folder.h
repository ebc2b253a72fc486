// The folder that holds a server's keys and rows: who else can get at it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace jeton::serve {

enum class FolderState : std::uint8_t {
  Missing,
  NotFolder,
  Writable,   // others can put files into it, or theirs in the place of ours
  Foreign,    // likewise: it belongs to another user
  Open,       // others can look into it; each file still keeps them out
  Lent,       // it belongs to another user, but root runs this: a container with a mounted folder
  Sound,
};

struct FolderLook {
  FolderState state = FolderState::Sound;
  std::string what, next;   // for people: what is wrong, what to do
};

// Changes nothing.
FolderLook look_at_folder(const std::string& path);

// Makes the folder where it is missing, mode 0700; closes one that others can look into where it is this user's and holds a master key, or
// nothing yet. What is wrong, and what to do, where others can write to it. The state it was found in otherwise.
std::expected<FolderState, std::string> prepare_folder(const std::string& path);

// Of a database that is kept elsewhere, the same of its folder, which is not made. Empty where nothing is wrong.
std::string wrong_place(const std::string& database);

}  // namespace jeton::serve
