// What is known and may stay: a baseline of fingerprints, and an ignore file.
#pragma once

#include <expected>
#include <set>
#include <string>
#include <vector>

#include "program/scan/finding.h"

namespace jeton::scan {

// The ignore file of the folder a scan is started in: a line is a fingerprint, "path:GLOB", empty, or a comment after #.
inline constexpr const char* kIgnoreFile = ".jetonignore";

class Known {
 public:
  // What is wrong, for people.
  using Problem = std::string;
  // An earlier scan's JSON.
  std::expected<void, Problem> read_baseline(const std::string& path);
  // Nothing where there is no such file.
  std::expected<void, Problem> read_ignore_file(const std::string& path);
  bool has(const Finding& finding) const;

 private:
  std::set<std::string, std::less<>> fingerprints_;
  std::vector<std::string> globs_;
};

}  // namespace jeton::scan
