// Where the rules' literals stand in a text: many patterns, one pass. Hyperscan does it where it is installed; a plain engine that
// gives the same answers stands behind it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "program/scan/rules.h"

namespace jeton::scan {

struct Hit {
  std::uint32_t begin, end;    // of the literal
  std::uint16_t rule;          // its place in rules()
};

enum class Engine : std::uint8_t { Best, Plain };

// Immutable; shared by all threads.
class Literals {
 public:
  explicit Literals(Engine engine = Engine::Best);
  ~Literals();
  Literals(const Literals&) = delete;
  Literals& operator=(const Literals&) = delete;
  bool fast() const { return fast_ != nullptr; }

 private:
  friend class LiteralSearch;
  struct One {
    std::string_view text;
    std::uint16_t rule;
    bool any_case;
  };
  struct Fast;
  void plain(std::string_view text, std::vector<Hit>& hits) const;

  std::vector<One> all_;
  std::unique_ptr<Fast> fast_;
  // The plain engine: which literals may begin with two octets, in small letters.
  std::vector<std::uint16_t> first_;             // place in lists_ by pair; 0: none
  std::vector<std::vector<std::uint16_t>> lists_;
};

// One thread's search.
class LiteralSearch {
 public:
  explicit LiteralSearch(const Literals& literals);
  ~LiteralSearch();
  LiteralSearch(const LiteralSearch&) = delete;
  LiteralSearch& operator=(const LiteralSearch&) = delete;
  // Replaces `hits` by those of the text, which has less than 4 GiB.
  void find(std::string_view text, std::vector<Hit>& hits);

 private:
  const Literals& literals_;
  void* scratch_ = nullptr;
};

}  // namespace jeton::scan
