// Figures of the SQLite ledger: CPU of a durable token, point reads, a scan of everything.
//   stores_bench [folder] [tokens to load] [callers]     prints one line a figure
#include <sys/resource.h>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "stores/sqlite/ledger.h"

namespace {

using namespace jeton;
using namespace jeton::ledger;
using Clock = std::chrono::steady_clock;

double cpu_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return of(use.ru_utime) + of(use.ru_stime);
}

struct Took {
  double wall, cpu;
};
template <class Work>
Took measure(Work work) {
  const auto start = Clock::now();
  const auto cpu = cpu_seconds();
  work();
  return {std::chrono::duration<double>(Clock::now() - start).count(), cpu_seconds() - cpu};
}

std::uint64_t mix(std::uint64_t n) {
  n ^= n >> 33, n *= 0xff51afd7ed558ccdULL, n ^= n >> 33, n *= 0xc4ceb9fe1a85ec53ULL;
  return n ^ n >> 33;
}

// As the authority makes them: ids by time with a random tail, hashes random, 1,000 users, one API, some with
// a device.
Token token(std::uint64_t n) {
  Token t;
  Ulid u;
  for (int i = 0; i < 6; ++i) u.octets[i] = static_cast<std::uint8_t>((1'790'000'000'000 + n / 20) >> (40 - 8 * i));
  for (int i = 0; i < 8; ++i) u.octets[8 + i] = static_cast<std::uint8_t>(mix(n) >> (8 * i));
  t.id = TokenId(u);
  for (int i = 0; i < 32; ++i) t.hash[i] = static_cast<std::uint8_t>(mix(n * 4 + i / 8) >> (8 * (i % 8)));
  t.pepper = 1;
  t.hint = {'a', 'b', 'c', 'd'};
  Ulid user;
  user.octets[15] = static_cast<std::uint8_t>(1 + n % 250), user.octets[14] = static_cast<std::uint8_t>(mix(n) % 4);
  t.principal = PrincipalId(PrincipalKind::User, user);
  Ulid api;
  api.octets[15] = 1;
  t.api = ApiId(api);
  if (n % 4 == 0) t.device = DeviceId(user);
  t.scopes = {"orders:read", "orders:write"};
  t.name = "deploy";
  t.created = Instant::from_millis(1'790'000'000'000 + static_cast<std::int64_t>(n / 20));
  t.expires = t.created + std::chrono::days(30);
  t.family = t.id;
  return t;
}

void fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::exit(1);
}

// The same by callers that do not hold a thread each while they wait, as the server's do: whoever hears of its token asks for the next.
void create_in_flight(Ledger& ledger, int callers, std::uint64_t first, std::uint64_t count) {
  std::atomic<std::uint64_t> next = first;
  std::atomic<int> left = callers;
  std::function<void()> ask = [&] {
    const auto n = next++;
    if (n >= first + count) {
      if (--left == 0) left.notify_one();
      return;
    }
    ledger.submit({Insert<Token>{token(n)}}, [&](const Result<Committed>& done) {
      if (!done) fail(std::string(done.error().detail()).c_str());
      ask();
    });
  };
  const auto took = measure([&] {
    for (int i = 0; i < callers; ++i) ask();
    for (int now = left; now != 0; now = left) left.wait(now);
  });
  std::printf("create, %2d in flight: %8.0f tokens/s, %5.2f us CPU each\n", callers, static_cast<double>(count) / took.wall,
              took.cpu / static_cast<double>(count) * 1e6);
}

// `count` tokens by `callers` threads, each waiting for its own; every one in a transaction that is on the
// disk.
void create(Ledger& ledger, int callers, std::uint64_t first, std::uint64_t count) {
  std::atomic<std::uint64_t> next = first;
  const auto took = measure([&] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < callers; ++i)
      threads.emplace_back([&] {
        for (std::uint64_t n = next++; n < first + count; n = next++)
          if (const auto done = ledger.commit({Insert<Token>{token(n)}}); !done) fail(std::string(done.error().detail()).c_str());
      });
  });
  std::printf("create, %2d callers: %8.0f tokens/s, %5.2f us CPU each\n", callers, static_cast<double>(count) / took.wall,
              took.cpu / static_cast<double>(count) * 1e6);
}

void load(Ledger& ledger, std::uint64_t first, std::uint64_t count) {
  const auto took = measure([&] {
    for (std::uint64_t n = first; n < first + count; n += 1000) {
      std::vector<Change> changes;
      for (std::uint64_t i = n; i < n + 1000; ++i) changes.emplace_back(Insert<Token>{token(i)});
      if (!ledger.commit(std::move(changes))) fail("a load failed");
    }
  });
  std::printf("load in batches of 1000: %8.0f tokens/s\n", static_cast<double>(count) / took.wall);
}

void reads(Ledger& ledger, std::uint64_t count) {
  constexpr int kReads = 100000;
  const auto by_hash = measure([&] {
    for (std::uint64_t i = 0; i < kReads; ++i)
      if (!ledger.token_by_hash(token(mix(i) % count).hash).value()) fail("a token is missing");
  });
  const auto by_id = measure([&] {
    for (std::uint64_t i = 0; i < kReads; ++i)
      if (!ledger.token(token(mix(i) % count).id).value()) fail("a token is missing");
  });
  std::printf("point read: by hash %.2f us, by id %.2f us\n", by_hash.wall / kReads * 1e6, by_id.wall / kReads * 1e6);
}

struct Count final : TokenVisitor {
  bool visit(const Token&) override { return ++seen, true; }
  std::size_t seen = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "jeton-bench";
  const auto total = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000ULL;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  auto opened = sqlite::open(folder + "/ledger.db");
  if (!opened) fail(std::string(opened.error().detail()).c_str());
  auto& ledger = **opened;
  if (argc > 3) {  // that many callers only
    create(ledger, std::atoi(argv[3]), 0, total);
    create_in_flight(ledger, std::atoi(argv[3]), total, total);
    return 0;
  }
  create(ledger, 1, 0, 2000);
  create(ledger, 8, 2000, 10000);
  create(ledger, 32, 12000, 30000);
  create(ledger, 32, 42000, 30000);
  if (total > 72000) load(ledger, 72000, total - 72000);
  create(ledger, 32, total, 30000);
  reads(ledger, total);
  Count count;
  const auto scan = measure([&] {
    if (!ledger.scan_tokens(count)) fail("the scan failed");
  });
  std::printf("scan of %zu tokens: %.0f ms\n", count.seen, scan.wall * 1e3);
  Ulid user;
  user.octets[15] = 1;
  std::size_t ended = 0;
  const auto revoke = measure([&] {
    const EndTokens end{TokensOf{PrincipalId(PrincipalKind::User, user)}, EndReason::PrincipalEnded, "", Instant::from_millis(1)};
    ended = ledger.commit({end}).value().ended.size();
  });
  std::printf("end %zu tokens of one user: %.0f ms\n", ended, revoke.wall * 1e3);
  return 0;
}
