#include "program/fetch/fetch.h"

#include <gtest/gtest.h>

namespace jeton::fetch {
namespace {

// The twin is test_oauth_logout.py: the same address where the operator allows it.
TEST(Guard, NoConnectionIsMadeToAnAddressThatIsRefused) {
  const net::Guard guard;
  for (const auto url : {"http://127.0.0.1:9/", "http://127.1:9/", "http://2130706433:9/", "http://[::1]:9/", "http://localhost:9/"}) {
    const auto got = send({.url = url, .timeout = Seconds(5), .guard = &guard});
    ASSERT_FALSE(got) << url;
    EXPECT_EQ(got.error(), Trouble::Forbidden) << url;
  }
}

}  // namespace
}  // namespace jeton::fetch
