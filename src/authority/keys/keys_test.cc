#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "authority/keys/files.h"
#include "authority/keys/master_file.h"
#include "authority/keys/master_source.h"
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

  // A source that keeps no notes: only passphrases need any.
  struct NoNotes final : SourceNotes {
    Result<std::string> read(std::string_view) override { return std::string(); }
    Status write(std::string_view, std::string) override { return {}; }
  };
  Result<MasterKeyPtr> opened(std::string_view name) {
    NoNotes notes;
    return open_master_key("file:" + file(name), IfMissing::Make, notes, entropy_);
  }
  Result<std::unique_ptr<Peppers>> peppers(const MasterKeyPtr& master) {
    return Peppers::load_or_create(file("p"), master, "here", entropy_);
  }
  static std::unique_ptr<Sealer> sealer(std::string installation, std::uint8_t octet) {
    auto made = std::make_unique<Sealer>(std::move(installation));
    std::vector<Sealer::DataKey> keys;
    keys.push_back({1, Secret(Bytes(32, octet))});
    made->use(std::move(keys));
    return made;
  }

  std::filesystem::path folder_;
  crypto::SystemEntropy entropy_;
};

TEST_F(KeyFiles, AMasterKeyIsMadeOnceAndReadAgain) {
  const auto made = opened("master.key");
  ASSERT_TRUE(made);
  struct stat status{};
  ASSERT_EQ(::stat(file("master.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
  const auto again = opened("master.key");
  ASSERT_TRUE(again);
  EXPECT_EQ(*(*made)->fingerprint(), *(*again)->fingerprint());
  const auto other = opened("other.key");
  EXPECT_NE(*(*made)->fingerprint(), *(*other)->fingerprint());
}

TEST_F(KeyFiles, WhatAMasterKeyWrapsUnwrapsForItsPurposeAlone) {
  const auto key = *MasterKey::ephemeral(entropy_), other = *MasterKey::ephemeral(entropy_);
  const Secret inner(Bytes(32, 7));
  auto wrapped = *key->wrap("data key 1", inner, entropy_);
  EXPECT_TRUE(key->unwrap("data key 1", wrapped)->equal(inner));
  EXPECT_FALSE(key->unwrap("data key 2", wrapped));
  EXPECT_FALSE(other->unwrap("data key 1", wrapped));
  for (std::size_t i = 0; i < wrapped.size(); ++i) {
    wrapped[i] ^= 1;
    EXPECT_FALSE(key->unwrap("data key 1", wrapped)) << i;
    wrapped[i] ^= 1;
  }
}

TEST_F(KeyFiles, ADamagedMasterKeyIsToldAndNeverReplaced) {
  ASSERT_TRUE(opened("k"));
  const auto good = content(file("k"));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    put(file("k"), bad);
    const auto loaded = opened("k");
    ASSERT_FALSE(loaded) << i;
    EXPECT_TRUE(loaded.error().is(Fault::Config));
    EXPECT_EQ(content(file("k")), bad) << "it is never overwritten";
  }
  put(file("k"), good.substr(0, good.size() / 2));
  EXPECT_FALSE(opened("k"));
  put(file("k"), "");
  EXPECT_FALSE(opened("k"));
  put(file("k"), good);
  EXPECT_TRUE(opened("k"));
}

TEST_F(KeyFiles, AFreshKeyOverwritesNothing) {
  put(file("k"), "somebody's");
  const auto made = create_master_file(file("k"), entropy_);
  EXPECT_TRUE(!made && made.error().is(Refusal::Conflict));
  EXPECT_EQ(content(file("k")), "somebody's");
  EXPECT_TRUE(create_master_file(file("another"), entropy_));
}

TEST_F(KeyFiles, AKeyFileOthersCanReadIsRefused) {
  ASSERT_TRUE(opened("k"));
  for (const mode_t mode : {0604u, 0640u, 0666u}) {
    ::chmod(file("k").c_str(), mode);
    EXPECT_FALSE(load_master_file(file("k"))) << mode;
  }
  ::chmod(file("k").c_str(), 0400);
  EXPECT_TRUE(load_master_file(file("k")));
  std::filesystem::create_symlink(file("k"), file("link"));
  EXPECT_FALSE(load_master_file(file("link"))) << "a link may lead anywhere";
}

TEST_F(KeyFiles, APassphraseIsSaltedAndStretched) {
  struct Notes final : SourceNotes {
    std::string kept;
    Result<std::string> read(std::string_view) override { return kept; }
    Status write(std::string_view, std::string value) override {
      kept = std::move(value);
      return {};
    }
  };
  const auto under = [&](std::string_view text, Notes& notes, IfMissing if_missing = IfMissing::Make) {
    put(file("words"), std::string(text));
    ::chmod(file("words").c_str(), 0600);
    return open_master_key("passphrase:file:" + file("words"), if_missing, notes, entropy_);
  };
  Notes here, there;
  const auto one = under("correct horse battery", here), other = under("correct horse battery", there);
  ASSERT_TRUE(one && other);
  EXPECT_NE(*(*one)->fingerprint(), *(*other)->fingerprint()) << "each installation has a salt of its own";
  EXPECT_EQ(*(*under("correct horse battery\n", here, IfMissing::Fail))->fingerprint(), *(*one)->fingerprint());
  EXPECT_NE(*(*under("correct horse batterz", here, IfMissing::Fail))->fingerprint(), *(*one)->fingerprint());
  // [RFC9106 §4] the second recommended choice
  EXPECT_TRUE(here.kept.starts_with("jeton-passphrase-1 argon2id 3 65536 ")) << here.kept;
  Notes nothing;
  EXPECT_TRUE(under("eleven-char", nothing).error().is(Fault::Config));
  EXPECT_TRUE(under("correct horse battery", nothing, IfMissing::Fail).error().is(Fault::Config)) << "made with something else";
  EXPECT_EQ(nothing.kept, "");
}

TEST_F(KeyFiles, PeppersSurviveARestartAndRotate) {
  const auto master = opened("k");
  auto held = peppers(*master);
  ASSERT_TRUE(held);
  const auto first = (*held)->snapshot();
  EXPECT_EQ(first->active(), 1u);
  const auto old_hash = first->hash(0, "jtn_pat_x");
  ASSERT_TRUE((*held)->add(2, entropy_));
  EXPECT_EQ((*held)->snapshot()->active(), 1u) << "in the file, and not in use";
  EXPECT_EQ((*held)->snapshot()->size(), 1u);
  ASSERT_TRUE((*held)->use(2));
  const auto both = (*held)->snapshot();
  EXPECT_EQ(both->active(), 2u);
  EXPECT_NE(both->hash(0, "jtn_pat_x"), old_hash);
  EXPECT_EQ(both->hash(1, "jtn_pat_x"), old_hash) << "tokens hashed under the old one are still found";
  EXPECT_EQ(first->active(), 1u) << "a snapshot stays what it was";
  const auto again = peppers(*master);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->snapshot()->hash(0, "x"), both->hash(0, "x"));
  EXPECT_TRUE((*held)->drop(2, entropy_).error().is(Refusal::Conflict));
  EXPECT_TRUE((*held)->drop(1, entropy_));
  EXPECT_TRUE((*held)->drop(1, entropy_)) << "twice is once";
  EXPECT_EQ((*held)->snapshot()->size(), 1u);
  EXPECT_TRUE((*held)->add(1, entropy_).error().is(Refusal::Conflict)) << "a number is never used twice";
  EXPECT_TRUE((*held)->use(7).error().is(Refusal::NotFound));
}

TEST_F(KeyFiles, PeppersOpenUnderTheirOwnMasterKeyAlone) {
  const auto master = opened("k"), other = opened("k2");
  ASSERT_TRUE(peppers(*master));
  const auto text = content(file("p"));
  EXPECT_TRUE(peppers(*other).error().is(Fault::Config));
  EXPECT_EQ(content(file("p")), text);
  // A line moved to another number does not open.
  auto moved = text;
  const auto at = moved.find("\npepper 1 ");
  ASSERT_NE(at, std::string::npos);
  moved.replace(at, 10, "\npepper 2 ");
  put(file("p"), moved);
  EXPECT_FALSE(peppers(*master));
  put(file("p"), text);
  EXPECT_TRUE(peppers(*master));
}

TEST_F(KeyFiles, WhatIsSealedOpensInItsPlaceAlone) {
  const auto right = sealer("here", 1), elsewhere = sealer("there", 1), strange = sealer("here", 2);
  const Place place{"keys", "sealed", "7"};
  auto sealed = *right->seal(place, as_bytes("the secret"), entropy_);
  EXPECT_EQ(as_text(ByteView(sealed)).find("secret"), std::string_view::npos);
  EXPECT_EQ(as_text(right->open(place, sealed)->read(Pass::key())), "the secret");
  for (const auto& wrong : {Place{"keys", "sealed", "8"}, Place{"keys", "other", "7"}, Place{"answers", "sealed", "7"}})
    EXPECT_TRUE(right->open(wrong, sealed).error().is(Refusal::BadSignature));
  EXPECT_FALSE(elsewhere->open(place, sealed)) << "another installation";
  EXPECT_FALSE(strange->open(place, sealed)) << "another data key";
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    sealed[i] ^= 1;
    EXPECT_FALSE(right->open(place, sealed)) << i;
    sealed[i] ^= 1;
  }
  EXPECT_TRUE(right->open(place, sealed));
  EXPECT_FALSE(right->open(place, ByteView(sealed).first(5)));
  EXPECT_NE(*right->seal(place, as_bytes("x"), entropy_), *right->seal(place, as_bytes("x"), entropy_)) << "a nonce is used once";
}

}  // namespace
}  // namespace jeton::keys
