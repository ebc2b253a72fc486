// A backup is made, things happen, and the backup takes the ledger's place.
#include "program/cli/local/carry.h"

#include "authority/keys/resealing.h"
#include "authority/networks/networks.h"
#include "program/serve/installation.h"
#include "stores/sqlite/carry.h"
#include "stores/sqlite/ledger.h"

namespace jeton::cli {
namespace {

using namespace ledger;

net::Prefix prefix(std::string_view text) { return *net::Prefix::parse(text); }
NetworkRule rule(std::vector<std::string> allow, std::vector<std::string> deny) {
  NetworkRule out;
  for (const auto& text : allow) out.allow.push_back(prefix(text));
  for (const auto& text : deny) out.deny.push_back(prefix(text));
  return out;
}
const NetworkRule kDeny = rule({}, {"192.0.2.0/24"});
Secret secret(std::string_view text) { return Secret::copy_of(as_bytes(text)); }

TEST(Stricter, NeitherLetsInWhatTheOtherDenies) {
  const auto older = rule({"10.0.0.0/8"}, {"10.1.0.0/16"}), newer = rule({}, {"10.2.0.0/16"});
  EXPECT_EQ(stricter(newer, older), rule({"10.0.0.0/8"}, {"10.2.0.0/16", "10.1.0.0/16"}));
  EXPECT_EQ(stricter(older, newer), rule({"10.0.0.0/8"}, {"10.1.0.0/16", "10.2.0.0/16"}));
  EXPECT_EQ(stricter(rule({"10.3.0.0/16"}, {}), older).allow, rule({"10.3.0.0/16"}, {}).allow) << "the last word on where from";
  NetworkRule words;
  words.allow_words = {"@office"}, words.deny_words = {"country:XX"};
  EXPECT_EQ(stricter(words, older).allow, std::vector<net::Prefix>());
  EXPECT_EQ(stricter({}, words), words);
  EXPECT_EQ(stricter(older, {}), older);
}

class Carry : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(home.open(folder.places()), "");
    home.populate();
    auto& people = home.rooms().people;
    ASSERT_TRUE(people.set_password(home.user, secret("correct horse"), home.doing()));
    Principal p;
    p.name = "eve";
    eve = *home.rooms().principals.create(PrincipalKind::User, p, home.doing());
    ASSERT_TRUE(people.set_password(eve, secret("battery staple"), home.doing()));
  }
  void back_up() { ASSERT_TRUE(ledger().backup(copy())); }
  // The backup in the ledger's place, and the installation on it.
  void restore() {
    crypto::SystemEntropy entropy;
    const auto master = *keys::open_master("file:" + folder / "master.key", ledger(), entropy);
    { ASSERT_TRUE(sqlite::open(copy())); }
    ASSERT_TRUE(sqlite::carry_tickets(folder / "jeton.db", copy()));
    {
      auto restored = *sqlite::open(copy());
      const auto data_keys = *keys::open_data_keys(master, *restored, entropy);
      const auto done =
          carry_endings({ledger(), *restored, opens_sealed ? &home.building->keychain().sealer() : nullptr, data_keys->sealer()}, home.now);
      ASSERT_TRUE(done) << done.error().detail();
      carried = *done;
    }
    home.building.reset();
    for (const auto* end : {"-wal", "-shm", ".checkpoint"}) std::filesystem::remove(folder / "jeton.db" + end);
    std::filesystem::rename(copy(), folder / "jeton.db");
    ASSERT_EQ(home.open(folder.places()), "");
  }
  std::string copy() const { return folder / "copy.db"; }
  Ledger& ledger() { return home.rooms().ledger; }
  bool logs_in(const std::string& name, std::string_view password) {
    return home.rooms().people.check_password(name, secret(password), home.doing()).has_value();
  }
  template <class Record>
  void change(Record record, NetworkRule network) {
    record.network = std::move(network);
    ASSERT_TRUE(ledger().commit({Update<Record>{std::move(record)}}));
  }

  serve::Folder folder;
  serve::Installation home;
  Principal eve;
  Carried carried;
  bool opens_sealed = true;
};

TEST_F(Carry, NothingIsCarriedWhereNothingHappened) {
  back_up();
  restore();
  EXPECT_EQ(carried.all(), 0u);
  EXPECT_EQ(home.judge(home.text), verify::Reason::Allowed);
  EXPECT_TRUE(logs_in("ada", "correct horse") && logs_in("eve", "battery staple"));
}

