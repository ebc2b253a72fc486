// A secret that was found, and where. What is printed of it holds at most its first and last two characters.
#pragma once

#include <string>
#include <vector>

#include "ground/secret.h"
#include "program/scan/rules.h"

namespace jeton::scan {

// Where a text came from.
struct Place {
  std::string path;       // "a.zip!/b/c.py" for what lies in an archive
  std::string commit;     // of a repository's history; else empty
};

struct Finding {
  const Rule* rule = nullptr;
  Place place;
  std::uint32_t line = 0, column = 0, end_column = 0;   // from 1; columns in code points, the end exclusive
  std::string hint;          // "gh…9x"
  std::string fingerprint;   // 32 hexadecimal digits: the same wherever the line moves to
  Secret secret;             // for asking the server about it; never printed

  Finding() = default;
  Finding(Finding&&) = default;
  Finding& operator=(Finding&&) = default;
};

}  // namespace jeton::scan
