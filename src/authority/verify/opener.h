// From the octets a caller showed to a token this installation knows.
#pragma once

#include "authority/verify/verifier.h"

namespace jeton::verify {

// A token that was found or verified, with handles to all it hangs on. `anchor` is what lives and dies in the ledger: the
// token itself, or the one a signed token was exchanged for.
struct Opened {
  Believed believed;   // only the Opener makes one
  const TokenRecord* anchor = nullptr;
  std::uint32_t principal = Slots::kNone, device = Slots::kNone, client = Slots::kNone;
  std::uint16_t api = World::kNoApi;
};

// One look by one thread, inside a read section.
class Opener {
 public:
  Opener(Verifier& verifier, const World& world) : verifier_(verifier), world_(world) {}

  std::expected<Opened, Reason> open(std::string_view token, Instant now) const;
  Decision judge(const Opened& opened, const Asked& asked, Instant now) const;
  void after_use(const TokenRecord& used, const net::Address& address, Instant now) const;
  // The token is stored under an older pepper: whoever shows it lets it be hashed anew.
  void note_old_pepper(const TokenRecord& token, std::string_view text, Instant now) const;

 private:
  std::expected<Opened, Reason> open_opaque(std::string_view token) const;
  std::expected<Opened, Reason> open_encrypted(std::string_view token) const;
  std::expected<Opened, Reason> open_signed(std::string_view token, Instant now) const;
  std::expected<const TokenRecord*, Reason> find(std::string_view token) const;
  std::expected<const TokenRecord*, Reason> find(const TokenId& id) const;
  std::expected<SignedToken, Reason> verify(std::string_view token) const;
  std::expected<Opened, Reason> resolve(const SignedToken& said, Instant now) const;
  Opened opened(const TokenRecord& record) const;
  Reason standing(const Opened& opened, const net::Address& address) const;

  Verifier& verifier_;
  const World& world_;
};

// Whether every scope of the space separated list `wanted` is one of `held`.
bool holds_all(std::string_view held, std::string_view wanted);

}  // namespace jeton::verify
