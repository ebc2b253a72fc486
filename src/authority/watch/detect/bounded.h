// A map of bounded size that forgets what was not asked for lately.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace jeton::watch {

// Second-chance eviction: a full map walks its places in a circle and gives up the first that nobody asked for since the last
// round. One thread.
template <class Key, class Value, class Hash = std::hash<Key>>
class Bounded {
 public:
  explicit Bounded(std::size_t most) : most_(most) {}

  // The value of `key`, made where there is none. Stays where it is until the next call.
  Value& of(const Key& key) {
    const auto at = index_.find(key);
    if (at != index_.end()) {
      places_[at->second].asked = true;
      return places_[at->second].value;
    }
    const auto place = free_place();
    index_.emplace(key, place);
    places_[place] = {key, Value(), true};
    return places_[place].value;
  }
  std::size_t size() const { return index_.size(); }

 private:
  struct Place {
    Key key;
    Value value;
    bool asked = false;
  };
  std::uint32_t free_place() {
    if (places_.size() < most_) {
      places_.emplace_back();
      return static_cast<std::uint32_t>(places_.size() - 1);
    }
    for (;; hand_ = (hand_ + 1) % places_.size()) {
      if (std::exchange(places_[hand_].asked, false)) continue;
      index_.erase(places_[hand_].key);
      const auto place = static_cast<std::uint32_t>(hand_);
      hand_ = (hand_ + 1) % places_.size();
      return place;
    }
  }

  const std::size_t most_;
  std::size_t hand_ = 0;
  std::vector<Place> places_;
  std::unordered_map<Key, std::uint32_t, Hash> index_;
};

}  // namespace jeton::watch
