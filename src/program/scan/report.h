// What a scan says: for people, as JSON, and as SARIF 2.1.0. No form holds a secret.
#pragma once

#include <map>
#include <string>

#include "blocks/json/value.h"
#include "program/scan/tally.h"

namespace jeton::scan {

// What the server said of a token, by its finding's place in the list.
struct Standing {
  std::string state;       // "live", "ended", "unknown"; "" where nobody asked
  std::string token_id;    // where it is known
};
using Standings = std::map<std::size_t, Standing>;

struct Outcome {
  Tally tally;
  Standings standings;
  std::size_t known = 0;   // left out: of the baseline, or ignored
};

std::string text_report(const Outcome& outcome, bool colour);
// "3 files, 1.2 MB read; 2 secrets found": one line without its end.
std::string summary(const Outcome& outcome);
json::Value json_report(const Outcome& outcome);
std::string sarif_report(const Outcome& outcome);
// Text that is UTF-8, whatever it was.
std::string clean(std::string_view text);

}  // namespace jeton::scan
