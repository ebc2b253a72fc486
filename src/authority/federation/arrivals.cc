#include "authority/federation/arrivals.h"

#include <algorithm>

#include "authority/federation/links.h"
#include "blocks/crypto/hash.h"
#include "formats/saml/names.h"

namespace jeton::federation {
namespace {

constexpr Seconds kLasts{100LL * 365 * 86'400};
constexpr std::string_view kMetadata = "metadata.";

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

crypto::Sha256Digest row(const Arrival& a) { return crypto::sha256(as_bytes("saml user\n" + a.provider + "\n" + a.identity)); }

ledger::Change link(const Arrival& a, const PrincipalId& user, std::string_view how, Instant now) {
  ledger::Ticket t;
  t.id = row(a);
  t.kind = ledger::TicketKind::Lasting;
  t.principal = user;
  t.data = link_text(how, a.provider, a.identity);
  t.created = now;
  t.expires = now + kLasts;
  return ledger::Insert<ledger::Ticket>{std::move(t)};
}

// It was said which addresses it is believed about, and this is one.
bool believed(const IdentityProvider& idp, std::string_view email) {
  const auto at = email.rfind('@');
  return at != std::string_view::npos && std::ranges::find(idp.domains, lower(email.substr(at + 1))) != idp.domains.end();
}
bool allowed(const IdentityProvider& idp, std::string_view email) { return idp.domains.empty() || believed(idp, email); }

// As our users' names are spelled.
std::string as_name(std::string_view text) {
  auto out = lower(text);
  for (auto& c : out)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '@' || c == '-')) c = '-';
  return out.substr(0, 63);
}

constexpr auto denied(std::string_view what) { return refuse(Refusal::Denied, what); }

}  // namespace

Result<Arrival> arrival_of(const IdentityProvider& idp, const saml::Login& login) {
  Arrival a;
  a.provider = idp.id();
  for (const auto& mapping : idp.attributes) {
    const auto found = std::ranges::find(login.attributes, mapping.attribute, &saml::Attribute::name);
    if (found == login.attributes.end() || found->values.empty()) continue;
    const auto& value = found->values.front();
    if (mapping.source == "name") a.name = value;
    if (mapping.source == "email") a.email = value;
    if (mapping.source == "id" && !value.empty()) a.identity = "attribute " + mapping.attribute + "\n" + value;
    if (mapping.source.starts_with(kMetadata)) a.metadata.emplace_back(mapping.source.substr(kMetadata.size()), value);
  }
  const bool by_attribute = std::ranges::any_of(idp.attributes, [](const Mapping& m) { return m.source == "id"; });
  if (by_attribute) {
    if (a.identity.empty()) return denied("the identity provider did not say who it is: the attribute that names the user is missing");
    return a;
  }
  // [SAMLCore §8.3.8] a transient name is another one tomorrow
  if (login.subject.format == saml::kTransient) return denied("the identity provider gave a name for one login only");
  a.identity = "NameID " + login.subject.format + "\n" + login.subject.value;
  if (a.name.empty() && login.subject.format != saml::kPersistent) a.name = login.subject.value;
  return a;
}

std::string to_text(const Arrival& a) {
  std::string out;
  json::Writer w(out);
  w.object().member("provider", a.provider).member("identity", a.identity).member("name", a.name).member("email", a.email);
  w.key("metadata").object();
  for (const auto& [name, value] : a.metadata) w.member(name, value);
  w.end_object().end_object();
  return out;
}

Arrival arrival_of_text(const json::Value& value) {
  const auto text = [&](std::string_view name) { return std::string(value.string_at(name).value_or("")); };
  Arrival a{text("provider"), text("identity"), text("name"), text("email"), {}};
  if (const auto* metadata = value.find("metadata"); metadata != nullptr && metadata->object() != nullptr)
    for (const auto& [name, one] : *metadata->object()) a.metadata.emplace_back(name, one.string().value_or(""));
  return a;
}

Result<std::optional<ledger::Principal>> Arrivals::connected(const Arrival& arrival, Instant now) {
  TRY(const auto ticket, ledger_.ticket(row(arrival)));
  if (!ticket || ticket->kind != ledger::TicketKind::Lasting || ticket->expires <= now) return std::nullopt;
  TRY(auto user, ledger_.principal(ticket->principal));
  // Who was deleted does not come back by logging in.
  if (!user || user->standing != ledger::Standing::Active) return denied("this user may not log in");
  return user;
}

