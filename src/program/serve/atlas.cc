#include "program/serve/atlas.h"

namespace jeton::serve {

Atlas::Atlas(verify::Verifier& verifier, std::vector<std::string> paths) : verifier_(verifier), paths_(std::move(paths)) {}

// Which files these are: device, number, size and time of change of each.
std::string Atlas::stamp() const {
  std::string all;
  for (const auto& path : paths_) {
    struct stat s{};
    if (::stat(path.c_str(), &s) != 0) all += "none ";
    else
      all += std::to_string(s.st_dev) + " " + std::to_string(s.st_ino) + " " + std::to_string(s.st_size) + " " +
             std::to_string(s.st_mtim.tv_sec) + "." + std::to_string(s.st_mtim.tv_nsec) + " ";
  }
  return all;
}

Status Atlas::refresh() {
  const auto now = stamp();
  if (paths_.empty() || now == read_) return {};
  read_ = now;
  TRY(auto database, geo::Database::open(paths_));
  verifier_.set_atlas(std::move(database));
  return {};
}

}  // namespace jeton::serve
