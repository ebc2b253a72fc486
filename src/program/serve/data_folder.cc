#include "program/serve/data_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

namespace jeton::serve {
namespace {

bool in_group(gid_t group) {
  if (group == ::getegid()) return true;
  std::vector<gid_t> mine(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int count = ::getgroups(static_cast<int>(mine.size()), mine.data());
  for (int i = 0; i < count; ++i)
    if (mine[static_cast<std::size_t>(i)] == group) return true;
  return false;
}

// A volume that belongs to root is lent to a service by a group of its own: by this alone can it write there.
bool lent_by_group(const struct stat& status) { return status.st_uid == 0 && ::geteuid() != 0 && in_group(status.st_gid); }

bool others_write(const struct stat& status) {
  if ((status.st_mode & S_IWOTH) != 0) return true;
  return (status.st_mode & S_IWGRP) != 0 && !lent_by_group(status);
}

// Whether closing it takes nothing from anybody else.
bool ours_alone(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path + "/master.key", error)) return true;
  return std::filesystem::is_empty(path, error) && !error;
}

}  // namespace

FolderLook look_at_folder(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0)
    return {FolderState::Missing, path + " is not there yet", "jeton serve makes it, or name another with --data or JETON_DATA"};
  if (!S_ISDIR(status.st_mode)) return {FolderState::NotFolder, path + " is not a folder", "name another with --data or JETON_DATA"};
  if (others_write(status))
    return {FolderState::Writable, path + " can be written by others, who could put other keys and rows there",
            "chmod 700 " + path + ", or name a folder of its own"};
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    if (::geteuid() != 0)
      return {FolderState::Foreign, path + " belongs to another user, who could put other keys and rows there",
              "run as that user, or name another with --data or JETON_DATA"};
    return {FolderState::Lent, path + " belongs to the user " + std::to_string(status.st_uid) + ", who can change all of it",
            "chown it to the user of the server"};
  }
  if ((status.st_mode & 077) != 0 && !lent_by_group(status))
    return {FolderState::Open, path + " can be entered by others", "chmod 700 " + path};
  return {FolderState::Sound, path, {}};
}

std::expected<FolderState, std::string> prepare_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return std::unexpected("the data folder " + path + " cannot be made");
  const auto look = look_at_folder(path);
  switch (look.state) {
    case FolderState::Missing:
    case FolderState::NotFolder:
    case FolderState::Writable:
    case FolderState::Foreign: return std::unexpected("the data folder " + look.what + ": " + look.next);
    case FolderState::Open:
      if (ours_alone(path)) (void)::chmod(path.c_str(), 0700);
      return look.state;
    case FolderState::Lent:
    case FolderState::Sound: break;
  }
  return look.state;
}

std::string wrong_place(const std::string& database) {
  const auto parent = std::filesystem::path(database).parent_path().string();
  const auto look = look_at_folder(parent.empty() ? "." : parent);
  const bool wrong = look.state == FolderState::Writable || look.state == FolderState::Foreign;
  return wrong ? "the database's folder " + look.what + ": " + look.next : std::string();
}

}  // namespace jeton::serve
