// The keys under which tokens are hashed before they are stored or looked up.
#pragma once

#include <string_view>
#include <vector>

#include "blocks/crypto/hash.h"

namespace jeton::keys {

// Immutable snapshot: the active pepper first, then older ones that stored tokens may still be hashed under. Any thread.
class PepperSet {
 public:
  struct Entry {
    std::uint32_t number;
    crypto::HmacSha256 mac;
  };
  explicit PepperSet(std::vector<Entry> active_first) : entries_(std::move(active_first)) {}

  std::size_t size() const { return entries_.size(); }
  std::uint32_t number(std::size_t i) const { return entries_[i].number; }
  std::uint32_t active() const { return entries_.front().number; }
  // HMAC-SHA-256(pepper i, the whole token).
  crypto::Sha256Digest hash(std::size_t i, std::string_view token) const { return entries_[i].mac(as_bytes(token)); }

 private:
  std::vector<Entry> entries_;
};

}  // namespace jeton::keys
