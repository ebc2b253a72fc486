// What is secret at rest: data keys, master keys from every source, peppers; and what happens where they are wrong.
#include <thread>

#include "authority/keys/files.h"
#include "authority/keys/master_file.h"
#include "authority/keys/resealing.h"
#include "authority/watch/crypto_report.h"
#include "blocks/crypto/pkcs11/soft_token.h"
#include "ground/secret_pass.h"
#include "program/serve/installation.h"

namespace jeton::serve {
namespace {

using verify::Reason;

class AtRest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(home.open(folder.places()), "");
    home.populate();
  }
  // As it was when it was made, whatever was done since.
  void works() {
    EXPECT_EQ(home.judge(home.text), Reason::Allowed);
    EXPECT_EQ(home.judge(home.mint()), Reason::Allowed);
  }
  keys::DataKeyState state(std::uint32_t number) {
    const auto all = home.rooms().data_keys.list();
    for (const auto& k : *all)
      if (k.number == number) return k.state;
    ADD_FAILURE();
    return keys::DataKeyState::Destroyed;
  }
  std::size_t wraps() {
    std::size_t most = 0;
    const auto all = home.rooms().data_keys.list();
    for (const auto& k : *all) most = std::max(most, k.wraps.size());
    return most;
  }

  Folder folder;
  Installation home;
};

TEST_F(AtRest, AStartFindsEverythingAgain) {
  const auto jwt = home.mint();
  ASSERT_EQ(home.open(folder.places()), "");
  EXPECT_EQ(home.judge(jwt), Reason::Allowed);
  works();
}

TEST_F(AtRest, ANewDataKeySealsAndTheOldOneGoesWhenNothingNeedsIt) {
  auto& rooms = home.rooms();
  ASSERT_EQ(*rooms.data_keys.rotate(home.doing()), 2u);
  works();
  EXPECT_FALSE(*rooms.ledger.nothing_sealed_under(1));
  // However long ago it retired.
  const auto rotated = home.now;
  home.now = home.now + Seconds(86'400);
  ASSERT_TRUE(rooms.data_keys.destroy_unused(home.doing()));
  EXPECT_EQ(state(1), keys::DataKeyState::Retired) << "signing keys are still under it";
  home.now = rotated;
  ASSERT_TRUE(*keys::reseal(rooms.ledger, home.building->keychain().sealer(), rooms.entropy));
  EXPECT_TRUE(*rooms.ledger.nothing_sealed_under(1));
  ASSERT_TRUE(rooms.data_keys.destroy_unused(home.doing()));
  EXPECT_EQ(state(1), keys::DataKeyState::Retired) << "what was sealed a moment ago may not be written yet";
  home.now = home.now + Seconds(601);
  ASSERT_TRUE(rooms.data_keys.destroy_unused(home.doing()));
  EXPECT_EQ(state(1), keys::DataKeyState::Destroyed);
  ASSERT_EQ(home.open(folder.places()), "");
  works();
}

TEST_F(AtRest, ConcurrentRotationOfDataKeysFailsNoRequest) {
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0}, done{0};
  std::thread load([&] {
    const keys::Place place{"answers", "sealed", "x"};
    while (!stop) {
      const auto sealed = home.building->keychain().sealer().seal(place, as_bytes("secret"), home.rooms().entropy);
      const bool opened = sealed && home.building->keychain().sealer().open(place, *sealed);
      const auto judged = home.judge(home.text);
      if (!opened || judged != Reason::Allowed) ++failed;
      EXPECT_TRUE(sealed) << sealed.error().name();
      EXPECT_TRUE(opened);
      EXPECT_EQ(verify::name(judged), "allowed");
      ++done;
    }
  });
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(home.rooms().data_keys.rotate(home.doing()));
    ASSERT_TRUE(*keys::reseal(home.rooms().ledger, home.building->keychain().sealer(), home.rooms().entropy));
    ASSERT_TRUE(home.rooms().data_keys.destroy_unused(home.doing()));
  }
  while (done < 20) std::this_thread::yield();
  stop = true;
  load.join();
  EXPECT_EQ(failed, 0);
  // Ten minutes are longer than any request; the load has ended.
  home.now = home.now + Seconds(601);
  ASSERT_TRUE(home.rooms().data_keys.destroy_unused(home.doing()));
  EXPECT_EQ(state(20), keys::DataKeyState::Destroyed);
}

