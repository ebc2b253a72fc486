// Signed tokens that were verified before, found again by their own text.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "authority/verify/tokens.h"
#include "ground/id.h"

namespace jeton::verify {

// What a verified access token said. Whether its owner still may act is asked anew each time.
struct SignedToken {
  TokenId jti, parent;
  PrincipalId principal;
  DeviceId device;
  ClientId client;
  std::uint16_t api = 0;         // handle
  std::string scope, confirmation;
  std::int64_t not_before = INT64_MIN, expires = 0;  // seconds; exclusive end
  Actor actor = {};
  Cuts cuts = {};                // of its scopes
};

// How well the cache does, since it was made.
struct CacheFigures {
  std::uint64_t hits = 0, misses = 0;
  std::size_t held = 0;
};

// Keyed by the whole token: the place comes of the signature's last characters, which only a verified token can choose,
// and the text is compared in full. A token enters at its second sight, so a flood of new ones pushes out nothing that is in
// use. Bounded: `capacity` entries. find: inside a read section, any thread.
class JwtCache {
 public:
  JwtCache(Epochs& epochs, std::size_t capacity);
  ~JwtCache();

  const SignedToken* find(std::string_view token) const;
  // Whether the token may come in: it was verified now, and once before. For verified tokens alone.
  bool admits(std::string_view token);
  // Takes it in; what it holds then lives as long as a reader's section. Under the writer's lock.
  const SignedToken* insert(std::string_view token, SignedToken said, std::int64_t now_seconds);
  // Forgets everything: keys or revocations changed what was believed. Under the writer's lock.
  void clear();
  // Any thread.
  CacheFigures figures() const;

 private:
  struct Entry;
  static constexpr std::size_t kWays = 5;
  // One cache line: a mark of each entry's place tells whether it is worth a look. A mark may be late, an entry is never believed by it.
  struct alignas(64) Set {
    std::atomic<const Entry*> entries[kWays];
    std::atomic<std::uint32_t> marks[kWays];
  };
  struct Lane;
  static std::uint64_t place_of(std::string_view token);
  Set& set_of(std::uint64_t place) const { return sets_[(place >> 32) * set_count_ >> 32]; }
  const SignedToken* found(std::string_view token, std::uint64_t place) const;
  void count(std::atomic<std::uint64_t> Lane::* what) const;
  void retire(const Entry* entry);

  Epochs& epochs_;
  std::uint64_t set_count_;
  Untouched<Set> sets_;
  Untouched<std::atomic<std::uint32_t>> door_;
  std::unique_ptr<Lane[]> lanes_;
  std::atomic<std::size_t> held_{0};
};

}  // namespace jeton::verify
