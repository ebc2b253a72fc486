#include "authority/sessions/sessions.h"

#include <algorithm>
#include <charconv>

#include "authority/ledger/pages.h"
#include "authority/policy/settings.h"

namespace jeton::sessions {
namespace {

std::string_view value(const ledger::Metadata& metadata, std::string_view name) {
  for (const auto& [key, text] : metadata)
    if (key == name) return text;
  return {};
}

// What the session remembers besides this login stays.
ledger::Metadata facts(const Login& login, Instant now, ledger::Metadata before = {}) {
  std::erase_if(before, [](const auto& pair) { return pair.first == "amr" || pair.first == "auth_time"; });
  before.emplace_back("amr", login.methods);
  before.emplace_back("auth_time", std::to_string(std::min(now, login.authenticated.value_or(now)).millis()));
  std::ranges::sort(before);
  return before;
}

ledger::EndTokens ending(const TokenId& id, Instant now) { return {ledger::TokensOf(id), ledger::EndReason::HolderRevoked, {}, now}; }

}  // namespace

std::string_view Session::acr() const { return methods.find(' ') != std::string::npos ? "2" : "1"; }

std::string id_text(const TokenId& id) { return SessionId(id.ulid()).text(); }

std::optional<TokenId> parse_id(std::string_view text) {
  const auto id = SessionId::parse(text);
  if (!id) return std::nullopt;
  return TokenId(id->ulid());
}

Result<Begun> Sessions::log_in(const Login& login, const std::optional<Session>& before, const audit::Doing& doing) {
  TRY(auto cookie, mint::handle(ledger_, peppers_, opaque::Kind::Ses, entropy_));
  TRY(const auto settings, policy::read_settings(ledger_));
  std::vector<ledger::Change> changes;
  if (before && before->principal == login.principal) {
    TRY(auto token, ledger_.token(before->id));
    if (!token) return refuse(Refusal::Conflict, "the session has ended");
    token->metadata = facts(login, doing.now, std::move(token->metadata));
    token->name = login.agent;
    if (login.until) token->expires = std::min(token->expires.value_or(*login.until), *login.until);
    changes.emplace_back(ledger::Rehash{token->id, token->hash, cookie.hash, cookie.pepper});
    changes.emplace_back(ledger::Update<ledger::Token>{*token});
    TRY(auto event, audit::event(doing, "session.renew", id_text(token->id), entropy_));
    changes.push_back(std::move(event));
    TRY_VOID(ledger_.commit(std::move(changes)));
    return Begun{token->id, std::move(cookie.text)};
  }
  ledger::Token token;
  TRY(token.id, TokenId::make(doing.now, entropy_));
  token.family = token.id;
  token.kind = opaque::Kind::Ses;
  token.hash = cookie.hash;
  token.pepper = cookie.pepper;
  token.hint = cookie.hint;
  token.principal = login.principal;
  token.name = login.agent;
  token.metadata = facts(login, doing.now);
  token.created = doing.now;
  token.expires = Instant::from_seconds((doing.now + settings.session_lifetime).seconds());
  if (login.until) token.expires = std::min(*token.expires, *login.until);
  token.last_used = doing.now;
  token.last_address = doing.by.address;
  TRY(auto event, audit::event(doing, "session.start", id_text(token.id), entropy_));
  const auto id = token.id;
  changes.emplace_back(ledger::Insert<ledger::Token>{std::move(token)});
  if (before) changes.emplace_back(ending(before->id, doing.now));
  changes.push_back(std::move(event));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return Begun{id, std::move(cookie.text)};
}

Result<std::optional<Session>> Sessions::live(const ledger::Token& t, Instant now) {
  if (t.kind != opaque::Kind::Ses || t.ended || t.hold != ledger::Hold::None || (t.expires && now >= *t.expires)) return std::nullopt;
  TRY(const auto settings, policy::read_settings(ledger_));
  const auto last = std::max(t.created, t.last_used.value_or(t.created));
  if (now >= last + settings.session_idle) return std::nullopt;
  TRY(const auto user, ledger_.principal(t.principal));
  if (!user || user->standing != ledger::Standing::Active) return std::nullopt;
  Session s;
  s.id = t.id;
  s.principal = t.principal;
  s.user = user->name;
  std::int64_t millis = 0;
  const auto text = value(t.metadata, "auth_time");
  std::from_chars(text.data(), text.data() + text.size(), millis);
  s.authenticated = Instant::from_millis(millis);
  s.methods = value(t.metadata, "amr");
  s.agent = t.name;
  s.created = t.created;
  s.last_used = last;
  s.expires = t.expires;
  s.address = t.last_address;
  return s;
}

Result<std::optional<Session>> Sessions::find(std::string_view cookie, const net::Address& address, Instant now) {
  TRY(const auto token, mint::find_token(ledger_, peppers_, opaque::Kind::Ses, cookie));
  if (!token) return std::nullopt;
  TRY(auto session, live(*token, now));
  if (session) uses_.note_use(session->id, now, address);
  return session;
}

Result<std::optional<Session>> Sessions::find(const TokenId& id, Instant now) {
  TRY(const auto token, ledger_.token(id));
  if (!token) return std::nullopt;
  return live(*token, now);
}

Status Sessions::end(const TokenId& id, const audit::Doing& doing) {
  TRY(auto event, audit::event(doing, "session.end", id_text(id), entropy_));
  TRY_VOID(ledger_.commit({ending(id, doing.now), std::move(event)}));
  return {};
}

Result<std::size_t> Sessions::end_all(const PrincipalId& user, const std::optional<TokenId>& keep, const audit::Doing& doing) {
  std::vector<ledger::Change> changes;
  ledger::TokenFilter filter{.principal = user, .kind = opaque::Kind::Ses, .show = ledger::TokenFilter::Show::Live};
  TRY_VOID(ledger::each_of<TokenId>([&](const auto& page) { return ledger_.tokens(filter, page, doing.now); },
                                    [&](const ledger::Token& t) {
                                      if (t.id != keep) changes.emplace_back(ending(t.id, doing.now));
                                    }));
  const auto count = changes.size();
  if (count == 0) return count;
  TRY(auto event, audit::event(doing, "session.end_all", user.text(), entropy_));
  changes.push_back(std::move(event));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return count;
}

Result<std::vector<Session>> Sessions::list(const std::optional<PrincipalId>& user, const ledger::PageOf<TokenId>& page, Instant now) {
  ledger::TokenFilter filter{.kind = opaque::Kind::Ses, .show = ledger::TokenFilter::Show::Live};
  filter.principal = user;
  TRY(const auto tokens, ledger_.tokens(filter, page, now));
  std::vector<Session> out;
  for (const auto& t : tokens) {
    TRY(auto session, live(t, now));
    if (session) out.push_back(*std::move(session));
  }
  return out;
}

std::string agent_of(std::string_view agent) {
  struct Mark {
    std::string_view in, name;
  };
  // In this order: later browsers name the earlier ones too.
  static constexpr Mark kBrowsers[] = {{"Edg/", "Edge"},      {"OPR/", "Opera"},     {"Firefox/", "Firefox"},
                                       {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}};
  static constexpr Mark kSystems[] = {{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"},  {"Windows", "Windows"},
                                      {"Mac OS X", "macOS"},  {"CrOS", "ChromeOS"}, {"Linux", "Linux"}};
  const auto first = [&](auto& marks) -> std::string_view {
    for (const auto& m : marks)
      if (agent.find(m.in) != std::string_view::npos) return m.name;
    return {};
  };
  const auto browser = first(kBrowsers), system = first(kSystems);
  std::string out(browser.empty() ? "a browser" : browser);
  if (!system.empty()) out.append(" on ").append(system);
  return out;
}

}  // namespace jeton::sessions
