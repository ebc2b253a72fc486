// The life of a pepper, from the file to nothing: never dropped while something is hashed under it, dropped when nothing is.
#include "authority/people/totp.h"
#include "authority/watch/hashes.h"
#include "program/serve/installation.h"

namespace jeton::serve {
namespace {

using keys::PepperState;
using verify::Reason;

class PepperLives : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(home.open(folder.places()), "");
    home.populate();
  }
  keys::PepperLives& lives() { return home.rooms().pepper_lives; }
  std::string states() {
    std::string out;
    const auto all = lives().list();
    for (const auto& p : *all) out += (out.empty() ? "" : " ") + std::to_string(p.number) + ":" + std::string(keys::name(p.state));
    return out;
  }
  std::string in_file() {
    std::string out;
    for (const auto n : home.rooms().peppers.numbers()) out += (out.empty() ? "" : " ") + std::to_string(n);
    return out;
  }
  // As upkeep does it, long after.
  void tend() {
    home.now = home.now + keys::kPepperGrace + Seconds(1);
    const auto counts = watch::count_hashes(home.rooms().ledger, home.now);
    ASSERT_TRUE(counts);
    ASSERT_TRUE(lives().destroy_unused(watch::needed(*counts), home.doing()));
  }
  // Shown, so that it is hashed anew.
  void use(const std::string& text) {
    EXPECT_EQ(home.judge(text), Reason::Allowed);
    ASSERT_TRUE(home.rooms().upkeep.act_on_events(home.now));
  }
  void rotate() { ASSERT_TRUE(lives().rotate(home.doing())); }

  Folder folder;
  Installation home;
};

TEST_F(PepperLives, NextActiveRetiredDestroyed) {
  EXPECT_EQ(states(), "1:active 2:next");
  EXPECT_EQ(in_file(), "1 2") << "in the file before anything is hashed under it";
  EXPECT_EQ(home.token.pepper, 1u);
  EXPECT_EQ(*lives().rotate(home.doing()), 2u);
  EXPECT_EQ(states(), "1:retired 2:active 3:next");
  EXPECT_EQ(home.make_token(home.api).first.pepper, 2u);
  use(home.text);
  tend();
  EXPECT_EQ(states(), "1:destroyed 2:active 3:next");
  EXPECT_EQ(in_file(), "2 3");
  EXPECT_EQ(folder.read("peppers").find("\npepper 1 "), std::string::npos);
  EXPECT_EQ(home.judge(home.text), Reason::Allowed);
  ASSERT_EQ(home.open(folder.places()), "");
  EXPECT_EQ(home.judge(home.text), Reason::Allowed);
  const auto events = home.rooms().ledger.audit({.before = std::nullopt, .limit = 100});
  EXPECT_EQ(std::ranges::count(*events, std::string("pepper.rotate"), &ledger::AuditEvent::action), 1);
  EXPECT_EQ(std::ranges::count(*events, std::string("pepper.destroy"), &ledger::AuditEvent::action), 1);
}

TEST_F(PepperLives, APepperWithALiveTokenStays) {
  rotate();
  tend();
  EXPECT_EQ(states(), "1:retired 2:active 3:next");
  EXPECT_EQ(home.judge(home.text), Reason::Allowed);
}

TEST_F(PepperLives, APepperWaitsForWhatWasMadeJustBeforeItRetired) {
  rotate();
  use(home.text);
  const auto counts = watch::count_hashes(home.rooms().ledger, home.now);
  EXPECT_FALSE(watch::needed(*counts).contains(1));
  home.now = home.now + keys::kPepperGrace - Seconds(1);
  ASSERT_TRUE(lives().destroy_unused(watch::needed(*counts), home.doing()));
  EXPECT_EQ(states(), "1:retired 2:active 3:next");
}

