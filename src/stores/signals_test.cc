// From events to security event tokens and back, over any store, with the clock as an argument.
#include <gtest/gtest.h>
#include <algorithm>

#include "authority/notify/outbox.h"
#include "authority/sessions/sessions.h"
#include "blocks/crypto/random.h"
#include "blocks/json/value.h"
#include "ground/base64url.h"
#include "stores/ledger_suite.h"

namespace jeton::stores::suite {
namespace {

using namespace ledger;

struct Pushes final : notify::Carrier {
  notify::Outcome post(const notify::Carrier::Post&) override { return answer; }
  notify::Outcome push(const signals::Push& p) override {
    pushes.push_back(p.set);
    return answer;
  }
  notify::Outcome mail(std::string_view, const std::string&) override { return answer; }
  notify::Outcome answer{true, 202, {}};
  std::vector<std::string> pushes;
};

class SignalsSuite : public LedgerSuite {
 protected:
  SignalsSuite() : keys_(*ledger_, sealer_, entropy_, [](auto) {}) {
    std::vector<keys::Sealer::DataKey> data_keys;
    data_keys.push_back({1, Secret::copy_of(std::array<std::uint8_t, 32>{5})});
    sealer_.use(std::move(data_keys));
    share_keys();
    rules_.issuer = "https://id.example.com";
    sending_.retries = {Seconds(5), Seconds(300)};
    ann_ = principal(1);
    receiver_ = principal(2, PrincipalKind::Service);
    commit({Insert<Principal>{ann_}, Insert<Principal>{receiver_}});
  }
  // RSA keys take their time: those of the first test serve every one.
  void share_keys() {
    static std::vector<SigningKey> made;
    for (const auto& key : made) commit({Insert<SigningKey>{key}});
    EXPECT_TRUE(keys_.load());
    if (!made.empty()) return;
    EXPECT_TRUE(keys_.ensure(crypto::SignAlg::RS256, doing(at(0))));
    made = *ledger_->keys();
  }
  audit::Doing doing(Instant when) const { return {me_, when}; }
  signals::Streams streams() { return {*ledger_, sealer_, keys_, entropy_, rules_}; }
  signals::Transmitter transmitter() { return {*ledger_, sealer_, keys_, entropy_, rules_}; }
  Stream draft(std::string url = {}) const {
    Stream s;
    s.owner = s.audience = receiver_.id.text();
    s.url = std::move(url);
    s.events.assign(signals::supported().begin(), signals::supported().end());
    return s;
  }
  Stream made(Stream draft, const signals::Authorization& authorization = {}, Instant when = at(0)) {
    auto stream = streams().create(std::move(draft), authorization, doing(when));
    EXPECT_TRUE(stream) << (stream ? "" : stream.error().detail());
    return *stream;
  }
  Stream now_of(const Stream& s) { return ledger_->stream(s.id).value().value(); }
  void happened(std::string_view action, Instant when, std::string target = {}) {
    auto e = audit::event(doing(when), action, target.empty() ? ann_.id.text() : target, entropy_);
    ASSERT_TRUE(e);
    commit({*std::move(e)});
  }
  void pump(signals::Transmitter& t, Instant when) {
    for (auto more = t.pump(when);; more = t.pump(when)) {
      ASSERT_TRUE(more);
      if (!*more) return;
    }
  }
  std::vector<Delivery> waiting(const Stream& s) { return *ledger_->waiting_for(s.id, 10000); }
  std::vector<std::string> types(const Stream& s) {
    std::vector<std::string> out;
    for (const auto& d : waiting(s)) out.push_back(d.event.substr(d.event.rfind('/') + 1));
    return out;
  }
  json::Value claims(std::string_view set) {
    const auto rest = set.substr(set.find('.') + 1);
    const auto octets = base64url::decode(rest.substr(0, rest.find('.')));
    return *json::parse(as_text(*octets));
  }
  Token session(std::uint64_t n) {
    auto t = full_token(n);
    t.kind = opaque::Kind::Ses;
    t.principal = ann_.id;
    t.ended = std::nullopt;
    t.end_reason = EndReason::None;
    t.parent = {};
    t.family = t.id;
    return t;
  }

