// Learns how each token is used, and says where a use is unlike it.
#pragma once

#include <vector>

#include "authority/watch/detect/bounded.h"
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
  std::uint16_t made = 0;
  // True where this one was not made within the last hour; it is noted as made.
  bool breaks(Pattern pattern, std::uint32_t now);
};

// What is known of one token. Fixed size: a million of them fit 300 MB.
struct TokenHistory {
  static constexpr std::size_t kNetworks = 8, kAgents = 4, kOperators = 4;
  std::array<std::uint64_t, kNetworks> networks{};
  std::array<std::uint32_t, kNetworks> network_used{};
  std::array<std::uint32_t, kAgents> agents{};
  std::array<std::uint32_t, kOperators> operators{};
  std::uint32_t first_use = 0, last_use = 0, hour = 0, hour_count = 0, hours = 0, located_at = 0;
  float usual = 0, latitude = 0, longitude = 0;
  Window refusals, probes, expired;
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

struct Bounds {
  std::size_t tokens = 1'000'000, addresses = 65536, networks = 65536;
};

// Bounded in memory. Off the request path: one thread, observations in the order of their time. The clock is theirs.
class Detector {
 public:
  explicit Detector(Bounds bounds = {}) : tokens_(bounds.tokens), addresses_(bounds.addresses), networks_(bounds.networks) {}
  // Appends what is noticed.
  void see(const Observation& o, std::vector<Finding>& found);
  std::size_t tokens_watched() const { return tokens_.size(); }

 private:
  struct Look;
  void allowed(const Look& look, TokenHistory& h);
  void refused(const Look& look);
  void guessed_secret(const Look& look);
  void refused_token(const Look& look, TokenHistory& h);

  Bounded<Ulid, TokenHistory> tokens_;
  Bounded<std::uint64_t, AddressHistory> addresses_;
  Bounded<std::uint64_t, NetworkHistory> networks_;
};

// The network an address is counted under: its /24, or its /48 of IPv6. Never zero.
std::uint64_t network_key(const net::Address& address);

}  // namespace jeton::watch
