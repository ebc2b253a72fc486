#include "blocks/crypto/random.h"

#include <openssl/rand.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstring>

#include "blocks/crypto/selftest/faults.h"
#include "blocks/crypto/selftest/random_health.h"
#include "blocks/crypto/service.h"

namespace jeton::crypto {
namespace {

constexpr std::size_t kPool = 4096, kLargest = 256;

// Grows in a forked child, so that it never deals out what its parent holds.
std::atomic<unsigned> forks{0};
const int watching = ::pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1); });

struct Pool {
  std::array<std::uint8_t, kPool> octets;
  std::size_t left = 0;
  unsigned born = 0;
  ~Pool() { wipe(octets); }
};

// Tested as it is drawn (SP 800-90B §4.4): a source that is stuck or biased is out of service from then on.
Status straight(ByteSpan out) {
  thread_local RandomHealth health;
  if (!in_service(Tested::Random)) {
    wipe(out);
    return fault(Fault::SelfTest, "the random source failed its health test; restart, and replace the machine if it fails again");
  }
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) != 1) {
    wipe(out);
    return fault(Fault::NoEntropy, "the system gives no randomness");
  }
  if (faults::broken(Tested::Random)) std::memset(out.data(), 0x55, out.size());
  if (health.take(out)) return {};
  health = RandomHealth();
  take_out_of_service(Tested::Random);
  wipe(out);
  return fault(Fault::SelfTest, "the random source failed its health test; restart, and replace the machine if it fails again");
}

}  // namespace

Status SystemEntropy::fill(ByteSpan out) {
  if (out.size() > kLargest) return straight(out);
  thread_local Pool pool;
  if (!in_service(Tested::Random)) pool.left = 0;
  if (pool.left < out.size() || pool.born != forks.load(std::memory_order_relaxed) || watching != 0) {
    pool.left = 0;
    TRY_VOID(straight(pool.octets));
    pool.left = kPool;
    pool.born = forks.load(std::memory_order_relaxed);
  }
  auto* const from = pool.octets.data() + (kPool - pool.left);
  std::memcpy(out.data(), from, out.size());
  wipe({from, out.size()});
  pool.left -= out.size();
  return {};
}

}  // namespace jeton::crypto
