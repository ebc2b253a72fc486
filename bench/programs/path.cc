// A verdict without sockets: a request's octets in, an answer's octets out, by every room it goes through. Prints the
// nanoseconds and the heap allocations of each case as JSON.
//   bench_path [rounds] [case]
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <string>

#include "blocks/http/reader.h"
#include "ground/secret_pass.h"
#include "program/metrics/metrics.h"
#include "program/serve/building.h"
#include "program/serve/front.h"

namespace {
std::atomic<std::uint64_t> allocations{0};
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

using namespace jeton;

struct Nothing final : protocols::Program {
  std::vector<protocols::HealthPart> health(Instant) override { return {}; }
  std::string metrics() override { return {}; }
  std::string backup(const std::string&) override { return {}; }
};

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "failed: %s\n", std::string(result.error().detail()).c_str());
  std::exit(1);
}

struct Tokens {
  std::string opaque, jwt;
  ledger::Token record;
  ledger::Api api;
  ledger::Principal principal;
};

Tokens make(serve::Building& building, Instant now) {
  auto& rooms = building.rooms();
  const audit::Actor actor{.name = "system", .address = {}, .request_id = {}};
  const audit::Doing doing{actor, now};
  ledger::Api api;
  api.name = "orders";
  api.audience = "https://orders.example.com";
  api.scopes = {"orders:read", "orders:write"};
  api.routes = {"GET /orders/** orders:read", "POST /orders orders:write"};
  ledger::Principal ada;
  ada.name = "ada";
  personal::Draft draft;
  draft.api = must(rooms.apis.create(api, doing));
  draft.principal = must(rooms.principals.create(PrincipalKind::User, ada, doing));
  draft.scopes = {"orders:read"};
  const auto target = draft.api;
  const auto whose = draft.principal;
  const auto born = must(rooms.tokens.create(std::move(draft), doing));
  const auto minted =
      must(rooms.access_tokens.mint({born.record, target, {"orders:read"}, std::nullopt}, *rooms.signing_keys.ring(), doing));
  return {std::string(as_text(born.text.read(program::Pass::key()))), std::string(as_text(minted.text.read(program::Pass::key()))),
          born.record, target, whose};
}

// A rate and a quota on the token, its owner and its API, wide enough for every round.
void limit_all(serve::Building& building, Tokens tokens, Instant now) {
  auto& rooms = building.rooms();
  const audit::Actor actor{.name = "system", .address = {}, .request_id = {}};
  tokens.record.limits = tokens.api.limits = tokens.principal.limits = "1000000/1s, 1000000000/day";
  must(rooms.tokens.update(tokens.record, {actor, now}));
  must(rooms.apis.update(tokens.api, {actor, now}));
  must(rooms.principals.update(tokens.principal, {actor, now}));
}

std::string request_with(const std::string& token) {
  return "GET /verify?api=orders HTTP/1.1\r\nHost: 127.0.0.1:8420\r\nAuthorization: Bearer " + token +
         "\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Uri: /orders/1234?page=2\r\nX-Forwarded-For: 203.0.113.7\r\n"
         "X-Forwarded-Proto: https\r\nUser-Agent: bench/1.0\r\n\r\n";
}

class Path {
 public:
  Path(serve::Building& building, Instant now) : now_(now), front_(metrics_, serve::Logged::Errors, forwarded_) {
    front_.set(&building.protocols());
    origin_.peer = *net::Address::parse("127.0.0.1");
  }
  int once(const std::string& octets) {
    out_.clear();
    http::RequestReader reader(8 << 20);
    if (!reader.read_head(octets)) return 0;
    auto request = reader.request();
    request.origin = origin_;
    request.request_id = "r1";
    if (front_.place(request) != server::Place::Inline) return 0;
    front_.answer(request, response_, now_);
    http::append(out_, request, response_, http::After::KeepAlive);
    front_.served(request, response_, std::chrono::nanoseconds(5000));
    return response_.status;
  }

 private:
  Instant now_;
  metrics::Metrics metrics_;
  server::ForwardedCertificates forwarded_{{}, {}};
  serve::Front front_;
  http::Origin origin_;
  http::Response response_;
  std::string out_;
};

// `between` runs after each batch, outside the clock.
void measure(Path& path, const char* name, const std::string& octets, int expected, int rounds, const std::function<void()>& between = {}) {
  using Clock = std::chrono::steady_clock;
  for (int i = 0; i < 3; ++i)
    if (path.once(octets) != expected) std::exit(std::fprintf(stderr, "%s: not %d\n", name, expected) != 0);
  const auto before = allocations.load();
  double best = 1e9;
  std::uint64_t apart = 0;
  constexpr int kBatch = 2000;
  for (int r = 0; r < rounds; ++r) {
    const auto start = Clock::now();
    for (int i = 0; i < kBatch; ++i) path.once(octets);
    best = std::min(best, std::chrono::duration<double, std::nano>(Clock::now() - start).count() / kBatch);
    const auto outside = allocations.load();
    if (between) between();
    apart += allocations.load() - outside;
  }
  const double each = static_cast<double>(allocations.load() - before - apart) / rounds / kBatch;
  std::printf("{\"case\": \"%s\", \"ns\": %.1f, \"allocations\": %.3f}\n", name, best, each);
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 100;
  const std::string only = argc > 2 ? argv[2] : "";
  const auto now = Instant::from_seconds(1'800'000'000);
  Nothing nothing;
  protocols::Facts facts{"http://127.0.0.1", net::PrefixSet({*net::Prefix::parse("127.0.0.0/8")}), {}};
  auto building = must(serve::Building::open({"memory:", {}, {}}, std::move(facts), {.cached_jwts = 32768, .password = {}}, nothing, now));
  if (!building->load_tokens()) return 1;
  const auto tokens = make(*building, now);
  Path path(*building, now);
  std::string typo = tokens.opaque, not_base64 = tokens.jwt;
  typo[typo.size() - 10] ^= 1;
  not_base64[not_base64.find('.')] = '!';
  const struct {
    const char* name;
    std::string token;
    int status;
  } cases[] = {{"opaque", tokens.opaque, 200},
               {"jwt", tokens.jwt, 200},
               {"malformed opaque", typo, 401},
               {"malformed jwt", not_base64, 401},
               {"garbage", std::string(60, 'x'), 401}};
  for (const auto& c : cases)
    if (only.empty() || only == c.name) measure(path, c.name, request_with(c.token), c.status, rounds);
  // What was seen is taken away, as upkeep does: the watch's own share of a verdict is the difference from "opaque", whose lanes are full.
  const auto taken = [&] { (void)building->rooms().verifier.uses().take_seen(); };
  if (only.empty() || only == "watch") {
    measure(path, "watched", request_with(tokens.opaque), 200, rounds, taken);
    building->rooms().verifier.uses().set(verify::Watching::Off);
    measure(path, "unwatched", request_with(tokens.opaque), 200, rounds);
    building->rooms().verifier.uses().set(verify::Watching::On);
  }
  if (only.empty() || only == "limited") {
    limit_all(*building, tokens, now);
    measure(path, "limited", request_with(tokens.opaque), 200, rounds);
  }
  return 0;
}