TEST_F(Carry, NetworkRulesOfAllThatATokenHangsOn) {
  auto& rooms = home.rooms();
  Device d;
  d.principal = home.user.id;
  d.name = "phone";
  const auto device = *rooms.devices.create(d, home.doing());
  Client c;
  c.id = *ClientId::make(home.now, rooms.entropy);
  c.name = "app";
  ASSERT_TRUE(ledger().commit({Insert<Client>{c}}));
  back_up();
  change(*ledger().principal(eve.id).value(), kDeny);
  change(*ledger().device(device.id).value(), kDeny);
  change(*ledger().client(c.id).value(), kDeny);
  change(*ledger().api(home.api.id).value(), kDeny);
  change(*ledger().token(home.token.id).value(), kDeny);
  Rule r;
  r.id = *RuleId::make(home.now, rooms.entropy);
  r.name = "everybody";
  r.network = kDeny;
  ASSERT_TRUE(ledger().commit({Insert<Rule>{r}}));
  restore();
  EXPECT_EQ(ledger().principal(eve.id).value()->network, kDeny);
  EXPECT_EQ(ledger().device(device.id).value()->network, kDeny);
  EXPECT_EQ(ledger().client(c.id).value()->network, kDeny);
  EXPECT_EQ(ledger().api(home.api.id).value()->network, kDeny);
  EXPECT_EQ(ledger().token(home.token.id).value()->network, kDeny);
  EXPECT_EQ(ledger().rule(r.id).value()->network, kDeny);
  EXPECT_TRUE(ledger().principal(home.user.id).value()->network.empty());
}

// A rule that was lifted since does not lift the one of the backup.
TEST_F(Carry, ADenialOfTheBackupStays) {
  change(*ledger().principal(eve.id).value(), kDeny);
  back_up();
  change(*ledger().principal(eve.id).value(), {});
  restore();
  EXPECT_EQ(ledger().principal(eve.id).value()->network, kDeny);
}

TEST_F(Carry, APasswordThatWasChangedStaysChanged) {
  back_up();
  ASSERT_TRUE(home.rooms().people.set_password(eve, secret("a new horse"), home.doing()));
  restore();
  EXPECT_FALSE(logs_in("eve", "battery staple"));
  EXPECT_TRUE(logs_in("eve", "a new horse"));
  EXPECT_TRUE(logs_in("ada", "correct horse"));
}

TEST_F(Carry, WhatIsSealedUnderANewerDataKeyIsSealedAnew) {
  back_up();
  auto& rooms = home.rooms();
  ASSERT_TRUE(rooms.data_keys.rotate(home.doing()));
  ASSERT_TRUE(rooms.people.set_password(eve, secret("a new horse"), home.doing()));
  ASSERT_TRUE(rooms.signing_keys.rotate(crypto::SignAlg::ES256, ApiId(), home.doing()));
  ASSERT_TRUE(*keys::reseal(rooms.ledger, home.building->keychain().sealer(), rooms.entropy));
  restore();
  EXPECT_FALSE(logs_in("eve", "battery staple"));
  EXPECT_TRUE(logs_in("eve", "a new horse") && logs_in("ada", "correct horse"));
  EXPECT_EQ(home.judge(home.mint()), verify::Reason::Allowed);
}

// Better nobody than who knows the password of then.
TEST_F(Carry, WhoseNewerPasswordDoesNotOpenHasNone) {
  back_up();
  ASSERT_TRUE(home.rooms().people.set_password(eve, secret("a new horse"), home.doing()));
  opens_sealed = false;
  restore();
  EXPECT_FALSE(logs_in("eve", "battery staple"));
  EXPECT_FALSE(logs_in("eve", "a new horse"));
  EXPECT_TRUE(logs_in("ada", "correct horse"));
}