  crypto::SystemEntropy entropy_;
  keys::Sealer sealer_{"inst"};
  keys::SigningKeys keys_;
  signals::Rules rules_;
  notify::Rules sending_;
  const audit::Actor me_{.name = "uid:0", .address = {}, .request_id = {}};
  Principal ann_, receiver_;
};

using Words = std::vector<std::string>;

TEST_P(SignalsSuite, AStreamComesBackAsItWas) {
  auto wanted = draft("https://rp.example.com/events");
  wanted.id = StreamId(ulid(7));
  wanted.without = {"ann@example.com", "usr_x"};
  wanted.by_email = true;
  wanted.sealed_authorization = {1, 2, 3};
  wanted.state = StreamState::Overflowed;
  wanted.reason = "why";
  wanted.description = "what for";
  wanted.verified = at(3);
  wanted.created = wanted.updated = at(1);
  commit({Insert<Stream>{wanted}});
  const auto got = ledger_->stream(wanted.id).value().value();
  EXPECT_EQ(std::tie(got.owner, got.audience, got.url, got.events, got.without, got.by_email),
            std::tie(wanted.owner, wanted.audience, wanted.url, wanted.events, wanted.without, wanted.by_email));
  EXPECT_EQ(std::tie(got.sealed_authorization, got.state, got.reason, got.description, got.verified, got.created, got.updated),
            std::tie(wanted.sealed_authorization, wanted.state, wanted.reason, wanted.description, wanted.verified, wanted.created,
                     wanted.updated));
  EXPECT_TRUE(refused({Insert<Stream>{wanted}}));
  EXPECT_EQ(ledger_->streams({std::nullopt, 10}).value().size(), 1u);
  commit({wanted.id});
  EXPECT_FALSE(ledger_->stream(wanted.id).value());
  EXPECT_TRUE(refused({wanted.id}, Refusal::NotFound));
}

TEST_P(SignalsSuite, DeliveriesOfStreamsAreNoMailAndGoWithTheirStream) {
  const auto stream = made(draft()), other = made(draft());
  Delivery mail;
  mail.id = DeliveryId(ulid(1));
  mail.recipient = "ann@example.com";
  auto a = mail, b = mail;
  a.id = DeliveryId(ulid(3)), a.stream = stream.id;
  b.id = DeliveryId(ulid(2)), b.stream = stream.id;
  commit({Insert<Delivery>{mail}, Insert<Delivery>{a}, Insert<Delivery>{b}});
  EXPECT_EQ(ledger_->waiting_deliveries(WebhookId()).value(), 1u);
  EXPECT_EQ(ledger_->waiting_deliveries(stream.id).value(), 2u);
  EXPECT_EQ(ledger_->waiting_deliveries(other.id).value(), 0u);
  EXPECT_EQ(ledger_->deliveries({.webhook = WebhookId()}, {std::nullopt, 10}).value().size(), 1u);
  EXPECT_EQ(ledger_->deliveries({.stream = stream.id}, {std::nullopt, 10}).value().size(), 2u);
  // Oldest first.
  EXPECT_EQ(waiting(stream).at(0).id, b.id);
  EXPECT_EQ(waiting(stream).at(1).stream, stream.id);
  EXPECT_TRUE(streams().remove(stream.id, doing(at(1))));
  EXPECT_FALSE(ledger_->delivery(a.id).value());
  EXPECT_TRUE(ledger_->delivery(mail.id).value());
}

TEST_P(SignalsSuite, WhatIsOnRecordBecomesWhatReceiversAskedFor) {
  const auto all = made(draft());
  auto only = draft();
  only.events = {std::string(signals::kCredentialChange), "https://example.com/of-another-version"};
  const auto some = made(only);
  auto t = transmitter();
  pump(t, at(1));
  happened("user.set_password", at(10));
  happened("user.add_totp", at(11));
  happened("user.remove_passkey", at(12));
  happened("user.disable", at(13));
  happened("user.enable", at(14));
  happened("user.delete", at(15));
  happened("service.disable", at(16), receiver_.id.text());
  for (const auto quiet : {"user.create", "user.update", "login.failed", "token.revoke", "session.end"}) happened(quiet, at(17));
  pump(t, at(20));
  EXPECT_EQ(types(all), (Words{"credential-change", "credential-change", "credential-change", "account-disabled", "session-revoked",
                               "account-enabled", "account-purged", "account-disabled"}));
  EXPECT_EQ(types(some), (Words{"credential-change", "credential-change", "credential-change"}));
}

TEST_P(SignalsSuite, ASessionsEndIsToldWhicheverWayItCame) {
  const auto stream = made(draft());
  auto t = transmitter();
  const auto one = session(41), two = session(42);
  auto pat = full_token(43);
  commit({Insert<Token>{one}, Insert<Token>{two}, Insert<Token>{pat}});
  pump(t, at(1));
  commit({EndTokens{TokensOf(one.id), EndReason::HolderRevoked, {}, at(10)}});
  commit({EndTokens{TokensOf(pat.id), EndReason::Revoked, {}, at(10)}});
  commit({EndTokens{TokensOf(ann_.id), EndReason::PrincipalEnded, {}, at(11)}});
  pump(t, at(20));
  ASSERT_EQ(types(stream), (Words{"session-revoked", "session-revoked"}));
  const auto body = *json::parse(waiting(stream)[0].body);
  EXPECT_EQ(body.find("sub_id")->string_at("format"), "complex");
  EXPECT_EQ(body.find("sub_id")->find("session")->string_at("id"), sessions::id_text(one.id));
  EXPECT_EQ(body.find("sub_id")->find("user")->string_at("sub"), ann_.id.text());
  EXPECT_EQ(body.find("events")->find(signals::kSessionRevoked)->find("event_timestamp")->integer(), at(10).seconds());
}

TEST_P(SignalsSuite, AnEventIsToldOnceWhateverHappensInBetween) {
  const auto stream = made(draft());
  {
    auto t = transmitter();
    pump(t, at(1));
    happened("user.disable", at(10));
    pump(t, at(11));
    happened("user.enable", at(12));
  }
  auto t = transmitter();
  pump(t, at(20));
  pump(t, at(21));
  EXPECT_EQ(types(stream), (Words{"account-disabled", "session-revoked", "account-enabled"}));
}

TEST_P(SignalsSuite, WhatWasBeforeTheStreamIsNotItsBusiness) {
  auto t = transmitter();
  pump(t, at(1));
  happened("user.disable", at(10));
  const auto stream = made(draft(), {}, at(20));
  happened("user.enable", at(21));
  pump(t, at(22));
  EXPECT_EQ(types(stream), Words{"account-enabled"});
}

TEST_P(SignalsSuite, EmailStandsThereOnlyWhereItWasAskedForAndWhereThereIsOne) {
  auto by_email = draft();
  by_email.by_email = true;
  const auto plain = made(draft()), named = made(by_email);
  auto t = transmitter();
  pump(t, at(1));
  happened("user.set_password", at(10));
  auto ann = ann_;
  ann.email.clear();
  pump(t, at(11));
  commit({Update<Principal>{ann}});
  happened("user.set_password", at(12));
  pump(t, at(13));
  for (const auto& d : waiting(plain)) EXPECT_EQ(d.body.find("@"), std::string::npos);
  const auto first = *json::parse(waiting(named).at(0).body), second = *json::parse(waiting(named).at(1).body);
  EXPECT_EQ(first.find("sub_id")->string_at("email"), "ann@example.com");
  EXPECT_EQ(first.find("sub_id")->find("sub"), nullptr);
  EXPECT_EQ(second.find("sub_id")->string_at("format"), "iss_sub");
}

TEST_P(SignalsSuite, SubjectsThatWereRemovedAreNotToldOf) {
  auto by_id = draft(), by_address = draft();
  by_id.without = {ann_.id.text()};
  by_address.without = {ann_.email};
  const auto one = made(by_id), two = made(by_address), all = made(draft());
  auto t = transmitter();
  pump(t, at(1));
  happened("user.disable", at(10));
  pump(t, at(11));
  EXPECT_TRUE(types(one).empty());
  EXPECT_TRUE(types(two).empty());
  EXPECT_EQ(types(all).size(), 2u);
}

TEST_P(SignalsSuite, WhatIsPolledIsSignedTypedAndThereUntilItIsTaken) {
  const auto stream = made(draft()), other = made(draft());
  auto t = transmitter();
  pump(t, at(1));
  for (int i = 0; i < 3; ++i) happened("user.set_password", at(10 + i));
  pump(t, at(20));
  const auto first = *t.poll(stream, {.most = 2, .taken = {}, .refused = {}}, at(30));
  ASSERT_EQ(first.sets.size(), 2u);
  EXPECT_TRUE(first.more);
  const auto& [jti, set] = first.sets[0];
  const auto head = *json::parse(as_text(*base64url::decode(set.substr(0, set.find('.')))));
  EXPECT_EQ(head.string_at("typ"), "secevent+jwt");
  EXPECT_EQ(head.string_at("alg"), "RS256");
  const auto body = claims(set);
  EXPECT_EQ(body.string_at("jti"), jti);
  EXPECT_EQ(body.string_at("iss"), rules_.issuer);
  EXPECT_EQ(body.string_at("aud"), stream.audience);
  EXPECT_EQ(body.find("exp"), nullptr);
  EXPECT_EQ(body.find("sub"), nullptr);
  // Another's word for it counts nothing.
  EXPECT_TRUE(t.poll(other, {.most = 0, .taken = {jti}, .refused = {}}, at(31)));
  EXPECT_EQ(waiting(stream).size(), 3u);
  const auto second = *t.poll(
      stream, {.most = 100, .taken = {jti, jti, "dlv_nonsense", "x"}, .refused = {{first.sets[1].first, "invalid_audience"}}}, at(32));
  EXPECT_EQ(second.sets.size(), 1u);
  EXPECT_FALSE(second.more);
  EXPECT_EQ(ledger_->delivery(*DeliveryId::parse(jti)).value()->state, DeliveryState::Delivered);
  const auto refused = ledger_->delivery(*DeliveryId::parse(first.sets[1].first)).value().value();
  EXPECT_EQ(refused.state, DeliveryState::Dead);
  EXPECT_EQ(refused.trouble, "the receiver says: invalid_audience");
}

TEST_P(SignalsSuite, AQueueThatNobodyEmptiesStopsTheStreamAndSaysSoLast) {
  rules_.most_waiting = 5;
  const auto stream = made(draft()), other = made(draft());
  auto t = transmitter();
  pump(t, at(1));
  for (int i = 0; i < 4; ++i) happened("user.set_password", at(10 + i));
  pump(t, at(20));
  for (const auto& d : waiting(other)) (void)*t.poll(other, {.most = 0, .taken = {d.id.text()}, .refused = {}}, at(21));
  for (int i = 0; i < 4; ++i) happened("user.set_password", at(30 + i));
  pump(t, at(40));
  happened("user.set_password", at(41));
  pump(t, at(42));
  EXPECT_EQ(now_of(stream).state, StreamState::Overflowed);
  const auto kept = types(stream);
  ASSERT_EQ(kept.size(), 6u);
  EXPECT_EQ(kept.back(), "stream-updated");
  EXPECT_EQ(t.overflowed(), 1u);
  // What waits is handed out yet; the twin, whose receiver took what waited, goes on.
  EXPECT_EQ(t.poll(now_of(stream), {}, at(43))->sets.size(), 6u);
  EXPECT_EQ(now_of(other).state, StreamState::Enabled);
  EXPECT_EQ(types(other).size(), 5u);
  // The receiver begins again.
  EXPECT_TRUE(streams().set_state(now_of(stream), StreamState::Enabled, {}, doing(at(50))));
  for (const auto& d : waiting(stream)) (void)*t.poll(now_of(stream), {.most = 0, .taken = {d.id.text()}, .refused = {}}, at(51));
  happened("user.disable", at(52));
  pump(t, at(53));
  EXPECT_EQ(types(stream), (Words{"account-disabled", "session-revoked"}));
}

TEST_P(SignalsSuite, PausedIsHeldAndDisabledIsGivenUp) {
  const auto stream = made(draft("https://rp.example.com/events"));
  auto t = transmitter();
  notify::Outbox outbox(*ledger_, sealer_, entropy_, sending_, &t);
  Pushes carrier;
  const auto carry = [&](Instant when) {
    while (*outbox.carry_one(carrier, [when] { return when; })) {}
  };
  pump(t, at(1));
  EXPECT_TRUE(streams().set_state(now_of(stream), StreamState::Paused, "for now", doing(at(5))));
  happened("user.disable", at(10));
  happened("user.enable", at(11));
  pump(t, at(12));
  carry(at(13));
  EXPECT_TRUE(carrier.pushes.empty());
  EXPECT_EQ(waiting(stream).size(), 3u);
  EXPECT_EQ(waiting(stream)[0].attempts, 0u);
  EXPECT_TRUE(streams().set_state(now_of(stream), StreamState::Enabled, {}, doing(at(14))));
  carry(at(14));
  ASSERT_EQ(carrier.pushes.size(), 3u);
  // In the order in which it happened.
  EXPECT_NE(claims(carrier.pushes[0]).find("events")->find(signals::kAccountDisabled), nullptr);
  EXPECT_NE(claims(carrier.pushes[2]).find("events")->find(signals::kAccountEnabled), nullptr);
  happened("user.disable", at(20));
  pump(t, at(21));
  EXPECT_TRUE(streams().set_state(now_of(stream), StreamState::Disabled, {}, doing(at(22))));
  EXPECT_TRUE(waiting(stream).empty());
  happened("user.enable", at(23));
  pump(t, at(24));
  carry(at(25));
  EXPECT_EQ(carrier.pushes.size(), 3u);
}

TEST_P(SignalsSuite, APausedStreamThatIsFullStaysPausedAndItsLastWordSaysWhatIsMissing) {
  rules_.most_waiting = 3;
  const auto stream = made(draft("https://rp.example.com/events"));
  auto t = transmitter();
  pump(t, at(1));
  EXPECT_TRUE(streams().set_state(now_of(stream), StreamState::Paused, {}, doing(at(5))));
  for (int i = 0; i < 9; ++i) {
    happened("user.set_password", at(10 + i));
    pump(t, at(10 + i));
  }
  EXPECT_EQ(now_of(stream).state, StreamState::Paused);
  EXPECT_EQ(types(stream), (Words{"credential-change", "credential-change", "credential-change", "stream-updated"}));
  EXPECT_EQ(t.hand(waiting(stream)[0], at(20))->what, signals::Push::What::Later);
}

TEST_P(SignalsSuite, WhatNobodyWantedThenIsNotToldAfterARestart) {
  auto only = draft();
  only.events = {std::string(signals::kAccountDisabled)};
  const auto stream = made(only);
  {
    auto t = transmitter();
    pump(t, at(1));
    happened("user.set_password", at(10));
    pump(t, at(11));
  }
  auto changed = now_of(stream);
  changed.events.emplace_back(signals::kCredentialChange);
  EXPECT_TRUE(streams().update(changed, {}, doing(at(12))));
  auto t = transmitter();
  pump(t, at(20));
  EXPECT_TRUE(types(stream).empty());
  // The twin: from here on it is.
  happened("user.set_password", at(21));
  pump(t, at(22));
  EXPECT_EQ(types(stream), Words{"credential-change"});
}

TEST_P(SignalsSuite, WhatTheReceiverRefusesForGoodIsNotSentAgain) {
  const auto stream = made(draft("https://rp.example.com/events"));
  auto t = transmitter();
  notify::Outbox outbox(*ledger_, sealer_, entropy_, sending_, &t);
  Pushes carrier;
  pump(t, at(1));
  happened("user.enable", at(10));
  pump(t, at(10));
  carrier.answer = {false, 500, "it answered with an error"};
  EXPECT_TRUE(*outbox.carry_one(carrier, [] { return at(11); }));
  EXPECT_EQ(waiting(stream).size(), 1u);
  carrier.answer = {false, 400, "the receiver says: invalid_key", true};
  EXPECT_TRUE(*outbox.carry_one(carrier, [] { return at(20); }));
  EXPECT_TRUE(waiting(stream).empty());
  const auto dead = ledger_->deliveries({.state = DeliveryState::Dead}, {std::nullopt, 10}).value();
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].trouble, "the receiver says: invalid_key");
  // Both times the same token but for its signature.
  EXPECT_EQ(claims(carrier.pushes.at(0)).string_at("jti"), claims(carrier.pushes.at(1)).string_at("jti"));
}

