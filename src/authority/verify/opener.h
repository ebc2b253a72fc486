// From the octets a caller showed to a token this installation knows.
#pragma once

#include "authority/verify/verifier.h"

namespace jeton::jose {
class ParsedJwt;
}

namespace jeton::verify {

// One check by one thread, inside a read section: open, then judge. What is believed is written into `decision`, nothing else of it is.
class Opener {
 public:
  Opener(Verifier& verifier, const World& world, Decision& decision) : verifier_(verifier), world_(world), decision_(decision) {}

  // Allowed: the token was found or verified, and the decision names it.
  Reason open(std::string_view token, Instant now);
  // Of a token that was opened.
  Reason judge(const Asked& asked, Instant now);
  // What lives and dies in the ledger: the opened token itself, or the one a signed token was exchanged for.
  const TokenRecord& anchor() const { return *anchor_; }

 private:
  Reason open_opaque(std::string_view token);
  Reason open_encrypted(std::string_view token);
  Reason open_signed(std::string_view token, Instant now);
  template <class Kinds, class WellFormed>
  Reason open_by_hash(std::string_view token, Kinds&& kinds, WellFormed&& well_formed);
  std::expected<const TokenRecord*, Reason> find(std::string_view token) const;
  std::expected<const TokenRecord*, Reason> fetch(std::string_view token) const;
  std::expected<const TokenRecord*, Reason> find(const TokenId& id) const;
  std::expected<SignedToken, Reason> verify(const jose::ParsedJwt& parsed, const keys::KeyRing::Entry& key) const;
  Reason open_shared(std::string_view token, const keys::KeyRing::Entry& key);
  Reason resolve(const SignedToken& said, Instant now);
  void opened(const TokenRecord& record);
  inline std::uint32_t within(std::uint32_t scopes, std::uint32_t bound) const;
  std::uint32_t found_within(std::uint32_t scopes, std::uint32_t bound) const;
  std::string_view cut(const SignedToken& said) const;
  void hangs_on(const TokenRecord& parent);
  Reason acting(const Actor& actor, Instant now) const;
  inline Reason standing(const net::Address& address) const;

  Verifier& verifier_;
  const World& world_;
  Decision& decision_;
  const TokenRecord* anchor_ = nullptr;
  const Party *principal_ = nullptr, *device_ = nullptr, *client_ = nullptr;
  const LiveApi* api_ = nullptr;
  std::uint32_t scopes_ = 0;       // the anchor's: a handle
  const Actor* actor_ = nullptr;   // null: nobody acts for the subject
};

}  // namespace jeton::verify
