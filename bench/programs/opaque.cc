// An opaque token's check in process, at several numbers of live tokens, beside a Redis GET over a Unix socket.
//   bench_opaque REDIS_SOCKET COUNT…      prints a JSON object a count
#include <hiredis/hiredis.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "authority/keys/pepper_set.h"
#include "authority/verify/verifier.h"
#include "blocks/crypto/hash.h"
#include "blocks/crypto/random.h"
#include "ground/base62.h"
#include "ground/secret_pass.h"
#include "programs/meter.h"
#include "stores/memory/ledger.h"

namespace {

using namespace jeton;
using namespace jeton::bench;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kTokenSize = 46, kSample = 1 << 20, kBatch = 1024;
constexpr int kRounds = 15;
const auto kNow = Instant::from_seconds(1'800'000'000);

std::uint64_t mix(std::uint64_t n) {
  n ^= n >> 33, n *= 0xff51afd7ed558ccdULL, n ^= n >> 33, n *= 0xc4ceb9fe1a85ec53ULL;
  return n ^ n >> 33;
}

// Token number n: always the same text, so none has to be kept.
void write_token(std::uint64_t n, char* out) {
  static constexpr std::string_view kHead = "jtn_pat_";
  kHead.copy(out, kHead.size());
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < 32; ++i, bits /= 62) {
    if (i % 8 == 0) bits = mix(n * 4 + i / 8);
    out[8 + i] = base62::kAlphabet[bits % 62];
  }
  base62::write6(crypto::crc32(as_bytes({out, 40})), out + 40);
}

Ulid ulid(std::uint64_t n) {
  Ulid u;
  for (int i = 0; i < 6; ++i) u.octets[i] = static_cast<std::uint8_t>((1'790'000'000'000 + n / 20) >> (40 - 8 * i));
  for (int i = 0; i < 8; ++i) u.octets[8 + i] = static_cast<std::uint8_t>(mix(~n) >> (8 * i));
  return u;
}

std::shared_ptr<const keys::PepperSet> peppers() {
  std::vector<keys::PepperSet::Entry> entries;
  entries.push_back({1, crypto::HmacSha256(Secret(Bytes(32, 7)))});
  return std::make_shared<const keys::PepperSet>(std::move(entries));
}

// What the main job holds: one API with a network rule of its own, a thousand users, tokens that expire.
class World {
 public:
  World() : ledger_(memory::open()), verifier_(*ledger_.value(), "http://127.0.0.1"), peppers_(peppers()) {
    verifier_.set_peppers(peppers_);
    if (!verifier_.load(kNow) || !verifier_.load_tokens()) fail("the ledger is not read");
    ledger::Api api;
    api.id = ApiId(ulid(1));
    api.name = "orders";
    api.audience = "https://orders.example.com";
    api.scopes = {"orders:read"};
    api.network.allow = {*net::Prefix::parse("192.0.2.0/24"), *net::Prefix::parse("203.0.113.0/24"), *net::Prefix::parse("2001:db8::/32")};
    std::vector<ledger::Effect> effects{api};
    for (std::uint64_t u = 0; u < 1000; ++u) {
      ledger::Principal p;
      p.id = user(u);
      effects.emplace_back(p);
    }
    verifier_.apply(1, effects);
  }

  void grow_to(std::size_t count) {
    std::vector<ledger::Effect> effects;
    char text[kTokenSize];
    for (; held_ < count; ++held_) {
      write_token(held_, text);
      ledger::Token t;
      t.id = t.family = TokenId(ulid(held_));
      t.hash = peppers_->hash(0, {text, kTokenSize});
      t.pepper = 1;
      t.principal = user(held_ % 1000);
      t.api = ApiId(ulid(1));
      t.scopes = {"orders:read"};
      t.expires = kNow + Seconds(86400);
      effects.emplace_back(std::move(t));
      if (effects.size() < 1000 && held_ + 1 < count) continue;
      verifier_.apply(held_ + 2, effects);
      effects.clear();
    }
  }

  verify::Verifier& verifier() { return verifier_; }

