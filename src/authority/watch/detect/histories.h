// What is remembered of tokens, of those they are of, and of those who knock. Fixed sizes: a million tokens and 120,000 owners fit 400 MB.
#pragma once

#include "authority/watch/detect/observation.h"

namespace jeton::watch {

// How many things happened since `start`, at most a window ago.
struct Window {
  std::uint32_t start = 0;
  std::uint32_t count = 0;
  // Counts one more; the count within the window.
  std::uint32_t add(std::uint32_t now, std::uint32_t seconds) {
    if (count == 0 || now - start >= seconds) start = now, count = 0;
    return ++count;
  }
};

// Which findings were made lately, so that a burst is one.
struct Quiet {
  std::uint32_t since = 0;
  std::uint32_t made = 0;
  // True where this one was not made within the last hour; it is noted as made.
  bool breaks(Pattern pattern, std::uint32_t now);
};

// The last use of which a database said where it was.
struct Located {
  std::uint32_t at = 0;   // 0: none yet
  float latitude = 0, longitude = 0;
};

struct TokenHistory {
  static constexpr std::size_t kNetworks = 8;
  std::array<std::uint64_t, kNetworks> networks{};
  std::array<std::uint32_t, kNetworks> network_used{};
  std::array<std::uint32_t, 4> agents{};
  std::array<std::uint32_t, 4> operators{};
  std::array<std::uint16_t, 4> countries{};
  std::uint32_t first_use = 0, last_use = 0, hour = 0, hour_count = 0, hours = 0;
  float usual = 0;
  Located located;
  Window refusals, probes, expired;
  Quiet quiet;
};

// A user or service account, over all of its tokens.
struct OwnerHistory {
  static constexpr std::size_t kNetworks = 16;
  std::array<std::uint64_t, kNetworks> networks{};
  std::array<std::uint32_t, kNetworks> network_used{}, network_since{}, network_token{};   // the token: a mark of the last one
  std::array<std::uint32_t, 8> agents{};
  std::array<std::uint32_t, 8> operators{};
  std::array<std::uint16_t, 8> countries{};
  std::uint32_t first_use = 0, crowded_at = 0;   // crowded: a network in use was pushed out
  Located located;
  std::uint32_t located_token = 0;
  Quiet quiet;
};

struct AddressHistory {
  Window refusals;
  Quiet quiet;
};

struct NetworkHistory {
  Window guesses, refusals, passwords, device_codes;
  std::uint64_t address = 0;   // the last one refused, and whether there were others
  bool several = false;
  Quiet quiet;
};

// An account whose password is guessed at.
struct AccountHistory {
  std::array<std::uint64_t, 5> networks{};
  std::array<std::uint32_t, 5> network_used{};
  Window guesses;
  Quiet quiet;
};

}  // namespace jeton::watch