TEST_F(AtRest, ANewMasterKeyTakesTheOldOnesPlace) {
  const auto before = folder.read("master.key");
  ASSERT_TRUE(home.building->keychain().change_master({}, home.doing()));
  EXPECT_NE(folder.read("master.key"), before);
  EXPECT_FALSE(std::filesystem::exists(folder / "master.key.next"));
  works();
  EXPECT_EQ(wraps(), 1u);
  ASSERT_EQ(home.open(folder.places()), "");
  works();
  home.building.reset();
  folder.write("master.key", before);
  EXPECT_NE(home.open(folder.places()), "") << "the old one opens nothing any more";
}

// Cut off after each step: the next start brings it to its end.
TEST_F(AtRest, AChangeOfMasterKeyGoesOnWhereItWasCutOff) {
  crypto::SystemEntropy entropy;
  for (int step = 0; step < 3; ++step) {
    const auto next = keys::create_master_file(folder / "master.key.next", entropy);
    ASSERT_TRUE(next);
    if (step >= 1) { ASSERT_TRUE(home.rooms().data_keys.also(*next)); }
    if (step >= 2) { ASSERT_TRUE(home.rooms().peppers.also(**next, entropy)); }
    const auto wanted = folder.read("master.key.next");
    ASSERT_EQ(home.open(folder.places()), "") << step;
    works();
    EXPECT_EQ(folder.read("master.key"), wanted);
    EXPECT_EQ(wraps(), 1u);
  }
  // After the rename, before the old wraps went.
  const auto next = keys::create_master_file(folder / "master.key.next", entropy);
  ASSERT_TRUE(home.rooms().data_keys.also(*next));
  ASSERT_TRUE(home.rooms().peppers.also(**next, entropy));
  std::filesystem::rename(folder / "master.key.next", folder / "master.key");
  ASSERT_EQ(home.open(folder.places()), "");
  works();
  EXPECT_EQ(wraps(), 1u);
}

// A master key that opens nothing here cannot become the only one.
TEST_F(AtRest, TheLastWayInIsNeverTakenAway) {
  crypto::SystemEntropy entropy;
  const auto stranger = *keys::MasterKey::ephemeral(entropy);
  const auto peppers = folder.read("peppers");
  EXPECT_FALSE(home.rooms().data_keys.only(stranger));
  EXPECT_EQ(wraps(), 1u);
  EXPECT_FALSE(home.rooms().peppers.only(*stranger, entropy));
  EXPECT_EQ(folder.read("peppers"), peppers);
  ASSERT_EQ(home.open(folder.places()), "");
  works();
}

TEST_F(AtRest, AnotherSourceTakesOverAtTheNextStart) {
  folder.write("passphrase", "correct horse battery staple\n");
  const auto source = "passphrase:file:" + folder / "passphrase";
  ASSERT_TRUE(home.building->keychain().change_master(source, home.doing()));
  works();
  EXPECT_EQ(wraps(), 2u);
  ASSERT_EQ(home.open(folder.places()), "") << "the old source still opens";
  EXPECT_EQ(wraps(), 2u);
  ASSERT_EQ(home.open(folder.places(source)), "");
  works();
  EXPECT_EQ(wraps(), 1u);
  home.building.reset();
  EXPECT_NE(home.open(folder.places()), "");
  folder.write("passphrase", "correct horse battery stable\n");
  EXPECT_NE(home.open(folder.places(source)), "");
  folder.write("passphrase", "correct horse battery staple");
  EXPECT_EQ(home.open(folder.places(source)), "") << "the line feed is an editor's";
}

TEST_F(AtRest, TheKeyMayStandInAVariableOrACredential) {
  const auto line = folder.read("master.key");
  ::setenv("JETON_TEST_MASTER", line.c_str(), 1);
  home.building.reset();
  std::filesystem::rename(folder / "master.key", folder / "jeton-master");
  ASSERT_EQ(home.open(folder.places("env:JETON_TEST_MASTER")), "");
  works();
  EXPECT_EQ(::getenv("JETON_TEST_MASTER"), nullptr) << "children inherit nothing";
  EXPECT_NE(home.open(folder.places("env:JETON_TEST_MASTER")), "");
  ::setenv("CREDENTIALS_DIRECTORY", folder.path.c_str(), 1);
  std::filesystem::permissions(folder / "jeton-master", std::filesystem::perms::owner_read | std::filesystem::perms::group_read);
  ASSERT_EQ(home.open(folder.places("credential:jeton-master")), "");
  works();
  // A folder deeper, so that the slash would lead to it.
  std::filesystem::create_directory(folder / "unit");
  ::setenv("CREDENTIALS_DIRECTORY", (folder / "unit").c_str(), 1);
  EXPECT_NE(home.open(folder.places("credential:../jeton-master")).find("without a slash"), std::string::npos);
  ::setenv("CREDENTIALS_DIRECTORY", folder.path.c_str(), 1);
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_NE(home.open(folder.places("credential:jeton-master")), "");
}

