// Which algorithms and sizes are good until when, and who says so.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ground/instant.h"

namespace jeton::policy {

enum class Verdict : std::uint8_t { Allowed, Discouraged, Forbidden };
std::string_view name(Verdict verdict);

// One row: from `since` on, that is so. Several rows of one algorithm and size follow one another.
struct AlgorithmRule {
  std::string_view algorithm;    // "RSA", "P-256", "SHA-1", "AES-GCM"
  unsigned least_bits;           // of the key or the digest
  unsigned most_bits;            // 0: no bound
  Verdict verdict;
  std::string_view since;        // "2031-01-01"; empty: from the beginning
  std::string_view source;       // "NIST SP 800-57 part 1 rev. 5, table 2"
};
std::span<const AlgorithmRule> algorithm_rules();

struct Judgement {
  Verdict now = Verdict::Forbidden;
  std::string_view since, source;
  // What it will be, where a date for that is known.
  std::optional<Verdict> then;
  std::string_view from, then_source;
};
// Forbidden where the table does not know it.
Judgement judge_algorithm(std::string_view algorithm, unsigned bits, Instant now);
// "allowed; discouraged from 2031-01-01 (NIST …)"
std::string to_text(const Judgement& judgement);

}  // namespace jeton::policy
