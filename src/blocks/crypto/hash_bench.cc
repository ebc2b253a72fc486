// What an opaque token's check stands on: the checksum and the keyed hash of 46 octets.
#include <benchmark/benchmark.h>

#include "blocks/crypto/hash.h"

namespace {

using namespace jeton;

constexpr std::string_view kToken = "jtn_pat_0123456789ABCDEFGHIJKLMNOPQRSTUV000000";

void keyed_hash(benchmark::State& state) {
  const crypto::HmacSha256 mac(Secret(32));
  for (auto _ : state) benchmark::DoNotOptimize(mac(as_bytes(kToken)));
}
BENCHMARK(keyed_hash)->Name("crypto/hmac_sha256/46");

void checksum(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(crypto::crc32(as_bytes(kToken)));
}
BENCHMARK(checksum)->Name("crypto/crc32/46");

}  // namespace