TEST_F(Carry, ASecondFactorStaysAndOneThatIsGoneStaysGone) {
  const auto totp = [&](const PrincipalId& id, std::uint64_t counter) {
    Credential c;
    c.id = *CredentialId::make(home.now, home.rooms().entropy);
    c.principal = id;
    c.kind = CredentialKind::Totp;
    c.counter = counter;
    const auto text = c.id.text();
    c.sealed = *home.building->keychain().sealer().seal({"credentials", "sealed", text}, as_bytes("seed"), home.rooms().entropy);
    EXPECT_TRUE(ledger().commit({Insert<Credential>{c}}));
    return c;
  };
  const auto of_ada = totp(home.user.id, 7);
  back_up();
  const auto of_eve = totp(eve.id, 1);
  auto used = of_ada;
  used.counter = 8;
  ASSERT_TRUE(ledger().commit({Update<Credential>{used}}));
  restore();
  const auto counter = [&](const PrincipalId& id) {
    std::uint64_t n = 0;
    const auto all = *ledger().credentials(id);
    for (const auto& c : all)
      if (c.kind == CredentialKind::Totp) n = c.counter;
    return n;
  };
  EXPECT_EQ(counter(eve.id), 1u) << "it was set up since";
  EXPECT_EQ(counter(home.user.id), 8u) << "a code that was used is not good again";
  back_up();
  ASSERT_TRUE(ledger().commit({of_ada.id}));
  restore();
  EXPECT_EQ(counter(home.user.id), 0u);
  EXPECT_EQ(counter(eve.id), 1u);
}

TEST_F(Carry, ALinkThatWasUsedStaysUsed) {
  auto& people = home.rooms().people;
  const auto used = *people.invite(eve, Seconds(3600), home.doing()), unused = *people.invite(home.user, Seconds(3600), home.doing());
  back_up();
  ASSERT_TRUE(people.accept(as_text(used.read(program::Pass::key())), secret("a new horse"), home.doing()));
  restore();
  auto& again = home.rooms().people;
  EXPECT_FALSE(again.accept(as_text(used.read(program::Pass::key())), secret("another horse"), home.doing()));
  EXPECT_TRUE(logs_in("eve", "a new horse"));
  EXPECT_TRUE(again.accept(as_text(unused.read(program::Pass::key())), secret("another horse"), home.doing()));
}

TEST_F(Carry, SingleUseRowsAreAsTheyWere) {
  const auto ticket = [&](std::uint8_t n, TicketKind kind) {
    Ticket t;
    t.id.fill(n);
    t.kind = kind;
    t.created = home.now;
    t.expires = home.now + Seconds(600);
    EXPECT_TRUE(ledger().commit({Insert<Ticket>{t}}));
    return t.id;
  };
  const auto code = ticket(1, TicketKind::Code), other = ticket(2, TicketKind::Code), lasting = ticket(3, TicketKind::Lasting);
  back_up();
  ASSERT_TRUE(ledger().commit({Consume{code, TicketKind::Code, home.now, {}}}));
  const auto seen = ticket(4, TicketKind::Seen);
  restore();
  EXPECT_FALSE(ledger().commit({Consume{code, TicketKind::Code, home.now, {}}}));
  EXPECT_TRUE(ledger().commit({Consume{other, TicketKind::Code, home.now, {}}}));
  EXPECT_TRUE(ledger().ticket(seen).value()) << "what was seen since is not new";
  EXPECT_TRUE(ledger().ticket(lasting).value());
}

TEST_F(Carry, WhatAnOperatorSetsAndTakesAway) {
  auto& rooms = home.rooms();
  const auto billing = home.make_api("billing");
  const auto gone = home.make_token(billing);
  back_up();
  ASSERT_TRUE(rooms.apis.remove(billing.id, home.doing()));
  ASSERT_TRUE(
      ledger().commit({PutSetting{{"policy.max_token_lifetime", "1h", 0}}, PutSetting{{"saml.idp.idp_x", "{}", 0}},
                       PutSetting{{std::string(networks::kPrefix) + "office", "192.0.2.0/24", 0}}, PutSetting{{"cursor", "9", 0}}}));
  restore();
  EXPECT_TRUE(ledger().api(billing.id).value()->deleted);
  EXPECT_NE(home.judge(gone.second), verify::Reason::Allowed);
  EXPECT_EQ(ledger().setting("policy.max_token_lifetime").value()->value, "1h");
  EXPECT_EQ(ledger().setting("saml.idp.idp_x").value()->value, "{}");
  EXPECT_EQ(ledger().setting(std::string(networks::kPrefix) + "office").value()->value, "192.0.2.0/24");
  EXPECT_FALSE(ledger().setting("cursor").value()) << "where a reader of the audit stood is not carried";
}

}  // namespace
}  // namespace jeton::cli
