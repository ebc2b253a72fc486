#include "formats/opaque/token.h"

#include <gtest/gtest.h>

#include "blocks/crypto/random.h"
#include "ground/secret_pass.h"

namespace jeton::opaque {
namespace {

// Checksums computed by Python's zlib.
TEST(Opaque, TokensMadeElsewhereAreRead) {
  const auto pat = parse("jtn_pat_0123456789ABCDEFGHIJKLMNOPQRSTUV23nq7r");
  ASSERT_TRUE(pat);
  EXPECT_EQ(pat->brand, "jtn");
  EXPECT_EQ(pat->kind, Kind::Pat);
  EXPECT_EQ(pat->hint(), "STUV");
  EXPECT_TRUE(parse("acme_key_zyxwvutsrqponmlkjihgfedcbaZYXWVU1hjoCE"));
}

TEST(Opaque, AnyOtherShapeIsRefused) {
  const std::string good = "jtn_pat_0123456789ABCDEFGHIJKLMNOPQRSTUV23nq7r";
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(parse(changed)) << i;
    EXPECT_FALSE(parse(good.substr(0, i))) << i;
  }
  for (const char* extra : {" ", "\n", "_", "0"}) {
    EXPECT_FALSE(parse(good + extra));
    EXPECT_FALSE(parse(extra + good));
  }
  EXPECT_FALSE(parse("jtn_xyz_0123456789ABCDEFGHIJKLMNOPQRSTUV23nq7r"));
  EXPECT_FALSE(parse(std::string(1 << 20, 'a')));
  EXPECT_FALSE(parse({}));
}

TEST(Opaque, MadeTokensAreReadAndDiffer) {
  crypto::SystemEntropy entropy;
  const auto a = make("jtn", Kind::Key, entropy), b = make("jtn", Kind::Key, entropy);
  ASSERT_TRUE(a && b);
  EXPECT_FALSE(a->equal(*b));
  const auto shape = parse(as_text(a->read(Pass::key())));
  ASSERT_TRUE(shape);
  EXPECT_EQ(shape->kind, Kind::Key);
  EXPECT_FALSE(make("EY", Kind::Key, entropy));
  EXPECT_FALSE(make("ey1", Kind::Key, entropy));
}

}  // namespace
}  // namespace jeton::opaque
