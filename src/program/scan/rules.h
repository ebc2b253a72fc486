// What is looked for: one row a rule, in docs/formats/scan-rules.md's order. Providers' rows follow the formats they document.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace jeton::scan {

// What a match must pass beside its pattern.
enum class Proof : std::uint8_t {
  Shape,       // the pattern says it all
  Checksum,    // our own tokens: prefix and checksum, so that nothing else is ever taken for one
  Random,      // letters and digits of high entropy
  Password,    // the password of a URL: not a placeholder, not a variable. Found by hand, without a pattern
  Assigned,    // what is assigned to a name that speaks of a secret, and random enough. Found by hand too
};

enum class Severity : std::uint8_t { Error, Warning };

struct Rule {
  std::string_view id;
  std::string_view title;
  // Every match holds one of these, separated by |: what the one pass over the text looks for.
  std::string_view literals;
  // Finds the secret around a literal, as its first group (RE2's syntax).
  std::string_view pattern;
  std::uint16_t before = 160;      // octets the match may begin before the literal
  std::uint16_t after = 256;       // and end behind it
  Proof proof = Proof::Shape;
  Severity severity = Severity::Error;
  bool any_case = false;           // of the literals
  bool whole_word = true;          // no letter, digit or _ on either side of the match
};

std::span<const Rule> rules();
// Null where there is none of that id.
const Rule* find_rule(std::string_view id);
// The first row: our own tokens.
const Rule& own_rule();

}  // namespace jeton::scan