TEST_F(PepperLives, AnEndedTokenThatIsKeptStillRaisesItsAlert) {
  auto& rooms = home.rooms();
  ASSERT_TRUE(rooms.tokens.revoke({ledger::TokensOf(home.token.id), ledger::EndReason::Revoked, {}, home.now}, home.doing()));
  rotate();
  tend();
  EXPECT_EQ(states(), "1:retired 2:active 3:next");
  EXPECT_EQ(home.judge(home.text), Reason::Revoked) << "known, and refused for what it is";
  home.now = home.now + Seconds(31 * 86'400);
  ASSERT_TRUE(rooms.upkeep.purge(home.now));
  tend();
  EXPECT_EQ(states(), "1:destroyed 2:active 3:next");
  EXPECT_EQ(home.judge(home.text), Reason::Unknown);
}

// Each kind of thing that is hashed, alone.
TEST_F(PepperLives, WhateverIsHashedUnderItKeepsIt) {
  auto& rooms = home.rooms();
  // Nothing else than what is made here.
  ASSERT_TRUE(rooms.tokens.revoke({ledger::TokensOf(home.token.id), ledger::EndReason::Revoked, {}, home.now}, home.doing()));
  home.now = home.now + Seconds(31 * 86'400);
  ASSERT_TRUE(rooms.upkeep.purge(home.now));
  const auto kept_by = [&](const std::string& what, auto make, auto let_go) {
    const auto active = rooms.peppers.snapshot()->active();
    make(active);
    rotate();
    tend();
    const auto state = [&] {
      const auto all = lives().list();
      return std::ranges::find(*all, active, &keys::PepperInfo::number)->state;
    };
    EXPECT_EQ(state(), PepperState::Retired) << what;
    let_go();
    tend();
    EXPECT_EQ(state(), PepperState::Destroyed) << what;
  };
  ledger::Client draft;
  draft.name = "shop";
  draft.type = ledger::ClientType::Machine;
  std::optional<clients::Registered> client;
  kept_by(
      "a client's secret",
      [&](auto) {
        auto made = rooms.clients.create(draft, home.doing());
        ASSERT_TRUE(made) << made.error().detail();
        client.emplace(*std::move(made));
      },
      [&] {
        ASSERT_TRUE(rooms.clients.authenticate(client->record.id.text(), as_text(client->secret.read(program::Pass::key())), home.now));
      });
  kept_by(
      "a registration",
      [&](auto pepper) {
        auto record = *rooms.ledger.client(client->record.id).value();
        clients::Profile profile;
        profile.registration_hash = "00";
        profile.registration_pepper = pepper;
        record.profile = clients::write(profile);
        record.secrets.clear();
        ASSERT_TRUE(rooms.ledger.commit({ledger::Update<ledger::Client>{record}}));
      },
      [&] { ASSERT_TRUE(rooms.clients.remove(client->record.id, home.doing())); });
  kept_by(
      "an invitation", [&](auto) { ASSERT_TRUE(rooms.people.invite(home.user, Seconds(30 * 86'400), home.doing())); },
      [&] { home.now = home.now + Seconds(30 * 86'400); });
  ledger::Ticket unknown;
  unknown.kind = ledger::TicketKind::Refresh;
  unknown.pepper = ledger::kAnyPepper;
  kept_by(
      "a refresh token of a version that wrote no pepper down",
      [&](auto) {
        unknown.id = crypto::sha256(as_bytes("x"));
        unknown.created = home.now;
        unknown.expires = home.now + Seconds(30 * 86'400);
        ASSERT_TRUE(rooms.ledger.commit({ledger::Insert<ledger::Ticket>{unknown}}));
      },
      [&] { home.now = home.now + Seconds(30 * 86'400); });
}

TEST_F(PepperLives, RecoveryCodesHangOnNoPepper) {
  auto& rooms = home.rooms();
  const auto proposed = rooms.people.propose_totp();
  const auto secret = people::totp::from_base32(proposed->base32);
  const auto codes = rooms.people.confirm_totp(
      home.user, *proposed, people::totp::code(*secret, static_cast<std::uint64_t>(home.now.seconds() / people::totp::kStep)),
      home.doing());
  ASSERT_TRUE(codes);
  const auto counts = watch::count_hashes(rooms.ledger, home.now);
  for (const auto& [pepper, count] : *counts) EXPECT_EQ(count.recovery_codes, 0u);
  rotate();
  use(home.text);
  tend();
  EXPECT_EQ(states(), "1:destroyed 2:active 3:next");
  EXPECT_EQ(*rooms.people.check_code(home.user, codes->at(3), home.doing()), people::People::Factor::Recovery);
  EXPECT_FALSE(rooms.people.check_code(home.user, codes->at(3), home.doing())) << "once";
  EXPECT_EQ(*rooms.people.check_code(home.user, codes->at(4), home.doing()), people::People::Factor::Recovery);
}

// Cut off after each write: the next start goes on from there, and nothing that was hashed is lost.
TEST_F(PepperLives, ARotationThatWasCutOffIsBroughtToItsEnd) {
  crypto::SystemEntropy entropy;
  // The next one's successor is in the file, and no more was done.
  ASSERT_TRUE(home.rooms().peppers.add(3, entropy));
  ASSERT_EQ(home.open(folder.places()), "");
  EXPECT_EQ(states(), "1:active 2:next");
  const auto [token, text] = home.make_token(home.api);
  EXPECT_EQ(token.pepper, 1u);
  EXPECT_EQ(*lives().rotate(home.doing()), 2u);
  EXPECT_EQ(states(), "1:retired 2:active 3:next");
  // The ledger calls it active, and nobody hashed under it yet.
  home.building.reset();
  ASSERT_EQ(home.open(folder.places()), "");
  EXPECT_EQ(home.make_token(home.api).first.pepper, 2u);
  EXPECT_EQ(home.judge(home.text), Reason::Allowed);
  // The ledger calls it destroyed, and the file still has it.
  use(home.text), use(text);
  const auto file = folder.read("peppers");
  tend();
  ASSERT_EQ(states(), "1:destroyed 2:active 3:next");
  home.building.reset();
  folder.write("peppers", file);
  ASSERT_EQ(home.open(folder.places()), "");
  EXPECT_EQ(in_file(), "2 3");
}

TEST_F(PepperLives, AFileThatIsGoneOrOlderIsSaidAndNotMadeAnew) {
  const auto old = folder.read("peppers");
  rotate(), rotate();
  const auto [token, text] = home.make_token(home.api);
  EXPECT_EQ(token.pepper, 3u);
  const auto good = folder.read("peppers");
  home.building.reset();
  std::filesystem::remove(folder / "peppers");
  EXPECT_NE(home.open(folder.places()).find("the peppers file is not there"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "peppers"));
  folder.write("peppers", old);
  EXPECT_NE(home.open(folder.places()).find("older than the database"), std::string::npos);
  EXPECT_EQ(folder.read("peppers"), old);
  folder.write("peppers", good);
  ASSERT_EQ(home.open(folder.places()), "") << "its good twin";
  EXPECT_EQ(home.judge(text), Reason::Allowed);
}

// A copy from before a rotation has the next one already: it opens what was hashed after it.
TEST_F(PepperLives, ACopyOfTheFileOutlivesOneRotation) {
  const auto copy = folder.read("peppers");
  rotate();
  const auto [token, text] = home.make_token(home.api);
  home.building.reset();
  folder.write("peppers", copy);
  ASSERT_EQ(home.open(folder.places()), "");
  EXPECT_EQ(home.judge(text), Reason::Allowed);
  EXPECT_EQ(*lives().rotate(home.doing()), 4u) << "a number whose octets are gone is never used";
  EXPECT_EQ(states(), "1:retired 2:retired 3:destroyed 4:active 5:next");
}

// As a restore brings back what the ledger of then needs.
TEST_F(PepperLives, WhatWasDestroyedComesBackFromTheCopyMadeBefore) {
  const auto copy = folder.read("peppers");
  rotate();
  use(home.text);
  tend();
  ASSERT_EQ(in_file(), "2 3");
  folder.write("copy", copy);
  crypto::SystemEntropy entropy;
  const auto master = *keys::open_master("file:" + folder / "master.key", home.rooms().ledger, entropy);
  const auto taken = keys::open_peppers(folder / "copy", master, home.rooms().ledger);
  ASSERT_TRUE(taken);
  const std::uint32_t one[] = {1};
  ASSERT_TRUE(home.rooms().peppers.take(**taken, one, entropy));
  EXPECT_EQ(in_file(), "1 2 3");
  const Folder other;
  Installation stranger;
  ASSERT_EQ(stranger.open(other.places()), "");
  EXPECT_TRUE(home.rooms().peppers.take(stranger.rooms().peppers, one, entropy).error().is(Refusal::Conflict));
}

}  // namespace
}  // namespace jeton::serve
