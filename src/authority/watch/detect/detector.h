// Learns how each token is used, and each owner's tokens together, and says where a use is unlike it.
#pragma once

#include <vector>

#include "authority/watch/detect/bounded.h"
#include "authority/watch/detect/histories.h"

namespace jeton::watch {

struct Bounds {
  std::size_t tokens = 1'000'000, owners = 120'000, addresses = 65536, networks = 65536, accounts = 32768;
};

// Bounded in memory. Off the request path: one thread, observations in the order of their time. The clock is theirs.
class Detector {
 public:
  explicit Detector(Bounds bounds = {})
      : tokens_(bounds.tokens),
        owners_(bounds.owners),
        addresses_(bounds.addresses),
        networks_(bounds.networks),
        accounts_(bounds.accounts) {}
  // Appends what is noticed.
  void see(const Observation& o, std::vector<Finding>& found);
  std::size_t tokens_watched() const { return tokens_.size(); }
  std::size_t owners_watched() const { return owners_.size(); }

 private:
  struct Look;
  struct Use;
  void allowed(const Look& look, TokenHistory& h);
  void refused(const Look& look);
  void guessed_secret(const Look& look);
  void guessed_account(const Look& look);
  void refused_token(const Look& look, TokenHistory& h);

  std::uint32_t latest_ = 0;
  Bounded<Ulid, TokenHistory> tokens_;
  Bounded<Ulid, OwnerHistory> owners_;
  Bounded<std::uint64_t, AddressHistory> addresses_;
  Bounded<std::uint64_t, NetworkHistory> networks_;
  Bounded<Ulid, AccountHistory> accounts_;
};

}  // namespace jeton::watch
