#include "program/serve/front.h"

#include <gtest/gtest.h>

namespace jeton::serve {
namespace {

TEST(LoggedPath, ShowsIdsAndHidesWhatIsLonger) {
  EXPECT_EQ(logged_path("/v1/tokens/tok_01M89PP30SMEPK5YGCBBPRMV9D/rotate"), "/v1/tokens/tok_01M89PP30SMEPK5YGCBBPRMV9D/rotate");
  EXPECT_EQ(logged_path("/"), "/");
  EXPECT_EQ(logged_path("/a/"), "/a/");
  EXPECT_EQ(logged_path(""), "");
  const std::string token = "jtn_pat_" + std::string(38, 'x');
  EXPECT_EQ(logged_path("/v1/tokens/" + token), "/v1/tokens/...");
  EXPECT_EQ(logged_path("/" + token + "/x"), "/.../x");
}

}  // namespace
}  // namespace jeton::serve
