// Signed tokens that were verified before, found again by their own text.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>

#include "authority/verify/slots.h"
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


 private:
  struct Entry {
    std::uint64_t place;
    std::string token;
    SignedToken said;
    mutable std::atomic<bool> used{true};
  };
  static constexpr std::size_t kWays = 4;
  static std::uint64_t place_of(std::string_view token);

  Epochs& epochs_;
  std::size_t set_mask_;
  Untouched<std::atomic<const Entry*>> ways_;
  Untouched<std::atomic<std::uint32_t>> door_;
};

}  // namespace jeton::verify