const auto* const kToken = testing::AddGlobalTestEnvironment(new crypto::pkcs11::SoftToken);
using crypto::pkcs11::SoftToken;

TEST_F(AtRest, TheMasterKeyMayStayInItsToken) {
  if (!SoftToken::ready) GTEST_SKIP() << "SoftHSM2 is not here";
  const auto source = SoftToken::uri_of("master");
  ASSERT_TRUE(home.building->keychain().change_master(source, home.doing()));
  works();
  ASSERT_EQ(home.open(folder.places(source)), "");
  works();
  EXPECT_EQ(wraps(), 1u);
  ASSERT_TRUE(home.rooms().data_keys.rotate(home.doing()));
  ASSERT_EQ(home.open(folder.places(source)), "");
  works();
  EXPECT_NE(home.open(folder.places()), "");
  EXPECT_NE(home.open(folder.places(SoftToken::uri_of("other"))).find("not the one"), std::string::npos);
  EXPECT_NE(home.open(folder.places(SoftToken::uri_of("nobody"))).find("no key of that name"), std::string::npos);
  std::ofstream(SoftToken::folder + "/wrong") << "9999";
  std::filesystem::permissions(SoftToken::folder + "/wrong", std::filesystem::perms(0600));
  auto wrong = source.substr(0, source.rfind("file:")) + "file:" + SoftToken::folder + "/wrong";
  EXPECT_NE(home.open(folder.places(wrong)).find("PIN"), std::string::npos);
  EXPECT_EQ(home.open(folder.places(source)), "");
  works();
}

TEST_F(AtRest, ASigningKeyMayStayInItsToken) {
  if (!SoftToken::ready) GTEST_SKIP() << "SoftHSM2 is not here";
  auto& signing = home.rooms().signing_keys;
  const auto key = signing.adopt(crypto::SignAlg::ES256, ApiId(), SoftToken::uri_of("signer"), home.doing());
  ASSERT_TRUE(key) << key.error().detail();
  EXPECT_NE(signing.ring()->jwks().find(key->kid), std::string::npos) << "published before its first use";
  ASSERT_TRUE(signing.rotate(crypto::SignAlg::ES256, ApiId(), home.doing()));
  EXPECT_EQ(signing.ring()->signer(crypto::SignAlg::ES256, ApiId())->kid, key->kid);
  const auto jwt = home.mint();
  EXPECT_EQ(home.judge(jwt), Reason::Allowed);
  ASSERT_EQ(home.open(folder.places()), "");
  EXPECT_EQ(home.judge(jwt), Reason::Allowed);
  works();
  EXPECT_FALSE(home.rooms().signing_keys.adopt(crypto::SignAlg::ES384, ApiId(), SoftToken::uri_of("signer"), home.doing()))
      << "of another curve";
  EXPECT_FALSE(home.rooms().signing_keys.adopt(crypto::SignAlg::ES256, ApiId(), SoftToken::uri_of("nobody"), home.doing()));
  EXPECT_FALSE(home.rooms().signing_keys.adopt(crypto::SignAlg::ES256, ApiId(), "pkcs11:token=a", home.doing()));
}

