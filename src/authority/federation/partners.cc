#include "authority/federation/partners.h"

#include <algorithm>

#include "blocks/crypto/hash.h"
#include "blocks/json/value.h"
#include "blocks/json/writer.h"

namespace jeton::federation {
namespace {

constexpr std::string_view kMember = "saml";
constexpr Seconds kWithoutEnd{30LL * 86'400};   // of a session that has no end of its own
constexpr int kTries = 5;

// Found by what the other side calls the user: names are its own, so its entity is part of it.
crypto::Sha256Digest name_row(Side side, std::string_view entity, std::string_view value) {
  std::string text = side == Side::ServiceProvider ? "saml name at sp\n" : "saml name at idp\n";
  text.append(std::to_string(entity.size())).append(":").append(entity).append("\n").append(value);
  return crypto::sha256(as_bytes(text));
}

std::string* member(ledger::Metadata& metadata) {
  for (auto& [name, value] : metadata)
    if (name == kMember) return &value;
  return nullptr;
}

// [SAMLCore §3.7.3.2] a qualifier or a format that one of the two leaves out is not held against it.
bool same(const std::string& a, const std::string& b) { return a.empty() || b.empty() || a == b; }
bool same_name(const saml::NameId& known, const saml::NameId& said) {
  return known.value == said.value && same(known.format, said.format) && same(known.name_qualifier, said.name_qualifier) &&
         same(known.sp_name_qualifier, said.sp_name_qualifier);
}

bool live(const ledger::Token& t, Instant now) { return t.kind == opaque::Kind::Ses && !t.ended && (!t.expires || now < *t.expires); }

}  // namespace

std::string to_text(const std::vector<Partner>& partners) {
  std::string out;
  json::Writer w(out);
  w.array();
  for (const auto& p : partners) {
    w.object().flag("idp", p.side == Side::IdentityProvider).member("entity", p.entity).member("name", p.name.value);
    w.member("format", p.name.format).member("nq", p.name.name_qualifier).member("spnq", p.name.sp_name_qualifier);
    w.member("index", p.session_index).end_object();
  }
  w.end_array();
  return out;
}

std::vector<Partner> partners_of(std::string_view text) {
  std::vector<Partner> out;
  const auto value = json::parse(text);
  if (!value || value->array() == nullptr) return out;
  for (const auto& one : *value->array()) {
    const auto get = [&](std::string_view name) { return std::string(one.string_at(name).value_or("")); };
    const auto* idp = one.find("idp");
    const bool is_idp = idp != nullptr && idp->boolean().value_or(false);
    out.push_back({is_idp ? Side::IdentityProvider : Side::ServiceProvider,
                   get("entity"),
                   {get("name"), get("format"), get("nq"), get("spnq")},
                   get("index")});
  }
  return out;
}

Result<std::vector<ledger::Change>> Partners::changes_of(const TokenId& session, const Partner& partner, Instant now) {
  TRY(auto token, ledger_.token(session));
  if (!token || !live(*token, now)) return refuse(Refusal::NotFound, "the session has ended");
  auto* kept = member(token->metadata);
  auto all = kept == nullptr ? std::vector<Partner>() : partners_of(*kept);
  if (std::ranges::find(all, partner) != all.end()) return std::vector<ledger::Change>();
  std::erase_if(all, [&](const Partner& p) { return p.side == partner.side && p.entity == partner.entity; });
  if (all.size() >= kMostPartners) return refuse(Refusal::TooLarge, "more sites than one session may log in to");
  all.push_back(partner);
  if (kept == nullptr) {
    token->metadata.emplace_back(kMember, to_text(all));
    std::ranges::sort(token->metadata);
  } else {
    *kept = to_text(all);
  }
  const auto id = name_row(partner.side, partner.entity, partner.name.value);
  const auto end = token->expires.value_or(now + kWithoutEnd);
  TRY(auto row, ledger_.ticket(id));
  std::vector<ledger::Change> changes;
  if (row && row->expires > now) {
    row->principal = token->principal;
    row->expires = std::max(row->expires, end);
    changes.emplace_back(ledger::Update<ledger::Ticket>{*row});
  } else {
    ledger::Ticket fresh;
    fresh.id = id;
    fresh.kind = ledger::TicketKind::Lasting;
    fresh.principal = token->principal;
    fresh.created = now;
    fresh.expires = end;
    changes.emplace_back(ledger::Insert<ledger::Ticket>{std::move(fresh)});
  }
  changes.emplace_back(ledger::Update<ledger::Token>{*std::move(token)});
  return changes;
}

Status Partners::note(const TokenId& session, const Partner& partner, Instant now) {
  for (int i = 0; i < kTries; ++i) {
    TRY(auto changes, changes_of(session, partner, now));
    if (changes.empty()) return {};
    const auto done = ledger_.commit(std::move(changes));
    if (done) return {};
    // Another tab was first: look again.
    if (!done.error().is(Refusal::Conflict)) return std::unexpected(done.error());
  }
  return refuse(Refusal::Conflict, "too many logins of one session at once");
}

Result<std::vector<Partner>> Partners::of(const TokenId& session) {
  TRY(auto token, ledger_.token(session));
  auto* kept = token ? member(token->metadata) : nullptr;
  return kept == nullptr ? std::vector<Partner>() : partners_of(*kept);
}

Result<std::vector<TokenId>> Partners::sessions_of(Side side, std::string_view entity, const saml::NameId& name,
                                                   const std::vector<std::string>& indexes, Instant now) {
  std::vector<TokenId> found;
  TRY(const auto row, ledger_.ticket(name_row(side, entity, name.value)));
  if (!row || row->principal.none()) return found;
  const ledger::TokenFilter filter{.principal = row->principal, .kind = opaque::Kind::Ses, .show = ledger::TokenFilter::Show::Live};
  TRY(auto tokens, ledger_.tokens(filter, {.before = std::nullopt, .limit = 1000}, now));
  for (auto& token : tokens) {
    auto* kept = member(token.metadata);
    if (kept == nullptr || !live(token, now)) continue;
    for (const auto& p : partners_of(*kept)) {
      if (p.side != side || p.entity != entity || !same_name(p.name, name)) continue;
      if (indexes.empty() || std::ranges::find(indexes, p.session_index) != indexes.end()) found.push_back(token.id);
    }
  }
  return found;
}

}  // namespace jeton::federation
