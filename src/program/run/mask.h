// Takes values out of a stream of output, also where they come in pieces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jeton::run {

inline constexpr std::string_view kMask = "********";
inline constexpr std::size_t kShortestMasked = 4;

// The values to look for, as one automaton (Aho and Corasick): each octet is looked at once, however many values there are.
// Immutable; shared by all streams of a run.
class MaskedValues {
 public:
  // Values shorter than kShortestMasked are left out: they would take ordinary text away. Of a value with several lines each line
  // of 8 characters or more is masked by itself as well, as terminals rewrite the line ends.
  explicit MaskedValues(const std::vector<std::string_view>& values);
  bool empty() const { return states_.size() <= 1; }

 private:
  friend class MaskedStream;
  struct State {
    std::uint32_t fail = 0;          // where to go on where no edge fits
    std::uint32_t first = 0;         // of its edges, which are sorted
    std::uint16_t edges = 0;
    std::uint32_t depth = 0;         // octets of a value that were seen
    std::uint32_t longest = 0;       // length of the longest value that ends here; 0: none
  };
  struct Edge {
    std::uint8_t octet;
    std::uint32_t to;
  };
  std::uint32_t step(std::uint32_t state, std::uint8_t octet) const;
  std::uint32_t edge(std::uint32_t state, std::uint8_t octet) const;   // 0: none

  std::vector<State> states_;
  std::vector<Edge> edges_;
  std::uint32_t root_[256] = {};
};

// One stream. Holds back what may be the beginning of a value, at most one value's length.
class MaskedStream {
 public:
  explicit MaskedStream(const MaskedValues& values) : values_(values) {}
  // Appends what may be shown of all that came so far.
  void feed(std::string_view octets, std::string& out);
  // Nothing more comes: what was held back is no value.
  void end(std::string& out);
  // For a terminal whose person waits: lets up to `most` octets go that may be a value's beginning, such as the last letter of a
  // prompt. If the value does come, the rest of it is masked.
  void let_go(std::size_t most, std::string& out);
  bool holds() const { return !held_.empty(); }

 private:
  void show(std::size_t count, std::string& out);

  const MaskedValues& values_;
  std::uint32_t state_ = 0;
  std::string held_;              // the last octets, not shown yet
  std::string marks_;             // for each of them, whether it belongs to a value
  bool in_mask_ = false;          // the last octet that left was a value's
};

}  // namespace jeton::run
