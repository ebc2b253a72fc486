// How often somebody may call: a rate, quotas of a day and of a month, and credits, as text and as numbers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ground/instant.h"
#include "ground/result.h"

namespace jeton::limits {

// "100/1m", "100/1m burst 20": `count` calls in `window`, evenly, at most `burst` of them at once. "1000/day" and "20000/month" are
// quotas: they begin anew with the day and the month of UTC. "5000 credits" are calls in all, never anew. Zero: no such limit.
struct Limit {
  std::uint32_t count = 0, burst = 0;
  Seconds window{0};
  std::uint32_t per_day = 0, per_month = 0;
  std::uint64_t credits = 0;

  bool empty() const { return count == 0 && per_day == 0 && per_month == 0 && credits == 0; }
  bool operator==(const Limit&) const = default;

  // One text a limit, at most one of each kind. Invalid otherwise.
  static Result<Limit> parse(std::span<const std::string> texts);
  // What `text` wrote.
  static Result<Limit> parse(std::string_view joined);
  // The shortest spellings.
  std::vector<std::string> texts() const;
  // The same in one text, by ", "; empty where there is no limit.
  std::string text() const;
};

}  // namespace jeton::limits
