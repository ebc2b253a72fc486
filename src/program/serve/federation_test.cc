#include "authority/federation/arrivals.h"
#include "authority/federation/fetched.h"
#include "authority/federation/partners.h"
#include "blocks/crypto/pem/certificate.h"
#include "formats/saml/metadata_writer.h"
#include "formats/saml/names.h"
#include "program/serve/building_suite.h"
#include "protocols/sso/upstream/upstream.h"

namespace jeton::serve {
namespace {

using federation::Partner;
using federation::Side;

const crypto::SignKey& key_one() {
  static const auto key = *crypto::SignKey::generate(crypto::SignAlg::ES256);
  return key;
}
const crypto::SignKey& key_two() {
  static const auto key = *crypto::SignKey::generate(crypto::SignAlg::ES256);
  return key;
}

class Federation : public BuildingSuite {
 protected:
  // An identity provider's metadata with `of` as its key, signed by `by`.
  std::string metadata(const crypto::SignKey& of, const crypto::SignKey& by, std::string entity = "https://idp.example",
                       Seconds lives = Seconds(3600)) {
    saml::OwnMetadata m;
    m.id = "_m";
    m.entity = std::move(entity);
    m.valid_until = now_ + lives;
    m.certificates = {*crypto::make_certificate(of.public_parts(), of, {"idp", now_, now_ + Seconds(86'400)})};
    m.single_sign_on = {{std::string(saml::kHttpRedirect), "https://idp.example/sso", "", {}, false}};
    return *saml::write_metadata(m, by);
  }
  federation::IdentityProvider provider(bool create = true) {
    federation::IdentityProvider draft;
    draft.metadata = metadata(key_one(), key_one());
    draft.attributes = {{"mail", "email"}, {"uid", "name"}, {"dept", "metadata.department"}};
    draft.create = create;
    draft.domains = {"Example.com"};
    auto put = federation::IdentityProviders(rooms().ledger, rooms().entropy).put(draft, doing());
    EXPECT_TRUE(put) << put.error().detail();
    return *put;
  }
  static saml::Login login(std::string name, std::string uid, std::string mail) {
    saml::Login l;
    l.subject = {std::move(name), std::string(saml::kPersistent), {}, {}};
    l.attributes = {{"uid", "", "", {std::move(uid)}}, {"mail", "", "", {std::move(mail)}}};
    return l;
  }
  federation::Arrivals arrivals() { return {rooms().ledger, rooms().principals, rooms().entropy}; }
  Result<ledger::Principal> settled(const federation::IdentityProvider& idp, const saml::Login& l) {
    return arrivals().settle(idp, *federation::arrival_of(idp, l), doing());
  }
  TokenId session(const PrincipalId& user) { return rooms().sessions.log_in({user, "pwd", "Firefox"}, std::nullopt, doing())->id; }
};

TEST_F(Federation, ANewUserByRuleAndTheSameOneAgain) {
  const auto idp = provider();
  EXPECT_EQ(idp.domains[0], "example.com");
  const auto first = settled(idp, login("n1", "Grace Hopper", "grace@EXAMPLE.com"));
  ASSERT_TRUE(first) << first.error().detail();
  EXPECT_EQ(first->name, "grace-hopper");
  EXPECT_EQ(settled(idp, login("n1", "other", "g@example.com"))->id, first->id);
  EXPECT_EQ(rooms().principals.find(first->id.text())->email, "g@example.com");
  // A name that is another user's is nobody's way in.
  EXPECT_TRUE(settled(idp, login("n2", "ada", "ada@example.com")).error().is(Refusal::Denied));
  EXPECT_TRUE(settled(idp, login("n3", "bob", "bob@evil.example")).error().is(Refusal::Denied));
  EXPECT_TRUE(settled(provider(false), login("n4", "bob", "bob@example.com")).error().is(Refusal::Denied));
  EXPECT_EQ(settled(provider(false), login("n1", "", "g@example.com"))->id, first->id);
}

TEST_F(Federation, ANameOfAnotherKindIsAnotherPerson) {
  const auto idp = provider();
  auto l = login("n1", "grace", "grace@example.com");
  const auto first = settled(idp, l);
  l.subject.format = saml::kUnspecified;
  EXPECT_TRUE(settled(idp, l).error().is(Refusal::Denied)) << "and her user name is taken";
  l.subject.format = saml::kTransient;
  EXPECT_FALSE(federation::arrival_of(idp, l));
}

TEST_F(Federation, ConnectsOnlyWhatIsFree) {
  const auto idp = provider(false);
  const auto arrival = *federation::arrival_of(idp, login("n1", "", "a@example.com"));
  ASSERT_TRUE(arrivals().connect(arrival, ada_.id, doing()));
  EXPECT_TRUE(arrivals().connect(arrival, ada_.id, doing())) << "twice is once";
  ledger::Principal bob;
  bob.name = "bob";
  const auto other = *rooms().principals.create(PrincipalKind::User, bob, doing());
  EXPECT_TRUE(arrivals().connect(arrival, other.id, doing()).error().is(Refusal::Conflict));
  const auto in = arrivals().settle(idp, arrival, doing());
  ASSERT_TRUE(in);
  EXPECT_EQ(in->id, ada_.id);
  EXPECT_EQ(in->email, "") << "who was not made by it is not described by it";
}

// An account that is waiting under somebody's address, made by whoever says anything: no login of theirs leads into it.
TEST_F(Federation, AnAddressThatAnotherProviderToldIsNobodysLogin) {
  const auto put = [&](std::string entity, auto rules) {
    federation::IdentityProvider draft;
    draft.metadata = metadata(key_one(), key_one(), std::move(entity));
    draft.attributes = {{"mail", "email"}, {"uid", "name"}};
    rules(draft);
    return *federation::IdentityProviders(rooms().ledger, rooms().entropy).put(draft, doing());
  };
  const auto open = put("https://open.example", [](auto& p) { p.create = true; });
  const auto corp = put("https://corp.example", [](auto& p) {
    p.create = p.link_email = true;
    p.domains = {"corp.example"};
  });
  const auto waiting = settled(open, login("m1", "mallory", "victim@corp.example"));
  ASSERT_TRUE(waiting);
  const auto led = settled(corp, login("v1", "victim", "victim@corp.example"));
  ASSERT_FALSE(led) << "into the account of " << led->name;
  EXPECT_TRUE(led.error().is(Refusal::Denied));
  // Its twins: one whom an administrator gave the address, and one who came from there under another name.
  auto ada = *rooms().principals.find(ada_.id.text());
  ada.email = "ada@corp.example";
  ASSERT_TRUE(rooms().principals.update(ada, doing()));
  EXPECT_EQ(settled(corp, login("a1", "x", "Ada@corp.example"))->id, ada_.id);
  const auto grace = settled(corp, login("g1", "grace", "grace@corp.example"));
  ASSERT_TRUE(grace);
  EXPECT_EQ(settled(corp, login("g2", "y", "grace@corp.example"))->id, grace->id);
}

TEST_F(Federation, PartnersOfASession) {
  federation::Partners partners(rooms().ledger);
  const auto first = session(ada_.id), second = session(ada_.id);
  const saml::NameId name{"p1", std::string(saml::kPersistent), "https://id.example.com/saml/metadata", "https://app.example"};
  ASSERT_TRUE(partners.note(first, {Side::ServiceProvider, "https://app.example", name, "_1"}, now_));
  ASSERT_TRUE(partners.note(second, {Side::ServiceProvider, "https://app.example", name, "_2"}, now_));
  const auto named = [&](const saml::NameId& said, std::vector<std::string> indexes, Side side = Side::ServiceProvider,
                         std::string_view entity = "https://app.example") {
    return *partners.sessions_of(side, entity, said, indexes, now_);
  };
  EXPECT_EQ(named(name, {"_1"}), std::vector{first});
  EXPECT_EQ(named(name, {}).size(), 2u);
  EXPECT_EQ(named({"p1", "", "", ""}, {"_2"}), std::vector{second}) << "what is left out is not held against it";
  EXPECT_TRUE(named({"p1", std::string(saml::kEmail), "", ""}, {}).empty());
  EXPECT_TRUE(named({"p2", "", "", ""}, {}).empty());
  EXPECT_TRUE(named(name, {"_3"}).empty());
  EXPECT_TRUE(named(name, {}, Side::IdentityProvider).empty());
  EXPECT_TRUE(named(name, {}, Side::ServiceProvider, "https://else.example").empty());
  ASSERT_TRUE(rooms().sessions.end(first, doing()));
  EXPECT_EQ(named(name, {}), std::vector{second}) << "an ended session is not ended again";
  EXPECT_EQ(partners.of(first)->size(), 1u) << "and still says who was told";
  for (std::size_t i = 1; i < federation::kMostPartners; ++i)
    ASSERT_TRUE(partners.note(second, {Side::ServiceProvider, "https://" + std::to_string(i), name, ""}, now_));
  EXPECT_TRUE(partners.note(second, {Side::ServiceProvider, "https://more", name, ""}, now_).error().is(Refusal::TooLarge));
}

TEST_F(Federation, ARenewedSessionKeepsItsPartners) {
  federation::Partners partners(rooms().ledger);
  const auto begun = *rooms().sessions.log_in({ada_.id, "pwd", "Firefox"}, std::nullopt, doing());
  const auto before = **rooms().sessions.find(text_of(begun.cookie), {}, now_);
  ASSERT_TRUE(partners.note(before.id, {Side::IdentityProvider, "https://idp.example", {"n", "", "", ""}, "_1"}, now_));
  const auto again = *rooms().sessions.log_in({ada_.id, "fed", "Firefox", now_ - Seconds(100)}, before, doing());
  const auto after = **rooms().sessions.find(text_of(again.cookie), {}, now_);
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.authenticated, now_ - Seconds(100));
  EXPECT_EQ(partners.of(after.id)->size(), 1u);
}

// [SAMLCore §2.7.2] SessionNotOnOrAfter
TEST_F(Federation, ASessionEndsWithTheOneThatItCameOf) {
  const auto log_in = [&](const std::optional<sessions::Session>& before, std::optional<Seconds> later) {
    const auto until = later ? std::optional(now_ + *later) : std::nullopt;
    const auto begun = *rooms().sessions.log_in({ada_.id, "fed", "Firefox", std::nullopt, until}, before, doing());
    return **rooms().sessions.find(text_of(begun.cookie), {}, now_);
  };
  const auto own = *log_in(std::nullopt, std::nullopt).expires;
  EXPECT_EQ(log_in(std::nullopt, Seconds(90)).expires, now_ + Seconds(90));
  EXPECT_EQ(log_in(std::nullopt, Seconds(400 * 86400)).expires, own) << "never longer than ours";
  const auto here = log_in(std::nullopt, std::nullopt);
  EXPECT_EQ(log_in(here, Seconds(90)).expires, now_ + Seconds(90)) << "nor where it goes on";
  EXPECT_EQ(log_in(here, std::nullopt).expires, now_ + Seconds(90));
}

TEST_F(Federation, AnotherLoginIsConnectedByWhoHasJustLoggedIn) {
  provider();
  const auto connecting = [&](Seconds ago) {
    const auto cookie = text_of(rooms().sessions.log_in({ada_.id, "pwd", "Firefox", now_ - ago}, std::nullopt, doing())->cookie);
    const std::string cookies = "__Host-jeton_form=AAAAAAAAAAAAAAAAAAAAAA; __Host-jeton_session=" + cookie;
    const auto page = ask("/account", {{"Cookie", cookies}}).body;
    const auto from = page.find("/saml/login?"), to = page.find('"', from);
    auto address = page.substr(from, to - from);
    address.replace(address.find("&amp;"), 5, "&");
    return std::string(ask(address, {{"Cookie", cookies}}).fields());
  };
  EXPECT_NE(connecting(Seconds(600)).find("Location: https://idp.example/sso?"), std::string::npos);
  EXPECT_NE(connecting(Seconds(601)).find("Location: /login?return=/account"), std::string::npos);
}

TEST_F(Federation, FetchedMetadataIsBelievedUnderAKnownKey) {
  const auto idp = provider();
  const federation::Source from{"https://idp.example/metadata", "", now_, ""};
  const auto again = [&](const std::string& text) { return federation::fetched_again(text, from, idp.described, idp.role(), now_); };
  EXPECT_TRUE(again(metadata(key_two(), key_one())));
  EXPECT_TRUE(again(metadata(key_two(), key_two())).error().is(Refusal::BadSignature));
  EXPECT_TRUE(again(metadata(key_one(), key_one(), "https://else.example")).error().is(Refusal::Denied));
  EXPECT_TRUE(again(metadata(key_one(), key_one(), "https://idp.example", Seconds(-1))).error().is(Refusal::Expired));
  EXPECT_TRUE(again(metadata(key_one(), key_one(), "https://idp.example", Seconds(60))).error().is(Refusal::Denied))
      << "older than what is known";
  auto changed = metadata(key_two(), key_one());
  changed.replace(changed.find("/sso"), 4, "/ssp");
  EXPECT_FALSE(again(changed));
}

// Fetching takes a while, and an administrator does not wait for it.
TEST_F(Federation, WhatIsChangedWhileMetadataIsFetchedStaysChanged) {
  federation::IdentityProviders providers(rooms().ledger, rooms().entropy);
  auto record = provider();
  record.from = {"https://idp.example/metadata", "", now_ - Seconds(100), ""};
  record.unsolicited = record.grants = true;
  record = *providers.put(record, doing());
  const auto refresh = [&](const federation::Fetch& fetch) {
    return federation::refresh(rooms().ledger, rooms().entropy, fetch, Seconds(1), doing());
  };
  ASSERT_TRUE(refresh([&](const std::string&) -> Result<std::string> {
    auto changed = record;
    changed.unsolicited = changed.grants = false;
    EXPECT_TRUE(providers.put(changed, doing()));
    return metadata(key_two(), key_one(), "https://idp.example", Seconds(7200));
  }));
  const auto after = *providers.find("https://idp.example");
  EXPECT_FALSE(after.unsolicited || after.grants);
  EXPECT_EQ(after.described.valid_until, now_ + Seconds(7200)) << "and what was fetched is kept";
  now_ = now_ + Seconds(100);
  ASSERT_TRUE(refresh([&](const std::string&) -> Result<std::string> {
    EXPECT_TRUE(providers.remove("https://idp.example", doing()));
    return metadata(key_two(), key_two(), "https://idp.example", Seconds(7200));
  }));
  EXPECT_FALSE(providers.find("https://idp.example"));
}

TEST_F(Federation, KeysOfExpiredMetadataBelieveNothing) {
  const auto idp = provider();
  EXPECT_TRUE(federation::keys_of(idp.described, idp.role(), now_));
  EXPECT_TRUE(federation::keys_of(idp.described, idp.role(), now_ + Seconds(3600)).error().is(Refusal::Expired));
}

TEST_F(Federation, AddressesThatMessagesMayGoTo) {
  for (const auto* good : {"https://a.example/x", "http://127.0.0.1:80/x", "http://localhost", "http://[::1]:1/"})
    EXPECT_TRUE(federation::secure_address(good)) << good;
  for (const auto* bad : {"", "https://", "http://a.example", "http://127.0.0.1.evil.example/", "http://localhost.evil.example",
                          "https://a;script-src *", "https://a b/", "https://u@h/", "javascript:alert(1)", "https://a\r\nX: y"})
    EXPECT_FALSE(federation::secure_address(bad)) << bad;
}

}  // namespace
}  // namespace jeton::serve
