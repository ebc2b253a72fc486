#include "blocks/crypto/selftest/selftest.h"

#include <algorithm>

#include "blocks/crypto/selftest/faults.h"
#include "blocks/crypto/selftest/known_answers.h"
#include "ground/bytes.h"

namespace jeton::crypto::selftest {
namespace {
using Clock = std::chrono::steady_clock;

std::chrono::nanoseconds least(ByteView a, ByteView b) {
  auto best = std::chrono::nanoseconds::max();
  volatile bool sink = false;
  for (int i = 0; i < 300; ++i) {
    const auto start = Clock::now();
    sink = equal_constant_time(a, b);
    best = std::min(best, std::chrono::nanoseconds(Clock::now() - start));
  }
  (void)sink;
  return std::max(best, std::chrono::nanoseconds(1));
}

}  // namespace

Outcome run(Tested what) {
  faults::look_again();
  const auto start = Clock::now();
  const bool passed = known_answers(what);
  if (!passed) take_out_of_service(what);
  return {what, passed, source(what), std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start)};
}

std::vector<Outcome> run_all() {
  // What the others are made of comes first.
  std::vector<Tested> order(all_tested().begin(), all_tested().end());
  std::partition(order.begin(), order.end(), [](Tested t) { return t >= Tested::Sha256; });
  std::vector<Outcome> outcomes;
  for (const auto what : order) outcomes.push_back(run(what));
  std::sort(outcomes.begin(), outcomes.end(), [](const Outcome& a, const Outcome& b) { return a.what < b.what; });
  return outcomes;
}

Comparison compare_times() {
  Bytes a(16384, 7), first = a, last = a;
  first.front() ^= 1;
  last.back() ^= 1;
  return {static_cast<double>(least(a, last).count()) / static_cast<double>(least(a, first).count())};
}

}  // namespace jeton::crypto::selftest