// Every wrong thing is told, and no file is touched.
TEST_F(AtRest, WhatIsWrongIsSaidAndNothingIsOverwritten) {
  home.building.reset();
  const auto key = folder.read("master.key"), peppers = folder.read("peppers");
  crypto::SystemEntropy entropy;
  const Folder other;
  ASSERT_TRUE(keys::create_master_file(other / "foreign", entropy));
  auto mistyped = key;
  mistyped[25] = mistyped[25] == 'A' ? 'B' : 'A';
  auto damaged = peppers;
  damaged[damaged.size() - 20] = damaged[damaged.size() - 20] == 'A' ? 'B' : 'A';
  const struct {
    std::string what, file, content, says;
  } cases[] = {
      {"truncated", "master.key", key.substr(0, 40), "cut off"},
      {"empty", "master.key", "", "not one of this program"},
      {"mistyped", "master.key", mistyped, "does not fit"},
      {"foreign", "master.key", other.read("foreign"), "not the one this ledger was made with"},
      {"another program's", "master.key", "-----BEGIN PRIVATE KEY-----\n", "not one of this program"},
      {"damaged peppers", "peppers", damaged, "peppers file is damaged"},
      {"cut off peppers", "peppers", peppers.substr(0, peppers.size() - 9), "peppers file is damaged"},
      {"peppers whose last line has no end", "peppers", peppers.substr(0, peppers.size() - 1), "peppers file is damaged"},
      {"no peppers", "peppers", "jeton-peppers-2\n", "peppers file is damaged"},
  };
  for (const auto& c : cases) {
    folder.write("master.key", key);
    folder.write("peppers", peppers);
    folder.write(c.file, c.content);
    const auto said = home.open(folder.places());
    EXPECT_NE(said.find(c.says), std::string::npos) << c.what << ": " << said;
    EXPECT_EQ(folder.read(c.file), c.content) << c.what;
  }
  folder.write("peppers", peppers);
  std::filesystem::remove(folder / "master.key");
  EXPECT_NE(home.open(folder.places()).find("not there"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "master.key")) << "a lost key is not made anew";
  folder.write("master.key", key);
  std::filesystem::permissions(folder / "master.key", std::filesystem::perms(0644));
  EXPECT_NE(home.open(folder.places()).find("chmod 600"), std::string::npos);
  std::filesystem::permissions(folder / "master.key", std::filesystem::perms(0600));
  EXPECT_EQ(home.open(folder.places()), "");
  works();
}

TEST_F(AtRest, ALostDatabaseBesideItsKeysIsNotMadeAnew) {
  home.building.reset();
  const auto database = folder.read("jeton.db"), log = folder.read("jeton.db-wal");
  for (const auto* file : {"jeton.db", "jeton.db-wal", "jeton.db-shm"}) std::filesystem::remove(folder / file);
  EXPECT_NE(home.open(folder.places()).find("jeton restore"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "jeton.db"));
  folder.write("jeton.db", "");
  EXPECT_NE(home.open(folder.places()).find("jeton restore"), std::string::npos) << "an empty one is none";
  folder.write("jeton.db", database);
  if (!log.empty()) folder.write("jeton.db-wal", log);
  ASSERT_EQ(home.open(folder.places()), "");
  works();
}

TEST_F(AtRest, ASwappedOrDamagedRowDoesNotOpen) {
  auto& ledger = home.rooms().ledger;
  auto all = *ledger.keys();
  ASSERT_GE(all.size(), 2u);
  const auto good = all[0].sealed_private;
  auto first = all[0], second = all[1];
  std::swap(first.sealed_private, second.sealed_private);
  ASSERT_TRUE(ledger.commit({ledger::Update<ledger::SigningKey>{first}, ledger::Update<ledger::SigningKey>{second}}));
  EXPECT_NE(home.open(folder.places()).find("does not open"), std::string::npos);
}

TEST(Sealer, AValueOpensInItsOwnPlaceAlone) {
  crypto::SystemEntropy entropy;
  const auto with = [](std::string installation, std::uint8_t octet, std::uint32_t number) {
    auto sealer = std::make_unique<keys::Sealer>(std::move(installation));
    std::vector<keys::Sealer::DataKey> list;
    list.push_back({number, Secret(Bytes(32, octet))});
    sealer->use(std::move(list));
    return sealer;
  };
  const auto sealer = with("A", 7, 1);
  const auto sealed = *sealer->seal({"t", "c", "r"}, as_bytes("secret"), entropy);
  EXPECT_TRUE(sealer->open({"t", "c", "r"}, sealed));
  for (const auto& [table, column, row] : {std::tuple{"u", "c", "r"}, {"t", "d", "r"}, {"t", "c", "s"}, {"tc", "", "r"}, {"t", "cr", ""}})
    EXPECT_FALSE(sealer->open({table, column, row}, sealed)) << table << column << row;
  EXPECT_FALSE(with("B", 7, 1)->open({"t", "c", "r"}, sealed)) << "another installation";
  EXPECT_FALSE(with("A", 8, 1)->open({"t", "c", "r"}, sealed)) << "another key";
  EXPECT_TRUE(with("A", 7, 2)->open({"t", "c", "r"}, sealed).error().is(Refusal::UnknownKey));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto damaged = sealed;
    damaged[i] ^= 1;
    EXPECT_FALSE(sealer->open({"t", "c", "r"}, damaged)) << i;
    EXPECT_FALSE(sealer->open({"t", "c", "r"}, ByteView(sealed).first(i))) << i;
  }
}