Result<std::optional<ledger::Principal>> Arrivals::by_email(std::string_view email) {
  TRY(auto there, ledger_.users_at(email, 2));
  if (there.size() > 1) return denied("more than one user has this e-mail address");
  if (there.empty()) return std::nullopt;
  return std::move(there[0]);
}

// What a provider tells of the users that come from it is their address to nobody else, unless it is believed about that address: else whoever
// is first could be given an account that another one's logins then lead to.
Status Arrivals::own_address(const ledger::Principal& user, Instant now) {
  TRY(const auto links, Links(ledger_, entropy_).of(user.id, now));
  for (const auto& link : links) {
    if (link.how != "created") continue;
    const auto by = IdentityProviders(ledger_, entropy_).find(link.provider);
    if (!by && by.error().is_fault()) return std::unexpected(by.error());
    if (!by || !believed(*by, user.email)) return denied("another identity provider says that this is its user's address: log in that way");
  }
  return {};
}

Result<ledger::Principal> Arrivals::create(const Arrival& a, const audit::Doing& doing) {
  ledger::Principal draft;
  draft.name = as_name(!a.name.empty() ? a.name : a.email);
  draft.email = a.email;
  draft.metadata = a.metadata;
  auto made = principals_.create(PrincipalKind::User, std::move(draft), doing,
                                 [&](const ledger::Principal& user) -> Result<std::vector<ledger::Change>> {
                                   return std::vector<ledger::Change>{link(a, user.id, "created", doing.now)};
                                 });
  if (made || made.error().is_fault()) return made;
  if (!made.error().is(Refusal::Conflict)) return denied("what the identity provider tells of this user cannot be a user here");
  // The same person in another tab, or somebody else of that name, whose account this never becomes.
  TRY(auto known, connected(a, doing.now));
  if (known) return *std::move(known);
  return denied("another user has this name already");
}

Result<ledger::Principal> Arrivals::refreshed(ledger::Principal user, const Arrival& a, const audit::Doing& doing) {
  auto now = user;
  if (!a.email.empty()) now.email = a.email;
  for (const auto& [name, value] : a.metadata) {
    const auto at = std::ranges::find(now.metadata, name, [](const auto& pair) { return pair.first; });
    if (at == now.metadata.end()) now.metadata.emplace_back(name, value);
    else at->second = value;
  }
  std::ranges::sort(now.metadata);
  if (now.email == user.email && now.metadata == user.metadata) return user;
  auto done = principals_.update(std::move(now), doing);
  // What cannot be kept, or was changed by somebody at this moment, stays as it is.
  if (!done && !done.error().is_fault()) return user;
  return done;
}

Result<ledger::Principal> Arrivals::settle(const IdentityProvider& idp, const Arrival& a, const audit::Doing& doing) {
  if (!allowed(idp, a.email)) return denied("this identity provider may not speak of that e-mail address");
  TRY(auto known, connected(a, doing.now));
  if (known) {
    TRY(const auto ticket, ledger_.ticket(row(a)));
    // Only of users that came from there: the others are somebody else's to describe.
    return ticket && how_of(*ticket) == "created" ? refreshed(*std::move(known), a, doing) : *std::move(known);
  }
  if (idp.link_email && !a.email.empty()) {
    TRY(const auto user, by_email(a.email));
    if (user) {
      if (user->standing != ledger::Standing::Active) return denied("this user may not log in");
      TRY_VOID(own_address(*user, doing.now));
      TRY_VOID(connect(a, user->id, doing));
      return *user;
    }
  }
  if (!idp.create) return denied("nobody here is known by this login: log in the way you are used to, and connect it on your account page");
  return create(a, doing);
}

Status Arrivals::connect(const Arrival& a, const PrincipalId& user, const audit::Doing& doing) {
  TRY(const auto known, connected(a, doing.now));
  if (known && known->id == user) return {};
  if (known) return refuse(Refusal::Conflict, "this login belongs to another user already");
  TRY(auto event, audit::event(doing, "user.connect", user.text(), entropy_, "{\"provider\":\"" + a.provider + "\"}"));
  TRY_VOID(ledger_.commit({link(a, user, "connected", doing.now), std::move(event)}));
  return {};
}

}  // namespace jeton::federation
