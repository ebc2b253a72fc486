// Which programs call, by the hash that checks carry of their User-Agent.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace jeton::verify {

// The newest of each of 1,024 places. Any thread; for an agent that is known, one load and nothing else.
class Agents {
 public:
  void note(std::uint32_t hash, std::string_view text) {
    auto& place = places_[hash % places_.size()];
    if (place.hash.load(std::memory_order_relaxed) != hash) keep(place, hash, text);
  }
  // Its first octets; empty where it is not known any more, or holds what could be a credential.
  std::string name(std::uint32_t hash) const;

 private:
  struct Place {
    std::atomic<std::uint32_t> hash{0};
    std::array<char, 60> text{};
  };
  void keep(Place& place, std::uint32_t hash, std::string_view text);
  std::array<Place, 1024> places_;
  mutable std::mutex mutex_;
};

// No product's name or version has so many letters and digits in a row; a token has.
inline constexpr std::size_t kLongestAgentWord = 24;

inline bool fit_to_keep(std::string_view text) {
  std::size_t run = 0;
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) return false;
    const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (run = word ? run + 1 : 0; run > kLongestAgentWord) return false;
  }
  return true;
}

inline void Agents::keep(Place& place, std::uint32_t hash, std::string_view text) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;
  place.text = {};
  if (fit_to_keep(text)) text.copy(place.text.data(), place.text.size());
  place.hash.store(hash, std::memory_order_relaxed);
}

inline std::string Agents::name(std::uint32_t hash) const {
  const std::lock_guard lock(mutex_);
  const auto& place = places_[hash % places_.size()];
  if (hash == 0 || place.hash.load() != hash) return {};
  return {place.text.begin(), std::find(place.text.begin(), place.text.end(), '\0')};
}

}  // namespace jeton::verify
