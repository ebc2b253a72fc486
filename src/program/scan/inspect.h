// From a text to the secrets in it.
#pragma once

#include <string_view>
#include <vector>

#include "program/scan/finding.h"
#include "program/scan/literals.h"

namespace jeton::scan {

// A comment on the same line lets what is found there pass: "jeton:allow", or "jeton:allow rule-id" for one rule alone.
inline constexpr std::string_view kAllow = "jeton:allow";

struct Span {
  std::size_t begin = 0, end = 0;
  std::uint16_t rule = 0;
};

// Which part of a longer text a text is. What begins before `from`, or from `until` on, belongs to the part before or behind.
struct Part {
  std::uint32_t first_line = 1;
  std::size_t from = 0, until = std::string_view::npos;
};

// One thread's inspector. Bounded: a text made of nothing but beginnings of secrets is looked at for our own tokens alone once the
// others have cost 64 times its size.
class Inspector {
 public:
  // With a brand, tokens of other installations are left out.
  explicit Inspector(const Literals& literals, std::string brand = {}) : search_(literals), brand_(std::move(brand)) {}

  // Appends what is found.
  void inspect(std::string_view text, const Place& place, std::vector<Finding>& out, const Part& part = {});
  // Whether the last text was of that kind.
  bool cut_short() const { return cut_short_; }

 private:
  void confirm(std::string_view text, const Hit& hit);
  bool affordable(std::string_view text, const Hit& hit);

  LiteralSearch search_;
  std::string brand_;
  std::vector<Hit> hits_;
  std::vector<Span> spans_;
  std::size_t spent_ = 0;
  bool cut_short_ = false;
};

}  // namespace jeton::scan
