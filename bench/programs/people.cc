// Puts many people and many refresh families into the data folder of a server that is not running, and measures a login there.
//   bench_people fill DATA USERS FAMILIES KNOWN   the API "orders" and the client "app" are there; prints KNOWN refresh tokens of as
//                                                 many families, drawn at random, in an order of their own
//   bench_people login DATA USERS COUNT           microseconds of CPU a login takes but for the password's hash and sockets, as JSON
// Each user "user-0000042" has the password "correct horse" at the cheapest cost there is, and as many families as every other,
// made over the last 28 days. Only what is printed can be presented; the rest stands where it would stand.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <thread>

#include "authority/keys/keychain.h"
#include "blocks/crypto/password.h"
#include "blocks/crypto/random.h"
#include "ground/secret_pass.h"
#include "program/serve/building.h"
#include "programs/meter.h"
#include "protocols/whereabouts.h"
#include "stores/sqlite/ledger.h"

namespace {

using namespace jeton;

constexpr crypto::PasswordCost kCheapest{.passes = 1, .kibibytes = 8192};
constexpr std::string_view kPassword = "correct horse";
constexpr std::size_t kBatch = 5000;

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "failed: %s\n", std::string(result.error().detail()).c_str());
  std::exit(1);
}

Instant wall_clock() {
  return Instant::from_millis(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

std::string name_of(std::uint64_t n) {
  auto digits = std::to_string(n);
  return "user-" + std::string(7 - std::min<std::size_t>(7, digits.size()), '0') + digits;
}

class Filling {
 public:
  Filling(const std::string& data, std::uint64_t users, std::uint64_t families, std::uint64_t known)
      : now_(wall_clock()), store_(must(sqlite::open(data + "/jeton.db"))), families_(families), users_(users) {
    const auto installation = must(store_->setting("installation")).value().value;
    keychain_ = must(keys::Keychain::open({"file:" + data + "/master.key", data + "/peppers"}, *store_, installation, entropy_, now_));
    api_ = must(store_->api_named("orders")).value();
    for (auto& client : must(store_->clients({.before = std::nullopt, .limit = 100})))
      if (client.name == "app") client_ = client;
    for (; known > 0; --known) known_.push_back(random_() % families);
    std::ranges::sort(known_);
    known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
  }

  void people() {
    const auto hash = must(crypto::hash_password(Secret::copy_of(as_bytes(kPassword)), kCheapest, entropy_));
    for (std::uint64_t n = 0; n < users_.size(); ++n) {
      ledger::Principal p;
      p.created = p.updated = then(n, users_.size());
      p.id = must(PrincipalId::make(PrincipalKind::User, p.created, entropy_));
      p.name = name_of(n);
      p.email = p.name + "@example.com";
      users_[n] = p.id;
      ledger::Credential c;
      c.id = must(CredentialId::make(p.created, entropy_));
      c.principal = p.id;
      c.created = c.updated = p.created;
      c.sealed = must(keychain_->sealer().seal({"credentials", "sealed", c.id.text()}, as_bytes(hash), entropy_));
      add(ledger::Insert<ledger::Principal>{std::move(p)});
      add(ledger::Insert<ledger::Credential>{std::move(c)});
    }
    flush();
  }

  void families() {
    auto next = known_.begin();
    for (std::uint64_t n = 0; n < families_; ++n) {
      const bool shown = next != known_.end() && *next == n;
      if (shown) ++next;
      family(n, shown);
      if (n % 1'000'000 == 999'999) std::fprintf(stderr, "   %llu families\n", static_cast<unsigned long long>(n + 1));
    }
    flush();
    std::ranges::shuffle(texts_, random_);
    for (const auto& text : texts_) std::puts(text.c_str());
  }

 private:
  // The n-th of so many moments.
  Instant then(std::uint64_t n, std::uint64_t of) const {
    constexpr std::int64_t kSpan = 28LL * 86400 * 1000;
    return now_ - Millis(kSpan - static_cast<std::int64_t>(static_cast<double>(kSpan) * static_cast<double>(n) / static_cast<double>(of)));
  }

  // Random, and greater than that of the family before: filled in order, tables take minutes, and what stands beside what in them says as
  // little of it as if they had not been.
  crypto::Sha256Digest in_order(std::uint64_t n) {
    crypto::Sha256Digest out;
    if (!entropy_.fill(out)) std::exit(1);
    const auto step = UINT64_MAX / families_;
    const auto head = n * step + random_() % step;
    for (int i = 0; i < 8; ++i) out[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(head >> (56 - 8 * i));
    return out;
  }

  // As authority/grants makes them.
  void family(std::uint64_t n, bool shown) {
    ledger::Token g;
    g.created = then(n, families_);
    g.id = g.family = must(TokenId::make(g.created, entropy_));
    g.kind = opaque::Kind::Rt;
    g.hash = in_order(n);
    g.principal = users_[n * users_.size() / families_];
    g.api = api_.id;
    g.client = client_.id;
    g.scopes = api_.scopes;
    g.name = client_.name;
    g.metadata = {{"acr", "1"}, {"amr", "pwd"}, {"auth_time", std::to_string(g.created.seconds())}, {"login", g.id.text()}};
    g.expires = g.created + Seconds(365LL * 86400);
    ledger::Ticket t;
    t.id = in_order(n);
    t.pepper = 1;
    if (shown) {
      const auto made = must(mint::handle(*store_, keychain_->peppers(), opaque::Kind::Rt, entropy_));
      t.id = made.hash;
      t.pepper = made.pepper;
      texts_.emplace_back(as_text(made.text.read(program::Pass::key())));
    }
    t.kind = ledger::TicketKind::Refresh;
    t.token = g.id;
    t.principal = g.principal;
    t.client = g.client;
    t.created = g.created;
    t.expires = g.created + Seconds(30LL * 86400);
    add(ledger::Insert<ledger::Token>{std::move(g)});
    add(ledger::Insert<ledger::Ticket>{std::move(t)});
  }

  void add(ledger::Change change) {
    changes_.push_back(std::move(change));
    if (changes_.size() >= 2 * kBatch) flush();
  }
  void flush() {
    if (!changes_.empty()) must(store_->commit(std::move(changes_)));
    changes_.clear();
  }

  crypto::SystemEntropy entropy_;
  std::mt19937_64 random_{4};
  const Instant now_;
  std::unique_ptr<ledger::Ledger> store_;
  std::unique_ptr<keys::Keychain> keychain_;
  const std::uint64_t families_;
  std::vector<PrincipalId> users_;
  std::vector<std::uint64_t> known_;
  std::vector<std::string> texts_;
  ledger::Api api_;
  ledger::Client client_;
  std::vector<ledger::Change> changes_;
};

struct Nothing final : protocols::Program {
  std::vector<protocols::HealthPart> health(Instant) override { return {}; }
  std::string metrics() override { return {}; }
  std::string backup(const std::string&) override { return {}; }
};

// What a login over HTTP asks of the ledger, in its order, and the session it makes; eight at a time, as a server's workers do.
void login(const std::string& data, std::uint64_t users, std::uint64_t count) {
  constexpr int kCallers = 8;
  const auto now = wall_clock();
  Nothing nothing;
  protocols::Facts facts{"http://127.0.0.1", net::PrefixSet(std::vector<net::Prefix>()), {}};
  const serve::Places places{"sqlite:" + data + "/jeton.db", data + "/master.key", data + "/peppers"};
  auto building = must(serve::Building::open(places, std::move(facts), {.cached_jwts = 1024, .password = kCheapest}, nothing, now));
  auto& rooms = building->rooms();
  std::atomic<std::uint64_t> left{count};
  const auto one = [&](std::mt19937_64& random) {
    const auto user = must(rooms.ledger.principal_named(PrincipalKind::User, name_of(random() % users))).value();
    for (const auto& c : must(rooms.ledger.credentials(user.id)))
      must(building->keychain().sealer().open({"credentials", "sealed", c.id.text()}, c.sealed));
    if (!must(protocols::may_enter(rooms, user.id, {}))) std::exit(1);
    const audit::Actor actor{.name = user.id.text(), .address = {}, .request_id = {}};
    must(rooms.sessions.log_in({user.id, "pwd", "Firefox on Linux"}, std::nullopt, {actor, now}));
    // As who has just shown it is asked for again: nobody set a password meanwhile.
    if (!must(rooms.people.is_still(user.id, {now, true, 1}))) std::exit(1);
  };
  const auto before = bench::cpu_seconds();
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < kCallers; ++i)
      callers.emplace_back([&, i] {
        std::mt19937_64 random(std::random_device{}() + static_cast<unsigned>(i));
        while (left.fetch_sub(1) - 1 < count) one(random);
      });
  }
  std::printf("{\"us\": %.2f}\n", (bench::cpu_seconds() - before) / static_cast<double>(count) * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [argv](int at) { return std::strtoull(argv[at], nullptr, 10); };
  if (argc == 6 && std::strcmp(argv[1], "fill") == 0) {
    Filling filling(argv[2], number(3), number(4), number(5));
    filling.people();
    filling.families();
    return 0;
  }
  if (argc == 5 && std::strcmp(argv[1], "login") == 0) return login(argv[2], number(3), number(4)), 0;
  return 2;
}
