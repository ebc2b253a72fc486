// What a secret leaves behind: nothing. The test program's own operator delete looks at the octets just before they are given back.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "ground/secret.h"
#include "ground/secret_pass.h"

namespace {

const void* watched = nullptr;
std::size_t watched_size = 0, seen_given_back = 0, octets_left = 0;

void look(const void* given_back) {
  if (given_back == nullptr || given_back != watched) return;
  watched = nullptr;
  ++seen_given_back;
  const auto* const octets = static_cast<const unsigned char*>(given_back);
  for (std::size_t i = 0; i < watched_size; ++i) octets_left += octets[i] != 0;
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* const made = std::malloc(size == 0 ? 1 : size)) return made;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void operator delete(void* octets) noexcept {
  look(octets);
  std::free(octets);
}
void operator delete(void* octets, std::size_t) noexcept { operator delete(octets); }

namespace jeton {
namespace {

void watch(const Secret& secret) {
  const auto octets = secret.read(crypto::Pass::key());
  watched = octets.data();
  watched_size = octets.size();
  seen_given_back = octets_left = 0;
}

TEST(SecretMemory, IsWipedWhenTheSecretDies) {
  {
    const auto secret = Secret::copy_of(as_bytes("correct horse battery staple"));
    watch(secret);
  }
  EXPECT_EQ(seen_given_back, 1u);
  EXPECT_EQ(octets_left, 0u);
}

TEST(SecretMemory, IsWipedWhenAnotherTakesItsPlace) {
  auto secret = Secret::copy_of(as_bytes("correct horse battery staple"));
  watch(secret);
  secret = Secret::copy_of(as_bytes("new"));
  EXPECT_EQ(seen_given_back, 1u);
  EXPECT_EQ(octets_left, 0u);
}

// The look itself can fail.
TEST(SecretMemory, WhatIsNoSecretIsNot) {
  {
    const Bytes plain(28, 7);
    watched = plain.data();
    watched_size = plain.size();
    seen_given_back = octets_left = 0;
  }
  EXPECT_EQ(seen_given_back, 1u);
  EXPECT_EQ(octets_left, 28u);
}

}  // namespace
}  // namespace jeton