TEST_P(SignalsSuite, WhoMayNotActIsToldNothingAndWhoIsGoneHasNoStream) {
  const auto stream = made(draft("https://rp.example.com/events"));
  auto t = transmitter();
  pump(t, at(1));
  happened("user.enable", at(10));
  pump(t, at(11));
  const auto d = waiting(stream).at(0);
  EXPECT_EQ(t.hand(d, at(12))->what, signals::Push::What::Send);
  auto receiver = receiver_;
  receiver.standing = Standing::Disabled;
  commit({Update<Principal>{receiver}});
  EXPECT_EQ(t.hand(d, at(13))->what, signals::Push::What::Later);
  receiver.version = 2;
  receiver.standing = Standing::Deleted;
  commit({Update<Principal>{receiver}});
  EXPECT_EQ(t.hand(d, at(14))->what, signals::Push::What::Later);
  happened("user.disable", at(15));
  pump(t, at(16));
  EXPECT_FALSE(ledger_->stream(stream.id).value());
  EXPECT_FALSE(ledger_->delivery(d.id).value());
}

TEST_P(SignalsSuite, TheAuthorizationIsSealedAndSentAndNothingElseIs) {
  const auto secret = [] {
    return signals::Authorization{signals::Authorization::What::Put, Secret::copy_of(as_bytes("Bearer of-the-receiver"))};
  };
  const auto stream = made(draft("https://rp.example.com/events"), secret());
  EXPECT_FALSE(stream.sealed_authorization.empty());
  auto t = transmitter();
  pump(t, at(1));
  happened("user.enable", at(10));
  pump(t, at(11));
  const auto d = waiting(stream).at(0);
  EXPECT_TRUE(t.hand(d, at(12))->authorization.equal(as_bytes("Bearer of-the-receiver")));
  // Moved into another's row it does not open.
  auto thief = made(draft("https://evil.example.com/events"));
  thief.sealed_authorization = stream.sealed_authorization;
  commit({Update<Stream>{thief}});
  auto stolen = d;
  stolen.stream = thief.id;
  EXPECT_FALSE(t.hand(stolen, at(13)));
  for (const auto bad : {"", " x", "x ", "Bearer x\r\nX-Evil: 1", "caf\xc3\xa9"})
    EXPECT_FALSE(streams().create(draft("https://rp.example.com/"), {signals::Authorization::What::Put, Secret::copy_of(as_bytes(bad))},
                                  doing(at(1))))
        << bad;
  // There is nowhere to send it to.
  EXPECT_FALSE(streams().create(draft(), secret(), doing(at(1))));
}

