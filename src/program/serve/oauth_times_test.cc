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
  protocols::oauth::Client client(std::string_view profile = {}) {
    ledger::Client draft;
    draft.name = "shop";
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
  const auto let_in = [&](const sessions::Session& s) {
    grants::Approval approval;
    approval.principal = ada_.id;
    approval.client = c.record.id;
    approval.api = api_.id;
    approval.scopes = {"orders:read"};
    approval.session = approval.login = s.id;
    approval.proof = {now_, "pwd", "1"};
    EXPECT_TRUE(rooms().grants.grant(approval, {c.record, c.profile, ""}, {}, doing()));
  };
  const auto first = session();
  let_in(first);
  let_in(first);
  let_in(session());
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

}  // namespace
}  // namespace jeton::serve
