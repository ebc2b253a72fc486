#include "authority/federation/decryption.h"

#include "formats/jose/jwk.h"
#include "ground/secret_pass.h"

namespace jeton::federation {
namespace {

constexpr Seconds kLasts{100LL * 365 * 86'400};
constexpr unsigned kBits = 3072;

const crypto::Sha256Digest& row() {
  static const auto id = crypto::sha256(as_bytes("saml decryption key"));
  return id;
}

}  // namespace

Result<std::optional<DecryptionKey::Pair>> DecryptionKey::stored() {
  TRY(const auto ticket, ledger_.ticket(row()));
  if (!ticket) return std::nullopt;
  TRY(const auto opened, sealer_.open({"tickets", "sealed", to_hex(row())}, ticket->sealed));
  TRY(const auto jwk, jose::parse_jwk(as_text(opened.read(Pass::key()))));
  if (!jwk.priv) return fault(Fault::StoreCorrupt, "the key that assertions are encrypted to");
  TRY(auto unwrap, crypto::UnwrapKey::from_parts(jwk.pub, *jwk.priv));
  return Pair{jwk.pub, std::move(unwrap)};
}

Status DecryptionKey::make(Instant now) {
  TRY(const auto key, crypto::SignKey::generate(crypto::SignAlg::RS256, kBits));
  auto text = jose::to_json(key, "", jose::Part::Private);
  ledger::Ticket t;
  t.id = row();
  t.kind = ledger::TicketKind::Lasting;
  t.created = now;
  t.expires = now + kLasts;
  auto sealed = sealer_.seal({"tickets", "sealed", to_hex(row())}, as_bytes(text), entropy_);
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (!sealed) return std::unexpected(sealed.error());
  t.sealed = *std::move(sealed);
  const auto done = ledger_.commit({ledger::Insert<ledger::Ticket>{std::move(t)}});
  // Somebody else was first: theirs counts.
  if (!done && !done.error().is(Refusal::Conflict)) return std::unexpected(done.error());
  return {};
}

Result<DecryptionKey::Pair> DecryptionKey::pair(Instant now) {
  const std::scoped_lock lock(mutex_);
  if (pair_) return *pair_;
  TRY(pair_, stored());
  if (!pair_) {
    TRY_VOID(make(now));
    TRY(pair_, stored());
  }
  if (!pair_) return fault(Fault::StoreCorrupt, "the key that assertions are encrypted to");
  return *pair_;
}

Result<crypto::PublicParts> DecryptionKey::published(Instant now) {
  TRY(const auto found, pair(now));
  return found.pub;
}

Result<std::vector<crypto::UnwrapKey>> DecryptionKey::keys(Instant now) {
  TRY(auto found, pair(now));
  return std::vector{std::move(found.unwrap)};
}

}  // namespace jeton::federation
