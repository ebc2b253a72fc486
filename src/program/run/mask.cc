#include "program/run/mask.h"

#include <algorithm>
#include <map>

namespace jeton::run {
namespace {

constexpr std::size_t kShortestLine = 8;

struct Node {
  std::map<std::uint8_t, std::uint32_t> next;
  std::uint32_t depth = 0, fail = 0, longest = 0;
};

void insert(std::vector<Node>& trie, std::string_view value) {
  std::uint32_t at = 0;
  for (const char c : value) {
    const auto octet = static_cast<std::uint8_t>(c);
    auto found = trie[at].next.find(octet);
    if (found == trie[at].next.end()) {
      const auto fresh = static_cast<std::uint32_t>(trie.size());
      trie[at].next.emplace(octet, fresh);
      trie.push_back({{}, trie[at].depth + 1, 0, 0});
      at = fresh;
    } else {
      at = found->second;
    }
  }
  trie[at].longest = static_cast<std::uint32_t>(value.size());
}

// Breadth first, so that a state's fail is done before it is needed.
void link(std::vector<Node>& trie) {
  std::vector<std::uint32_t> order{0};
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto from = order[i];
    for (const auto& [octet, to] : trie[from].next) {
      order.push_back(to);
      if (from == 0) continue;
      auto fail = trie[from].fail;
      while (fail != 0 && !trie[fail].next.contains(octet)) fail = trie[fail].fail;
      const auto next = trie[fail].next.find(octet);
      trie[to].fail = next == trie[fail].next.end() ? 0 : next->second;
      if (trie[to].longest == 0) trie[to].longest = trie[trie[to].fail].longest;
    }
  }
}

}  // namespace

MaskedValues::MaskedValues(const std::vector<std::string_view>& values) {
  std::vector<Node> trie(1);
  for (auto value : values) {
    while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
    if (value.size() < kShortestMasked) continue;
    insert(trie, value);
    if (value.find('\n') == std::string_view::npos) continue;
    while (!value.empty()) {
      auto line = value.substr(0, value.find('\n'));
      value.remove_prefix(std::min(line.size() + 1, value.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.size() >= kShortestLine) insert(trie, line);
    }
  }
  link(trie);
  for (const auto& node : trie) {
    states_.push_back(
        {node.fail, static_cast<std::uint32_t>(edges_.size()), static_cast<std::uint16_t>(node.next.size()), node.depth, node.longest});
    for (const auto& [octet, to] : node.next) edges_.push_back({octet, to});
  }
  for (const auto& [octet, to] : trie[0].next) root_[octet] = to;
}

std::uint32_t MaskedValues::edge(std::uint32_t state, std::uint8_t octet) const {
  const auto& s = states_[state];
  const auto* const begin = edges_.data() + s.first;
  const auto* const end = begin + s.edges;
  const auto* const at = std::lower_bound(begin, end, octet, [](const Edge& e, std::uint8_t o) { return e.octet < o; });
  return at != end && at->octet == octet ? at->to : 0;
}

std::uint32_t MaskedValues::step(std::uint32_t state, std::uint8_t octet) const {
  while (state != 0) {
    if (const auto to = edge(state, octet); to != 0) return to;
    state = states_[state].fail;
  }
  return root_[octet];
}

void MaskedStream::feed(std::string_view octets, std::string& out) {
  for (std::size_t i = 0; i < octets.size(); ++i) {
    if (state_ == 0 && held_.empty()) {
      // Most output is of this kind: nothing that begins a value.
      const auto start = i;
      while (i < octets.size() && values_.root_[static_cast<std::uint8_t>(octets[i])] == 0) ++i;
      if (i > start) {
        out.append(octets, start, i - start);
        in_mask_ = false;
      }
      if (i == octets.size()) return;
    }
    held_ += octets[i];
    marks_ += '\0';
    state_ = values_.step(state_, static_cast<std::uint8_t>(octets[i]));
    const auto& s = values_.states_[state_];
    const auto value = std::min<std::size_t>(s.longest, marks_.size());
    std::fill(marks_.end() - static_cast<std::ptrdiff_t>(value), marks_.end(), '\1');
    // What lies before the longest possible beginning can belong to no later value; what belongs to one leaves as a mask.
    std::size_t free = held_.size() > s.depth ? held_.size() - s.depth : 0;
    while (free < held_.size() && marks_[free] != 0) ++free;
    if (free > 0) show(free, out);
  }
}

void MaskedStream::end(std::string& out) {
  show(held_.size(), out);
  state_ = 0;
}

void MaskedStream::let_go(std::size_t most, std::string& out) {
  if (held_.size() <= most) show(held_.size(), out);
}

void MaskedStream::show(std::size_t count, std::string& out) {
  for (std::size_t i = 0; i < count; ++i) {
    const bool value = marks_[i] != 0;
    if (!value) out += held_[i];
    else if (!in_mask_) out += kMask;
    in_mask_ = value;
  }
  held_.erase(0, count);
  marks_.erase(0, count);
}

}  // namespace jeton::run
