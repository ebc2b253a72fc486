#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "authority/keys/files.h"
#include "authority/keys/peppers.h"
#include "authority/keys/sealer.h"
#include "blocks/crypto/random.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

class KeyFiles : public ::testing::Test {
 protected:
  KeyFiles() {
    std::string made = (std::filesystem::temp_directory_path() / "jeton-keys-XXXXXX").string();
    folder_ = ::mkdtemp(made.data());
  }
  ~KeyFiles() override { std::filesystem::remove_all(folder_); }
  std::string file(std::string_view name) const { return (folder_ / name).string(); }
  static std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void put(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary | std::ios::trunc) << text; }

  std::filesystem::path folder_;
  crypto::SystemEntropy entropy_;
};

TEST_F(KeyFiles, AMasterKeyIsMadeOnceAndReadAgain) {
  const auto made = MasterKey::load_or_create(file("master.key"), entropy_);
  ASSERT_TRUE(made);
  struct stat status {};
  ASSERT_EQ(::stat(file("master.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  const auto again = MasterKey::load_or_create(file("master.key"), entropy_);
  ASSERT_TRUE(again);
  EXPECT_EQ(*made->fingerprint(), *again->fingerprint());
  const auto other = MasterKey::load_or_create(file("other.key"), entropy_);
  EXPECT_NE(*made->fingerprint(), *other->fingerprint());
}

TEST_F(KeyFiles, DerivedKeysAreOnePerPurpose) {
  const auto key = MasterKey::ephemeral(entropy_);
  EXPECT_TRUE(key->derive("a")->equal(*key->derive("a")));
  EXPECT_FALSE(key->derive("a")->equal(*key->derive("b")));
}

TEST_F(KeyFiles, ADamagedMasterKeyIsToldAndNeverReplaced) {
  ASSERT_TRUE(MasterKey::load_or_create(file("k"), entropy_));
  const auto good = content(file("k"));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    put(file("k"), bad);
    const auto loaded = MasterKey::load_or_create(file("k"), entropy_);
    ASSERT_FALSE(loaded) << i;
    EXPECT_TRUE(loaded.error().is(Fault::Config));
    EXPECT_EQ(content(file("k")), bad) << "it is never overwritten";
  }
  put(file("k"), good.substr(0, good.size() / 2));
  EXPECT_FALSE(MasterKey::load_or_create(file("k"), entropy_));
  put(file("k"), "");
  EXPECT_FALSE(MasterKey::load_or_create(file("k"), entropy_));
  put(file("k"), good);
  EXPECT_TRUE(MasterKey::load_or_create(file("k"), entropy_));
}

TEST_F(KeyFiles, AKeyFileOthersCanReadIsRefused) {
  ASSERT_TRUE(MasterKey::load_or_create(file("k"), entropy_));
  for (const mode_t mode : {0604u, 0640u, 0666u}) {
    ::chmod(file("k").c_str(), mode);
    EXPECT_FALSE(MasterKey::load(file("k"))) << mode;
  }
  ::chmod(file("k").c_str(), 0400);
  EXPECT_TRUE(MasterKey::load(file("k")));
  std::filesystem::create_symlink(file("k"), file("link"));
  EXPECT_FALSE(MasterKey::load(file("link"))) << "a link may lead anywhere";
}

TEST_F(KeyFiles, PeppersSurviveARestartAndRotate) {
  const auto master = MasterKey::load_or_create(file("k"), entropy_);
  auto peppers = Peppers::load_or_create(file("p"), *master, entropy_);
  ASSERT_TRUE(peppers);
  const auto first = (*peppers)->snapshot();
  EXPECT_EQ(first->active(), 1u);
  const auto old_hash = first->hash(0, "jtn_pat_x");
  EXPECT_EQ(*(*peppers)->rotate(entropy_), 2u);
  const auto both = (*peppers)->snapshot();
  EXPECT_EQ(both->active(), 2u);
  EXPECT_NE(both->hash(0, "jtn_pat_x"), old_hash);
  EXPECT_EQ(both->hash(1, "jtn_pat_x"), old_hash) << "tokens hashed under the old one are still found";
  EXPECT_EQ(first->active(), 1u) << "a snapshot stays what it was";
  const auto again = Peppers::load_or_create(file("p"), *master, entropy_);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->snapshot()->hash(0, "x"), both->hash(0, "x"));
  EXPECT_TRUE((*peppers)->drop(2, entropy_).error().is(Refusal::Conflict));
  EXPECT_TRUE((*peppers)->drop(1, entropy_));
  EXPECT_TRUE((*peppers)->drop(1, entropy_).error().is(Refusal::NotFound));
  EXPECT_EQ((*peppers)->snapshot()->size(), 1u);
}

TEST_F(KeyFiles, PeppersOpenUnderTheirOwnMasterKeyAlone) {
  const auto master = MasterKey::load_or_create(file("k"), entropy_), other = MasterKey::load_or_create(file("k2"), entropy_);
  ASSERT_TRUE(Peppers::load_or_create(file("p"), *master, entropy_));
  const auto text = content(file("p"));
  EXPECT_TRUE(Peppers::load_or_create(file("p"), *other, entropy_).error().is(Fault::Config));
  EXPECT_EQ(content(file("p")), text);
  // A line moved to another number does not open.
  auto moved = text;
  moved[moved.find("\n1 ") + 1] = '2';
  put(file("p"), moved);
  EXPECT_FALSE(Peppers::load_or_create(file("p"), *master, entropy_));
  put(file("p"), text);
  EXPECT_TRUE(Peppers::load_or_create(file("p"), *master, entropy_));
}

TEST_F(KeyFiles, WhatIsSealedOpensInItsPlaceAlone) {
  const auto master = MasterKey::ephemeral(entropy_), other = MasterKey::ephemeral(entropy_);
  const auto sealer = Sealer::make(*master, "here"), elsewhere = Sealer::make(*master, "there"), strange = Sealer::make(*other, "here");
  const Place place{"keys", "sealed", "7"};
  auto sealed = *sealer->seal(place, as_bytes("the secret"), entropy_);
  EXPECT_EQ(as_text(ByteView(sealed)).find("secret"), std::string_view::npos);
  EXPECT_EQ(as_text(sealer->open(place, sealed)->read(Pass::key())), "the secret");
  for (const auto& wrong : {Place{"keys", "sealed", "8"}, Place{"keys", "other", "7"}, Place{"answers", "sealed", "7"}})
    EXPECT_TRUE(sealer->open(wrong, sealed).error().is(Refusal::BadSignature));
  EXPECT_FALSE(elsewhere->open(place, sealed)) << "another installation";
  EXPECT_FALSE(strange->open(place, sealed)) << "another master key";
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    sealed[i] ^= 1;
    EXPECT_FALSE(sealer->open(place, sealed)) << i;
    sealed[i] ^= 1;
  }
  EXPECT_TRUE(sealer->open(place, sealed));
  EXPECT_FALSE(sealer->open(place, ByteView(sealed).first(5)));
  EXPECT_NE(*sealer->seal(place, as_bytes("x"), entropy_), *sealer->seal(place, as_bytes("x"), entropy_)) << "a nonce is used once";
}

}  // namespace
}  // namespace jeton::keys