TEST_F(AtRest, ATokenIsHashedUnderTheNewPepperWhenItIsUsed) {
  auto& rooms = home.rooms();
  const auto count = [&](std::uint32_t pepper) -> std::uint64_t {
    const auto report = watch::report_crypto(rooms.ledger, rooms.data_keys, rooms.pepper_lives, rooms.decryption, home.now);
    for (const auto& i : report->items)
      if (i.name == "pepper " + std::to_string(pepper)) return i.count;
    return 0;
  };
  const auto [idle, idle_text] = home.make_token(home.api);
  EXPECT_EQ(count(1), 2u);
  ASSERT_EQ(*rooms.pepper_lives.rotate(home.doing()), 2u);
  works();
  ASSERT_TRUE(rooms.upkeep.act_on_events(home.now));
  EXPECT_EQ(count(2), 1u);
  EXPECT_EQ(count(1), 1u) << "one that nobody showed";
  works();
  bool noted = false;
  const auto report = watch::report_crypto(rooms.ledger, rooms.data_keys, rooms.pepper_lives, rooms.decryption, home.now);
  for (const auto& i : report->items) noted = noted || i.note == "1 token still hashed under pepper 1";
  EXPECT_TRUE(noted);
  ASSERT_EQ(home.open(folder.places()), "");
  works();
  EXPECT_EQ(home.judge(idle_text), Reason::Allowed);
}

TEST_F(AtRest, AClientsSecretIsHashedUnderTheNewPepperWhenItIsUsed) {
  auto& rooms = home.rooms();
  const audit::Actor me{.name = "test", .address = {}, .request_id = {}};
  ledger::Client draft;
  draft.name = "shop";
  const auto made = rooms.clients.create(draft, {me, home.now});
  ASSERT_TRUE(made) << made.error().detail();
  const std::string secret(as_text(made->secret.read(program::Pass::key())));
  const auto id = made->record.id;
  const auto pepper = [&] { return rooms.ledger.client(id).value()->secrets.at(0).pepper; };
  ASSERT_EQ(*rooms.pepper_lives.rotate(home.doing()), 2u);
  EXPECT_FALSE(rooms.clients.authenticate(id.text(), secret + "x", home.now));
  EXPECT_EQ(pepper(), 1u) << "a wrong secret changes nothing";
  EXPECT_TRUE(rooms.clients.authenticate(id.text(), secret, home.now));
  EXPECT_EQ(pepper(), 2u);
  EXPECT_TRUE(rooms.clients.authenticate(id.text(), secret, home.now));
}

// Nothing that the database or the files beside it hold in clear lets anybody in.
TEST_F(AtRest, AStolenDatabaseIsUseless) {
  const auto jwt = home.mint();
  home.building.reset();
  const auto files = folder.read("jeton.db") + folder.read("jeton.db-wal") + folder.read("peppers");
  EXPECT_EQ(files.find(home.text), std::string::npos);
  EXPECT_EQ(files.find(home.text.substr(8, 32)), std::string::npos) << "its body";
  EXPECT_EQ(files.find(jwt.substr(jwt.rfind('.') + 1)), std::string::npos);
  EXPECT_EQ(files.find("\"d\":\""), std::string::npos) << "no private JWK in clear";
  EXPECT_EQ(files.find(folder.read("master.key").substr(19, 43)), std::string::npos);
  ASSERT_EQ(home.open(folder.places()), "");
  works();
  const auto token = home.rooms().ledger.token(home.token.id);
  ASSERT_TRUE(token && *token);
  const auto hash = to_hex((*token)->hash);
  ASSERT_NE(hash, std::string(64, '0'));
  for (const auto& shown : {hash, "jtn_pat_" + hash, home.token.id.text(), std::string(home.token.hint.begin(), home.token.hint.end()),
                            "Bearer " + hash, std::string(as_text((*token)->hash))})
    EXPECT_NE(home.judge(shown), Reason::Allowed) << shown;
}

}  // namespace
}  // namespace jeton::serve
