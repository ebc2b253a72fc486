// What of OAuth is over after a while: nonces, pushed requests; and when applications are told again.
#include "blocks/http/form.h"
#include "blocks/json/value.h"
#include "program/serve/building_suite.h"
#include "protocols/oauth/authorization.h"
#include "protocols/oauth/par.h"
#include "protocols/oauth/proof/nonce.h"
#include "protocols/oidc/backchannel.h"

namespace jeton::serve {
namespace {

using protocols::oidc::Logouts;

class OauthTimes : public BuildingSuite {
 protected:
  protocols::oauth::Client client(std::string_view profile = {}, std::string_view name = "shop") {
    ledger::Client draft;
    draft.name = name;
    draft.type = ledger::ClientType::Web;
    draft.redirects = {"https://app.example.com/cb"};
    draft.scopes = {"orders:read"};
    draft.profile = profile;
    auto made = rooms().clients.create(std::move(draft), doing());
    return *protocols::oauth::find_client(rooms(), made->record.id.text());
  }
  http::Form form(const protocols::oauth::Client& c) {
    return *http::Form::parse("response_type=code&client_id=" + c.record.id.text() +
                              "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&scope=orders%3Aread&state=x" +
                              "&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  }
  // By Ada, in that session of hers.
  void let_in(const protocols::oauth::Client& c, const TokenId& session) {
    grants::Approval approval;
    approval.principal = ada_.id;
    approval.client = c.record.id;
    approval.api = api_.id;
    approval.scopes = {"orders:read"};
    approval.session = approval.login = session;
    approval.proof = {now_, "pwd", "1"};
    EXPECT_TRUE(rooms().grants.grant(approval, {c.record, c.profile, ""}, {}, doing()));
  }
};

TEST_F(OauthTimes, ANonceOverlapsWithTheNextAndThenItIsOver) {
  const auto start = Instant::from_seconds(1'800'000'000);  // a window's first second
  const auto nonce = protocols::oauth::dpop_nonce(rooms(), start);
  for (const auto later : {0, 1, 299, 300, 599})
    EXPECT_TRUE(protocols::oauth::good_dpop_nonce(rooms(), nonce, start + Seconds(later))) << later;
  for (const auto later : {-1, 600, 3600}) EXPECT_FALSE(protocols::oauth::good_dpop_nonce(rooms(), nonce, start + Seconds(later))) << later;
  EXPECT_EQ(nonce, protocols::oauth::dpop_nonce(rooms(), start + Seconds(299)));
  EXPECT_NE(nonce, protocols::oauth::dpop_nonce(rooms(), start + Seconds(300)));
  EXPECT_FALSE(protocols::oauth::good_dpop_nonce(rooms(), "", start));
}

TEST_F(OauthTimes, APushedRequestIsShownInTimeAndThenThePersonMayTakeAWhile) {
  const auto c = client();
  const auto kept = [&] { return *protocols::oauth::keep_request(rooms(), c, form(c), now_); };
  const auto shown = [&](const std::string& uri, Seconds later) {
    const auto query = *http::Form::parse("client_id=" + c.record.id.text() + "&request_uri=" + http::percent_encode(uri));
    return protocols::oauth::read_authorization(rooms(), query, now_ + later).has_value();
  };
  EXPECT_FALSE(shown(kept(), Seconds(90)));
  const auto uri = kept();
  EXPECT_TRUE(shown(uri, Seconds(89)));
  EXPECT_TRUE(shown(uri, Seconds(899)));
  EXPECT_FALSE(shown(uri, Seconds(900)));
}

// What anybody may have kept here is what is read, and of a bounded size.
TEST_F(OauthTimes, OfAPushedRequestOnlyWhatIsReadIsKept) {
  const auto c = client();
  std::string all =
      "response_type=code&client_id=x&redirect_uri=u&scope=s&state=t&nonce=n&code_challenge=c&code_challenge_method=S256&prompt=p"
      "&max_age=1&login_hint=h&acr_values=2&claims=q&response_mode=query&dpop_jkt=j&id_token_hint=i&resource=r&audience=a"
      "&authorization_details=d&registration=g";
  const std::string noise = "&client_secret=secret&client_assertion=a&client_assertion_type=b&fresh_login=1&x=" + std::string(100'000, 'x');
  const auto kept = [&](const std::string& query) {
    const auto uri = protocols::oauth::keep_request(rooms(), c, *http::Form::parse(query), now_);
    if (!uri) return "refused " + std::to_string(uri.error().status);
    return (*rooms().ledger.ticket(crypto::sha256(as_bytes("pushed " + uri->substr(uri->rfind(':') + 1)))))->data;
  };
  EXPECT_EQ(kept(all + noise), all);
  // As it is kept: what stands for one octet there may be three.
  EXPECT_EQ(kept("state=" + std::string(32 * 1024 - 6, 'x')).size(), 32u * 1024);
  EXPECT_EQ(kept("state=" + std::string(32 * 1024 - 5, 'x')), "refused 413");
  EXPECT_EQ(kept("state=" + std::string(11'000, '/')), "refused 413");
}

// What is shown of a code, and of the tokens that came of it.
class Codes : public OauthTimes {
 protected:
  static constexpr std::string_view kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  static constexpr std::string_view kRedirect = "https://app.example.com/cb";

  grants::Approval approval(const protocols::oauth::Client& c) const {
    grants::Approval a;
    a.principal = ada_.id;
    a.client = c.record.id;
    a.api = api_.id;
    a.scopes = {"orders:read"};
    a.proof = {now_, "pwd", "1"};
    a.redirect = kRedirect;
    a.challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    return a;
  }
  std::string code(const protocols::oauth::Client& c) { return text_of(*rooms().grants.issue_code(approval(c), doing())); }
  Result<grants::Granted> redeem(const protocols::oauth::Client& c, std::string_view code, std::string_view verifier = kVerifier,
                                 std::string_view redirect = kRedirect) {
    return rooms().grants.redeem_code(code, redirect, verifier, {c.record, c.profile, ""}, doing());
  }
  bool lives(const grants::Granted& g) { return rooms().grants.find_refresh(text_of(*g.refresh), now_)->has_value(); }
  std::string refreshed(const protocols::oauth::Client& c, const std::string& token) {
    const grants::Presented by{c.record, c.profile, ""};
    auto shown = *rooms().grants.shown(token, by, now_);
    return text_of(*rooms().grants.refresh(std::move(shown), by, doing())->granted->refresh);
  }
};

TEST_F(Codes, ASecondUseEndsWhatTheFirstGaveHoweverLate) {
  const auto c = client(), other = client({}, "other");
  for (const auto later : {Seconds(59), Seconds(60), Seconds(61), Seconds(29 * 86400)}) {
    const auto start = now_;
    const auto text = code(c);
    const auto given = *redeem(c, text);
    now_ = start + later;
    EXPECT_FALSE(redeem(other, text));
    EXPECT_TRUE(lives(given)) << "another client ends nothing, after " << later.count();
    EXPECT_FALSE(redeem(c, text));
    EXPECT_FALSE(lives(given)) << later.count();
  }
}

TEST_F(Codes, AnOldCodeAloneEndsNothing) {
  const auto c = client();
  const auto text = code(c);
  const auto given = *redeem(c, text);
  now_ = now_ + Seconds(3600);
  EXPECT_FALSE(redeem(c, text, std::string(43, 'x')));
  EXPECT_FALSE(redeem(c, text, kVerifier, "https://app.example.com/other"));
  EXPECT_FALSE(rooms().grants.redeem_code(text, kRedirect, std::nullopt, {c.record, c.profile, ""}, doing()));
  EXPECT_TRUE(lives(given));
  EXPECT_FALSE(redeem(c, text));
  EXPECT_FALSE(lives(given));
}

// Nothing is left of it after what came of it is over: the store does not grow by it for ever.
TEST_F(Codes, AUsedCodeIsForgottenWithItsGrant) {
  const auto c = client();
  const auto given = *redeem(c, code(c));
  const auto ends = *given.grant.expires;
  EXPECT_EQ(rooms().ledger.purge(ends - Seconds(1), now_, 1000)->tickets, 2u) << "the code, and the refresh token";
  EXPECT_EQ(rooms().ledger.purge(ends, now_, 1000)->tickets, 2u) << "that it was used, and what was agreed to";
}

TEST_F(Codes, ACodeThatIsOverAndWasNotUsedIsRefused) {
  const auto c = client();
  const auto text = code(c);
  now_ = now_ + Seconds(60);
  EXPECT_TRUE(redeem(c, text).error().is(Refusal::Denied));
}

// [RFC7009 §2.1] Whoever had it asks for the end of what it belongs to, and is heard.
TEST_F(Codes, ARefreshTokenThatWasReplacedStillNamesItsGrant) {
  const auto c = client();
  const auto given = *redeem(c, code(c));
  const auto first = text_of(*given.refresh);
  const auto second = refreshed(c, first);
  now_ = now_ + Seconds(60);
  const auto third = refreshed(c, second);
  for (const auto& text : {first, second, third}) EXPECT_EQ((*rooms().grants.grant_of(text, now_))->id, given.grant.id);
  EXPECT_FALSE(rooms().grants.find_refresh(first, now_)->has_value()) << "introspection knows the last one alone";
  EXPECT_FALSE(rooms().grants.grant_of(first, now_ + Seconds(30 * 86400))->has_value()) << "in its time";
  revoke(given.grant.id);
  EXPECT_FALSE(rooms().grants.grant_of(third, now_)->has_value());
}

// A lost answer is asked for again by a client that waited half a minute for it; much later it is no lost answer.
TEST_F(Codes, ALostAnswerIsGivenAgainForAMinuteAndNotLonger) {
  const auto c = client();
  for (const auto later : {Seconds(0), Seconds(32), Seconds(59)}) {
    const auto given = *redeem(c, code(c));
    const auto first = text_of(*given.refresh);
    const auto second = refreshed(c, first);
    now_ = now_ + later;
    EXPECT_EQ(refreshed(c, first), second) << later.count();
    EXPECT_NE(refreshed(c, second), second) << "one chain";
  }
  const auto given = *redeem(c, code(c));
  const auto first = text_of(*given.refresh);
  const auto second = refreshed(c, first);
  now_ = now_ + Seconds(60);
  const grants::Presented by{c.record, c.profile, ""};
  auto shown = *rooms().grants.shown(first, by, now_);
  EXPECT_TRUE((*rooms().grants.refresh(std::move(shown), by, doing())).reused);
  EXPECT_FALSE(rooms().grants.find_refresh(second, now_)->has_value());
}

// Retries are bounded, further and further apart, and each is a letter of its own.
TEST_F(OauthTimes, AnApplicationIsToldFiveTimesAtMost) {
  const auto c = client(R"({"backchannel_logout_uri":"https://app.example.com/bye"})");
  std::vector<std::string> letters;
  Logouts::Told answer = Logouts::Told::Again;
  Logouts logouts(rooms(), [&](const std::string& url, const std::string& form) {
    EXPECT_EQ(url, "https://app.example.com/bye");
    letters.push_back(form);
    return answer;
  });
  ASSERT_TRUE(logouts.step(now_));
  const auto session = [&] {
    const auto begun = *rooms().sessions.log_in({ada_.id, "pwd", "x"}, std::nullopt, doing());
    return **rooms().sessions.find(text_of(begun.cookie), {}, now_);
  };
  const auto first = session();
  let_in(c, first.id);
  let_in(c, first.id);
  let_in(c, session().id);
  ASSERT_TRUE(logouts.step(now_));
  EXPECT_TRUE(letters.empty());
  ASSERT_TRUE(rooms().sessions.end(first.id, doing()));
  for (const auto& [at, told] :
       std::initializer_list<std::pair<int, int>>{{0, 1}, {1, 1}, {2, 2}, {11, 2}, {12, 3}, {72, 4}, {300, 4}, {372, 5}, {100000, 5}}) {
    ASSERT_TRUE(logouts.step(now_ + Seconds(at)));
    EXPECT_EQ(letters.size(), static_cast<std::size_t>(told)) << at;
  }
  EXPECT_NE(letters[0], letters[1]);
  // Another one, taken at once.
  answer = Logouts::Told::Done;
  ASSERT_TRUE(rooms().sessions.end_all(ada_.id, std::nullopt, doing()));
  ASSERT_TRUE(logouts.step(now_));
  ASSERT_TRUE(logouts.step(now_ + Seconds(10)));
  EXPECT_EQ(letters.size(), 6u);
}

// One that takes its time has it to itself: the others are told in the same round, and in the next ones alone.
TEST_F(OauthTimes, AnApplicationThatDoesNotAnswerKeepsNobodyElseWaiting) {
  const auto slow = client(R"({"backchannel_logout_uri":"https://slow.example.com/bye"})", "slow");
  const auto quick = client(R"({"backchannel_logout_uri":"https://quick.example.com/bye"})", "quick");
  std::mutex mutex;
  int slow_calls = 0, quick_calls = 0;
  Logouts logouts(rooms(), [&](const std::string& url, const std::string&) {
    const std::lock_guard lock(mutex);
    const bool is_slow = url.starts_with("https://slow.");
    ++(is_slow ? slow_calls : quick_calls);
    return is_slow ? Logouts::Told::Again : Logouts::Told::Done;
  });
  ASSERT_TRUE(logouts.step(now_));
  const auto leave = [&](const protocols::oauth::Client& c, int sessions) {
    for (int i = 0; i < sessions; ++i) {
      const auto begun = *rooms().sessions.log_in({ada_.id, "pwd", "x"}, std::nullopt, doing());
      let_in(c, begun.id);
      ASSERT_TRUE(rooms().sessions.end(begun.id, doing()));
    }
  };
  leave(slow, 30);
  leave(quick, 6);
  ASSERT_TRUE(logouts.step(now_));
  EXPECT_EQ(slow_calls, 4);
  EXPECT_EQ(quick_calls, 4);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(logouts.step(now_));
  EXPECT_EQ(slow_calls, 4) << "all of it waits as long as the first";
  EXPECT_EQ(quick_calls, 6);
  ASSERT_TRUE(logouts.step(now_ + Seconds(2)));
  EXPECT_EQ(slow_calls, 8);
  leave(quick, 1);
  ASSERT_TRUE(logouts.step(now_ + Seconds(600)));
  EXPECT_EQ(slow_calls, 8) << "nobody waits for that any more";
  EXPECT_EQ(quick_calls, 7);
}

}  // namespace
}  // namespace jeton::serve