 private:
  static PrincipalId user(std::uint64_t n) { return PrincipalId(PrincipalKind::User, ulid(1'000'000'000 + n)); }
  Result<std::unique_ptr<ledger::Ledger>> ledger_;
  verify::Verifier verifier_;
  std::shared_ptr<const keys::PepperSet> peppers_;
  std::size_t held_ = 0;
};

// Texts of tokens drawn from all that are held, in the order they are asked for.
std::vector<char> draw(std::size_t count) {
  std::vector<char> texts(kSample * kTokenSize);
  for (std::size_t i = 0; i < kSample; ++i) write_token(mix(i ^ 0x5eed) % count, texts.data() + i * kTokenSize);
  return texts;
}

class Redis {
 public:
  Redis(const char* socket, std::size_t count) : context_(redisConnectUnix(socket)), count_(count) {
    if (context_ == nullptr || context_->err != 0) fail("redis is not reached");
    char text[kTokenSize];
    for (std::size_t n = 0; n < count; ++n) {
      write_token(n, text);
      redisAppendCommand(context_, "SET %b %s", text, kTokenSize, "usr_01JD0000000000000000000000 orders:read 1800086400");
      if ((n + 1) % 1000 == 0 || n + 1 == count)
        for (std::size_t i = n % 1000 + 1; i > 0; --i) take();
    }
  }
  ~Redis() { redisFree(context_); }

  double nanoseconds_each(std::size_t from, std::size_t times) {
    char text[kTokenSize];
    const auto start = Clock::now();
    for (std::size_t i = from; i < from + times; ++i) {
      write_token(mix(i) % count_, text);
      redisAppendCommand(context_, "GET %b", text, kTokenSize);
      take();
    }
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / static_cast<double>(times);
  }

 private:
  void take() {
    void* reply = nullptr;
    if (redisGetReply(context_, &reply) != REDIS_OK || static_cast<redisReply*>(reply)->type == REDIS_REPLY_NIL)
      fail("redis does not know a token");
    freeReplyObject(reply);
  }
  redisContext* context_;
  std::size_t count_;
};

double check(verify::Verifier& verifier, const std::vector<char>& texts, std::size_t from) {
  static const auto address = *net::Address::parse("203.0.113.7");
  const verify::Asked asked{.api = {}, .scope = "orders:read", .method = {}, .path = {}, .address = address};
  bool good = true;
  // As a request brings them: just written.
  static std::array<char, kBatch * kTokenSize> arrived;
  std::copy_n(texts.data() + from * kTokenSize, arrived.size(), arrived.data());
  const auto start = cpu_nanoseconds();
  for (std::size_t i = 0; i < kBatch; ++i) {
    const verify::Reading reading(verifier);
    good &= reading.decide({arrived.data() + i * kTokenSize, kTokenSize}, asked, kNow).allow();
  }
  const auto took = (cpu_nanoseconds() - start) / kBatch;
  if (!good) fail("a good token was refused");
  return took;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) fail("bench_opaque REDIS_SOCKET COUNT...");
  Redis redis(argv[1], 1'000'000);
  World world;
  const double empty = resident();
  for (int i = 2; i < argc; ++i) {
    const auto count = static_cast<std::size_t>(std::strtoull(argv[i], nullptr, 10));
    std::fprintf(stderr, "   %zu tokens\n", count);
    world.grow_to(count);
    const double held = resident() - empty;
    const auto texts = draw(count);
    double best = 1e9, get = 1e9;
    std::size_t at = 0;
    for (int round = 0; round < kRounds; ++round) {
      for (int batch = 0; batch < 512; ++batch, at += kBatch)
        best = std::min(best, check(world.verifier(), texts, at % (kSample - kBatch)));
      for (std::size_t batch = 0; batch < 20; ++batch)
        get = std::min(get, redis.nanoseconds_each((static_cast<std::size_t>(round) * 20 + batch) * 100, 100));
      // What lies between checks pushed the tokens out of the cache; the first batch brings them back.
    }
    std::printf("{\"tokens\": %zu, \"ns\": %.1f, \"redis_ns\": %.1f, \"octets\": %.1f}\n", count, best, get,
                held / static_cast<double>(count));
    std::fflush(stdout);
  }
  return 0;
}
