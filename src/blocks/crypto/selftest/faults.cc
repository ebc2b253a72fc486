#include "blocks/crypto/selftest/faults.h"

#ifdef JETON_FAULTS
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>

namespace jeton::crypto::faults {
namespace {
std::atomic<int> what_is_broken{-1};
std::atomic<How> how_it_is{How::Wrong};
}  // namespace

bool broken(Tested what, How how) { return what_is_broken.load() == static_cast<int>(what) && how_it_is.load() == how; }

void break_one(Tested what, How how) {
  how_it_is = how;
  what_is_broken = static_cast<int>(what);
}

void mend_all() { what_is_broken = -1; }

void look_again() {
  const char* path = std::getenv("JETON_BREAK_FILE");
  if (path == nullptr) return;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  constexpr std::string_view kTakesAll = " takes-all";
  const bool takes_all = line.ends_with(kTakesAll);
  if (takes_all) line.resize(line.size() - kTakesAll.size());
  const auto what = tested_named(line);
  if (what) break_one(*what, takes_all ? How::TakesAll : How::Wrong);
  else mend_all();
}

}  // namespace jeton::crypto::faults
#endif
