#include "authority/federation/decryption.h"

#include <algorithm>

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "formats/jose/jwk.h"
#include "ground/secret_pass.h"

namespace jeton::federation {
namespace {

constexpr Seconds kLasts{100LL * 365 * 86'400};
constexpr unsigned kBits = 3072;
constexpr auto kDamaged = "the key that assertions are encrypted to";

// The first one's row is older than their numbers.
crypto::Sha256Digest row(std::uint32_t number) {
  const std::string text = "saml decryption key" + (number == 1 ? std::string() : " " + std::to_string(number));
  return crypto::sha256(as_bytes(text));
}

std::string to_text(const DecryptionInfo& k) {
  std::string out;
  json::Writer w(out);
  w.object().member("state", name(k.state));
  if (k.retired) w.member("retired", k.retired->millis());
  if (k.destroyed) w.member("destroyed", k.destroyed->millis());
  w.end_object();
  return out;
}

DecryptionInfo info_of(std::uint32_t number, const ledger::Ticket& t) {
  DecryptionInfo k{number, DecryptionState::Active, kBits, t.created, std::nullopt, std::nullopt, t.version};
  const auto v = json::parse(t.data);
  if (!v) return k;
  const auto state = v->string_at("state").value_or("");
  for (const auto one : {DecryptionState::Retired, DecryptionState::Destroyed})
    if (state == name(one)) k.state = one;
  const auto time = [&](std::string_view member) -> std::optional<Instant> {
    const auto* at = v->find(member);
    return at != nullptr && at->integer() ? std::optional(Instant::from_millis(*at->integer())) : std::nullopt;
  };
  k.retired = time("retired"), k.destroyed = time("destroyed");
  return k;
}

bool opens(const DecryptionInfo& k, Instant now) {
  return k.state == DecryptionState::Active || (k.retired && now < *k.retired + kDecryptionOpens);
}
bool shown(const DecryptionInfo& k, Instant now) {
  return k.state == DecryptionState::Active || (k.retired && now < *k.retired + kDecryptionPublished);
}

}  // namespace

std::string_view name(DecryptionState state) {
  switch (state) {
    case DecryptionState::Active: return "active";
    case DecryptionState::Retired: return "retired";
    case DecryptionState::Destroyed: return "destroyed";
  }
  return "";
}

Result<std::vector<DecryptionInfo>> DecryptionKeys::list() {
  std::vector<DecryptionInfo> all;
  for (std::uint32_t number = 1;; ++number) {
    TRY(const auto ticket, ledger_.ticket(row(number)));
    if (!ticket) return all;
    all.push_back(info_of(number, *ticket));
  }
}

Result<std::vector<DecryptionKeys::Pair>> DecryptionKeys::stored() {
  TRY(const auto all, list());
  std::vector<Pair> out;
  for (const auto& k : all) {
    if (k.state == DecryptionState::Destroyed) continue;
    TRY(const auto ticket, ledger_.ticket(row(k.number)));
    if (!ticket) return fault(Fault::StoreCorrupt, kDamaged);
    TRY(const auto opened, sealer_.open({"tickets", "sealed", to_hex(row(k.number))}, ticket->sealed));
    TRY(const auto jwk, jose::parse_jwk(as_text(opened.read(Pass::key()))));
    if (!jwk.priv) return fault(Fault::StoreCorrupt, kDamaged);
    TRY(auto unwrap, crypto::UnwrapKey::from_parts(jwk.pub, *jwk.priv));
    out.push_back({k, jwk.pub, std::move(unwrap)});
  }
  std::ranges::reverse(out);
  return out;
}

Result<ledger::Ticket> DecryptionKeys::fresh(std::uint32_t number, Instant now) {
  TRY(const auto key, crypto::SignKey::generate(crypto::SignAlg::RS256, kBits));
  auto text = jose::to_json(key, "", jose::Part::Private);
  ledger::Ticket t;
  t.id = row(number);
  t.kind = ledger::TicketKind::Lasting;
  t.data = to_text({number, DecryptionState::Active, kBits, now, std::nullopt, std::nullopt, 0});
  t.created = now;
  t.expires = now + kLasts;
  auto sealed = sealer_.seal({"tickets", "sealed", to_hex(t.id)}, as_bytes(text), entropy_);
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (!sealed) return std::unexpected(sealed.error());
  t.sealed = *std::move(sealed);
  return t;
}

Result<std::vector<DecryptionKeys::Pair>> DecryptionKeys::pairs(Instant now) {
  const std::scoped_lock lock(mutex_);
  if (pairs_) return *pairs_;
  TRY(auto found, stored());
  if (found.empty()) {
    TRY(auto first, fresh(1, now));
    const auto done = ledger_.commit({ledger::Insert<ledger::Ticket>{std::move(first)}});
    // Somebody else was first: theirs counts.
    if (!done && !done.error().is(Refusal::Conflict)) return std::unexpected(done.error());
    TRY(found, stored());
  }
  if (found.empty()) return fault(Fault::StoreCorrupt, kDamaged);
  pairs_ = std::move(found);
  return *pairs_;
}

Result<std::vector<crypto::PublicParts>> DecryptionKeys::published(Instant now) {
  TRY(const auto all, pairs(now));
  std::vector<crypto::PublicParts> out;
  for (const auto& pair : all)
    if (shown(pair.info, now)) out.push_back(pair.pub);
  return out;
}

Result<std::vector<crypto::UnwrapKey>> DecryptionKeys::keys(Instant now) {
  TRY(auto all, pairs(now));
  std::vector<crypto::UnwrapKey> out;
  for (auto& pair : all)
    if (opens(pair.info, now)) out.push_back(std::move(pair.unwrap));
  return out;
}

Result<DecryptionInfo> DecryptionKeys::rotate(const audit::Doing& doing) {
  TRY_VOID(pairs(doing.now));
  const std::scoped_lock lock(mutex_);
  TRY(const auto all, list());
  const auto number = all.back().number + 1;
  std::vector<ledger::Change> changes;
  for (auto k : all) {
    if (k.state != DecryptionState::Active) continue;
    TRY(auto old, ledger_.ticket(row(k.number)));
    if (!old) return fault(Fault::StoreCorrupt, kDamaged);
    k.state = DecryptionState::Retired;
    k.retired = doing.now;
    old->data = to_text(k);
    changes.emplace_back(ledger::Update<ledger::Ticket>{*std::move(old)});
  }
  TRY(auto made, fresh(number, doing.now));
  const auto info = info_of(number, made);
  changes.emplace_back(ledger::Insert<ledger::Ticket>{std::move(made)});
  TRY(auto event, audit::event(doing, "saml_key.rotate", "saml decryption key " + std::to_string(number), entropy_));
  changes.push_back(std::move(event));
  TRY_VOID(ledger_.commit(std::move(changes)));
  pairs_.reset();
  return info;
}

Status DecryptionKeys::tend(const audit::Doing& doing) {
  const std::scoped_lock lock(mutex_);
  TRY(const auto all, list());
  for (auto k : all) {
    if (k.state != DecryptionState::Retired || opens(k, doing.now)) continue;
    TRY(auto old, ledger_.ticket(row(k.number)));
    if (!old) continue;
    k.state = DecryptionState::Destroyed;
    k.destroyed = doing.now;
    old->data = to_text(k);
    old->sealed.clear();
    TRY(auto event, audit::event(doing, "saml_key.destroy", "saml decryption key " + std::to_string(k.number), entropy_));
    TRY_VOID(ledger_.commit({ledger::Update<ledger::Ticket>{*std::move(old)}, std::move(event)}));
    pairs_.reset();
  }
  return {};
}

}  // namespace jeton::federation
