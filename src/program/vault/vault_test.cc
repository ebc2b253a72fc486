// The vault's file and its contents: what goes in comes out, and nothing that was touched on the way is believed.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "blocks/crypto/random.h"
#include "ground/secret_pass.h"
#include "program/vault/agent.h"
#include "program/vault/store.h"

namespace jeton::vault {
namespace {

constexpr crypto::Argon2Cost kCheap{1, 8};

Secret secret(std::string_view text) { return Secret::copy_of(as_bytes(text)); }
std::string text_of(const Secret& s) { return std::string(as_text(s.read(program::Pass::key()))); }
Reference ref(std::string_view text) { return *Reference::parse(text); }

class VaultTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/jeton-vault-XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ + "/data/vault";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static KeyOf outer(std::string passphrase) {
    return [passphrase](const Header& h) { return outer_key(h, secret(passphrase)); };
  }
  static KeyOf key(std::string passphrase) {
    return [passphrase](const Header& h) -> Result<Secret> {
      TRY(const auto k, outer_key(h, secret(passphrase)));
      return open_key(h, k);
    };
  }
  Result<Secret> make(const std::string& passphrase) {
    TRY(const auto header, new_header(Source::Passphrase, kCheap, entropy_));
    return create(path_, header, outer(passphrase), entropy_);
  }
  Status put(std::string_view at, std::string_view value, const std::string& passphrase = "correct horse") {
    return change(path_, key(passphrase), [&](Contents& c) { return c.put(ref(at), secret(value), Instant::from_seconds(1)); }, entropy_);
  }
  std::string octets() const {
    std::ifstream in(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::string folder_, path_;
  crypto::SystemEntropy entropy_;
};

TEST_F(VaultTest, WhatIsPutComesBack) {
  ASSERT_TRUE(make("correct horse"));
  ASSERT_TRUE(put("github", "ghp_1"));
  ASSERT_TRUE(put("github/user", "mona"));
  ASSERT_TRUE(put("aws/token", std::string_view("\0\xff", 2)));
  ASSERT_TRUE(put("github", "ghp_2"));
  const auto contents = open(path_, key("correct horse"));
  ASSERT_TRUE(contents);
  ASSERT_EQ(contents->items().size(), 2u);
  EXPECT_EQ(text_of(*contents->find(ref("jeton://vault/github/token"))), "ghp_2");
  EXPECT_EQ(text_of(*contents->find(ref("github/user"))), "mona");
  EXPECT_EQ(text_of(*contents->find(ref("aws"))), std::string("\0\xff", 2));
  EXPECT_EQ(contents->find(ref("github/none")), nullptr);
  EXPECT_EQ(octets().find("ghp_"), std::string::npos);
  EXPECT_EQ(octets().find("github"), std::string::npos);
  struct stat about{};
  ASSERT_EQ(::stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(VaultTest, AnotherPassphraseIsWrongAndChangesNothing) {
  ASSERT_TRUE(make("correct horse"));
  ASSERT_TRUE(put("github", "ghp_1"));
  const auto before = octets();
  const auto wrong = open(path_, key("correct house"));
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().is(Refusal::BadSignature));
  const auto written = put("github", "ghp_2", "correct house");
  ASSERT_FALSE(written);
  EXPECT_TRUE(written.error().is(Refusal::BadSignature));
  EXPECT_EQ(octets(), before);
}

TEST_F(VaultTest, EveryFlippedOctetAndEveryCutIsSeen) {
  ASSERT_TRUE(make("correct horse"));
  ASSERT_TRUE(put("github", "ghp_1"));
  const auto good = octets();
  const auto read_back = [&](std::string_view bad) -> Result<Contents> {
    TRY(const auto image, Image::parse(Bytes(as_bytes(bad).begin(), as_bytes(bad).end())));
    TRY(const auto k, key("correct horse")(image.header));
    return open_contents(image, k);
  };
  ASSERT_TRUE(read_back(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const auto result = read_back(bad);
    ASSERT_FALSE(result) << i;
    // Damage is not called a wrong passphrase.
    EXPECT_FALSE(result.error().is(Refusal::BadSignature)) << i;
    EXPECT_FALSE(read_back(std::string_view(good).substr(0, i))) << i;
  }
}

TEST_F(VaultTest, AVaultIsNotMadeOverAnother) {
  ASSERT_TRUE(make("correct horse"));
  ASSERT_TRUE(put("github", "ghp_1"));
  const auto again = make("other");
  ASSERT_FALSE(again);
  EXPECT_TRUE(again.error().is(Refusal::Conflict));
  EXPECT_TRUE(open(path_, key("correct horse")));
}

TEST_F(VaultTest, WritersAtOnceLoseNothing) {
  ASSERT_TRUE(make("correct horse"));
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w)
    writers.emplace_back([this, w] {
      for (int i = 0; i < 10; ++i) EXPECT_TRUE(put("item" + std::to_string(w) + "-" + std::to_string(i), "v"));
    });
  for (auto& w : writers) w.join();
  const auto contents = open(path_, key("correct horse"));
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->items().size(), 40u);
  EXPECT_EQ(read(path_)->header.generation, 40u);
}

TEST_F(VaultTest, AWriterThatWaitsTooLongSaysSo) {
  ASSERT_TRUE(make("correct horse"));
  const auto held = WriteLock::take(path_);
  ASSERT_TRUE(held);
  const auto other = WriteLock::take(path_, Millis(30));
  ASSERT_FALSE(other);
  EXPECT_TRUE(other.error().is(Refusal::Conflict));
}

TEST_F(VaultTest, RemovesFieldsAndItems) {
  ASSERT_TRUE(make("correct horse"));
  ASSERT_TRUE(put("a/x", "1"));
  ASSERT_TRUE(put("a/y", "2"));
  Contents c = *open(path_, key("correct horse"));
  EXPECT_FALSE(c.remove(ref("a/z"), {}));
  EXPECT_TRUE(c.remove(ref("a/x"), {}));
  EXPECT_NE(c.find("a"), nullptr);
  EXPECT_TRUE(c.remove(ref("a/y"), {}));
  EXPECT_EQ(c.find("a"), nullptr);
}

TEST_F(VaultTest, ReferencesAreOneOfThreeForms) {
  EXPECT_EQ(ref("jeton://vault/a/b").field, "b");
  EXPECT_EQ(ref("a").field, "token");
  for (const auto bad : {"", "/", "a/", "/a", "a/b/c", "jeton://other/a", "jeton://vault/", "a b", "-a", "a/-b", "../x"})
    EXPECT_FALSE(Reference::parse(bad)) << bad;
}

TEST_F(VaultTest, TheAgentHoldsTheKeyUntilItIsTold) {
  const auto data_key = make("correct horse");
  ASSERT_TRUE(data_key);
  const auto socket = folder_ + "/agent.sock";
  EXPECT_TRUE(ask_agent(socket).error().is(Refusal::NotFound));
  ASSERT_TRUE(start_agent(socket, *data_key, Seconds(600)));
  struct stat about{};
  ASSERT_EQ(::stat(socket.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  const auto held = ask_agent(socket);
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->equal(*data_key));
  const auto ended = end_agent(socket);
  ASSERT_TRUE(ended);
  EXPECT_TRUE(*ended);
  EXPECT_FALSE(ask_agent(socket));
  EXPECT_FALSE(*end_agent(socket));
}

TEST_F(VaultTest, TheAgentEndsByItself) {
  const auto data_key = make("correct horse");
  const auto socket = folder_ + "/agent.sock";
  ASSERT_TRUE(start_agent(socket, *data_key, Seconds(1)));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (ask_agent(socket) && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(ask_agent(socket));
}

}  // namespace
}  // namespace jeton::vault
