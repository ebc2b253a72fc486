// Traces: rows of decisions in a file, recorded or made, one JSON object a line (docs/formats/watch-trace.md).
#pragma once

#include <expected>
#include <string>
#include <unordered_map>
#include <vector>

#include "authority/watch/detect/observation.h"

namespace jeton::watch {

struct Trace {
  std::vector<Observation> observations;
  std::unordered_map<Ulid, std::string> names;   // of tokens and principals, as the trace calls them
  std::vector<std::string> expected;             // "pattern token", of `expect` lines; `expects` tells empty from absent
  bool expects = false;
};

struct TraceError {
  std::size_t line;
  Failure failure;
};

// Blank lines and lines that begin with "#" are passed over.
std::expected<Trace, TraceError> parse_trace(std::string_view text);

// "pattern token"; "pattern principal" or "pattern address" where it is about no token; one for each finding, in order.
std::vector<std::string> replay(const Trace& trace);

std::string label_of(const Finding& finding, const Trace& trace);

}  // namespace jeton::watch