TEST_P(SignalsSuite, StreamsAreBounded) {
  for (std::size_t i = 0; i < signals::kMostOwned; ++i) (void)made(draft());
  const auto eleventh = streams().create(draft(), {}, doing(at(1)));
  ASSERT_FALSE(eleventh);
  EXPECT_TRUE(eleventh.error().is(Refusal::Conflict));
  auto other = draft();
  other.owner = "svc_other";
  EXPECT_TRUE(streams().create(other, {}, doing(at(1))));
  for (const auto bad : {"http://rp.example.com/", "https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://169.254.169.254/",
                         "file:///etc/passwd", "https://u:p@rp.example.com/"}) {
    auto d = draft(bad);
    d.owner = "svc_other";
    EXPECT_FALSE(streams().create(d, {}, doing(at(1)))) << bad;
  }
}

TEST_P(SignalsSuite, AVerificationIsOneOnTenSeconds) {
  const auto stream = made(draft());
  EXPECT_TRUE(streams().verify(now_of(stream), "s-1", doing(at(10))));
  const auto soon = streams().verify(now_of(stream), "s-2", doing(at(15)));
  ASSERT_FALSE(soon);
  EXPECT_TRUE(soon.error().is(Refusal::RateLimited));
  EXPECT_TRUE(streams().verify(now_of(stream), std::nullopt, doing(at(20))));
  const auto sent = waiting(stream);
  ASSERT_EQ(sent.size(), 2u);
  const auto body = *json::parse(sent[0].body);
  EXPECT_EQ(body.find("sub_id")->string_at("id"), stream.id.text());
  EXPECT_EQ(body.find("events")->find(signals::kVerification)->string_at("state"), "s-1");
}

INSTANTIATE_TEST_SUITE_P(Stores, SignalsSuite, ::testing::ValuesIn(every_store()), [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace jeton::stores::suite
