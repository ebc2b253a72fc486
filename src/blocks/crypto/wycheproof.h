// Runs the cases of a Wycheproof file, for tests: valid must pass, invalid must not, acceptable as one table says.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "blocks/json/vector_files.h"

namespace jeton::wycheproof {

// What is done where the vectors leave it open, by flag. One flag that refuses is enough.
inline const std::map<std::string_view, bool, std::less<>>& acceptable() {
  static const std::map<std::string_view, bool, std::less<>> table = {
      {"ZeroSharedSecret", false},   // RFC 8037 §3.2.1: the secret of zeros is refused
      {"Twist", true},               // RFC 7748 §7: X25519 is safe on the twist
      {"NonCanonicalPublic", true},  // RFC 7748 §5: such values must be taken
      {"MissingNull", false},        // RFC 8017 appendix A.2.4: the NULL is part of the one encoding
      {"ShortKey", false},           // RFC 3394 §2: two blocks at least
      {"NegativeOfPrime", false},    // a prime is positive
  };
  return table;
}

struct Counts {
  int run = 0, deviations = 0, not_offered = 0;
};

enum class Answer : std::uint8_t { Accepted, Refused, NotOffered };
using Judge = std::function<Answer(const json::Value& group, const json::Value& test)>;

inline bool expected(const json::Value& test) {
  const auto result = test.string_at("result").value_or("");
  if (result != "acceptable") return result == "valid";
  bool decided = false;
  for (const auto& flag : *test.find("flags")->array()) {
    const auto at = acceptable().find(flag.string().value_or(""));
    if (at == acceptable().end()) continue;
    if (!at->second) return false;
    decided = true;
  }
  EXPECT_TRUE(decided) << "no row decides an acceptable case";
  return decided;
}

inline Counts run(const std::string& name, const Judge& judge) {
  Counts counts;
  const auto folder = vectors::folder(JETON_SOURCE_DIR);
  if (folder.empty()) return counts;
  const auto file = vectors::read(folder + "/wycheproof/" + name + "_test.json");
  if (file.find("testGroups") == nullptr) {
    ADD_FAILURE() << name << " cannot be read";
    return counts;
  }
  for (const auto& group : *file.find("testGroups")->array())
    for (const auto& test : *group.find("tests")->array()) {
      const auto answer = judge(group, test);
      if (answer == Answer::NotOffered) {
        ++counts.not_offered;
        continue;
      }
      ++counts.run;
      if ((answer == Answer::Accepted) == expected(test)) continue;
      ++counts.deviations;
      ADD_FAILURE() << name << " case " << test.find("tcId")->integer().value_or(0) << ": " << test.string_at("comment").value_or("");
    }
  return counts;
}

inline Answer answer(bool accepted) { return accepted ? Answer::Accepted : Answer::Refused; }

// Runs them all and says how many there were; skips where the vectors are absent.
inline void run_all(const std::vector<std::string>& names, const Judge& judge) {
  if (vectors::folder(JETON_SOURCE_DIR).empty()) GTEST_SKIP() << names.size() << " files of vectors are absent";
  Counts all;
  for (const auto& name : names) {
    const auto c = run(name, judge);
    all.run += c.run;
    all.deviations += c.deviations;
    all.not_offered += c.not_offered;
  }
  std::printf("   %d cases, %d deviations, %d of parameters that are not offered\n", all.run, all.deviations, all.not_offered);
  EXPECT_GT(all.run, 0);
}

}  // namespace jeton::wycheproof
