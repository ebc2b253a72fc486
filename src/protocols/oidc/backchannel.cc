#include "protocols/oidc/backchannel.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include "authority/ledger/pages.h"
#include "blocks/http/form.h"
#include "blocks/json/writer.h"
#include "protocols/oauth/client_auth.h"
#include "protocols/oidc/id_token.h"

namespace jeton::protocols::oidc {
namespace {

constexpr std::string_view kSeen = "backchannel.seen";
constexpr Seconds kTokenLives{120};
// After which time it is tried again; then no more.
constexpr std::array<Seconds, 4> kAgain = {Seconds(2), Seconds(10), Seconds(60), Seconds(300)};
// Older than the last of these, nobody waits for it any more.
constexpr Seconds kWaits{600};
constexpr std::size_t kMostWaiting = 10000, kMostOfOne = 5000, kAtOnce = 8, kOfOneAtOnce = 4, kPage = 500;
constexpr ledger::Seq kRememberEvery = 10000;

// How many of them are one client's.
template <class List>
std::size_t of(const List& list, const ClientId& client) {
  return static_cast<std::size_t>(std::ranges::count_if(list, [&](const auto& one) { return one.client == client; }));
}

const audit::Actor kSystem{.name = "system", .address = {}, .request_id = {}};

}  // namespace

Status Logouts::begin() {
  TRY(const auto stored, rooms_.ledger.setting(kSeen));
  begun_ = true;
  if (stored) {
    std::from_chars(stored->value.data(), stored->value.data() + stored->value.size(), seen_);
    remembered_ = seen_;
    return {};
  }
  TRY(seen_, rooms_.ledger.last_seq());
  return remember();
}

Status Logouts::remember() {
  TRY_VOID(rooms_.ledger.commit({ledger::PutSetting{{std::string(kSeen), std::to_string(seen_), 0}}}));
  remembered_ = seen_;
  return {};
}

// Every application that was let in during that session, once.
Status Logouts::note_session(const ledger::Token& session, Instant now) {
  const ledger::TokenFilter filter{.principal = session.principal, .kind = opaque::Kind::Rt, .show = ledger::TokenFilter::Show::All};
  std::vector<ClientId> told;
  const auto note = [&](const ledger::Token& grant) -> Result<bool> {
    if (grant.created < session.created) return false;
    if (grants::remembered(grant).login != session.id || std::find(told.begin(), told.end(), grant.client) != told.end()) return true;
    told.push_back(grant.client);
    TRY(const auto client, rooms_.ledger.client(grant.client));
    if (!client) return true;
    TRY(const auto profile, clients::read_profile(*client));
    if (!profile.backchannel_logout.empty() && waiting_.size() < kMostWaiting && of(waiting_, grant.client) < kMostOfOne)
      waiting_.push_back({grant.client, session.principal, session.id, 0, now, now});
    return true;
  };
  return ledger::each_of<TokenId>([&](const auto& page) { return rooms_.ledger.tokens(filter, page, now); }, note);
}

Status Logouts::note_user(const PrincipalId& user, Instant now) {
  TRY(const auto principal, rooms_.ledger.principal(user));
  if (principal && principal->standing == ledger::Standing::Active) return {};
  const ledger::TokenFilter filter{.principal = user, .kind = opaque::Kind::Ses, .show = ledger::TokenFilter::Show::Live};
  return ledger::each_of<TokenId>([&](const auto& page) { return rooms_.ledger.tokens(filter, page, now); },
                                  [&](const ledger::Token& session) { return note_session(session, now); });
}

Status Logouts::look(Instant now) {
  if (rooms_.verifier.as_of().seq <= seen_) return {};
  for (;;) {
    TRY(const auto entries, rooms_.ledger.feed(seen_, kPage));
    for (const auto& entry : entries) {
      if (entry.kind == "token_ended") {
        const auto id = TokenId::parse(entry.subject);
        if (!id) return fault(Fault::StoreCorrupt);
        TRY(const auto token, rooms_.ledger.token(*id));
        if (token && token->kind == opaque::Kind::Ses) TRY_VOID(note_session(*token, now));
      }
      if (entry.kind == "principal") {
        const auto user = PrincipalId::parse(entry.subject);
        if (user) TRY_VOID(note_user(*user, now));
      }
      seen_ = entry.seq;
    }
    if (entries.size() < kPage) return {};
  }
}

// [Back-Channel Logout §2.4] no nonce, its own typ, the event that says what it is
Result<std::optional<std::pair<std::string, std::string>>> Logouts::letter(const Notice& n, Instant now) {
  TRY(const auto client, rooms_.ledger.client(n.client));
  if (!client || client->standing != ledger::Standing::Active) return std::nullopt;
  TRY(const auto profile, clients::read_profile(*client));
  if (profile.backchannel_logout.empty()) return std::nullopt;
  TRY(const auto jti, Ulid::make(now, rooms_.entropy));
  std::string claims;
  json::Writer w(claims);
  w.object().member("iss", rooms_.facts.issuer).member("sub", n.user.text()).member("aud", clients::known_id(*client, profile));
  w.member("iat", now.seconds())
      .member("exp", (now + kTokenLives).seconds())
      .member("jti", jti.text())
      .member("sid", sessions::id_text(n.session));
  w.key("events").object().key("http://schemas.openid.net/event/backchannel-logout").object().end_object().end_object().end_object();
  TRY(const auto token, sign(rooms_, profile.id_token_alg, "logout+jwt", claims, {kSystem, now}));
  return std::pair(profile.backchannel_logout, "logout_token=" + http::percent_encode(token));
}

Status Logouts::tell(Instant now) {
  struct Going {
    Notice notice;
    ClientId client;
    std::string url, form;
    Told told = Told::Again;
  };
  std::erase_if(waiting_, [&](const Notice& n) { return now >= n.noted + kWaits; });
  std::vector<Going> going;
  for (auto it = waiting_.begin(); it != waiting_.end() && going.size() < kAtOnce;) {
    // Whoever has many of them, and takes his time, is not in the others' way.
    if (it->due > now || of(going, it->client) == kOfOneAtOnce) {
      ++it;
      continue;
    }
    TRY(auto words, letter(*it, now));
    if (words) going.push_back({*it, it->client, std::move(words->first), std::move(words->second)});
    it = waiting_.erase(it);
  }
  {
    std::vector<std::jthread> threads;
    for (auto& g : going) threads.emplace_back([this, &g] { g.told = post_(g.url, g.form); });
  }
  for (auto& g : going) {
    if (g.told != Told::Again || g.notice.tries >= kAgain.size()) continue;
    g.notice.due = now + kAgain[g.notice.tries++];
    // What else it is to be told waits as long: one that does not answer keeps nobody waiting but itself.
    for (auto& n : waiting_)
      if (n.client == g.client) n.due = std::max(n.due, g.notice.due);
    waiting_.push_back(g.notice);
  }
  if (waiting_.empty() && !going.empty()) return remember();
  return {};
}

Status Logouts::step(Instant now) {
  if (!begun_) TRY_VOID(begin());
  TRY_VOID(look(now));
  if (!waiting_.empty()) return tell(now);
  return seen_ > remembered_ + kRememberEvery ? remember() : Status();
}

}  // namespace jeton::protocols::oidc
