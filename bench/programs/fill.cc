// Puts many live tokens into the data folder of a server that is not running. Their texts are not kept: a start reads them,
// nobody presents them.
//   bench_fill DATA COUNT
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "blocks/crypto/random.h"
#include "stores/sqlite/ledger.h"

namespace {

using namespace jeton;

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "failed: %s\n", std::string(result.error().detail()).c_str());
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto count = std::strtoull(argv[2], nullptr, 10);
  crypto::SystemEntropy entropy;
  const auto now = Instant::from_seconds(1'790'000'000);
  auto store = must(sqlite::open(std::string(argv[1]) + "/jeton.db"));
  ledger::Api api;
  api.id = must(ApiId::make(now, entropy));
  api.name = "orders";
  api.audience = "https://orders.example.com";
  api.scopes = {"orders:read"};
  std::vector<ledger::Change> changes{ledger::Insert<ledger::Api>{api}};
  std::vector<ledger::Principal> users(1000);
  for (auto& u : users) {
    u.id = must(PrincipalId::make(PrincipalKind::User, now, entropy));
    u.name = "user-" + std::to_string(&u - users.data());
    changes.emplace_back(ledger::Insert<ledger::Principal>{u});
  }
  must(store->commit(std::move(changes)));
  for (std::size_t done = 0; done < count;) {
    changes.clear();
    for (std::size_t i = 0; i < 1000 && done < count; ++i, ++done) {
      ledger::Token t;
      t.id = t.family = must(TokenId::make(now + Millis(static_cast<std::int64_t>(done / 20)), entropy));
      if (!entropy.fill(t.hash)) return 1;
      t.pepper = 1;
      t.hint = {'a', 'b', 'c', 'd'};
      t.principal = users[done % users.size()].id;
      t.api = api.id;
      t.scopes = {"orders:read"};
      t.name = "deploy";
      t.created = now;
      t.expires = now + Seconds(86400LL * 3650);
      changes.emplace_back(ledger::Insert<ledger::Token>{std::move(t)});
    }
    must(store->commit(std::move(changes)));
    if (done % 100'000 == 0) std::fprintf(stderr, "   %zu tokens\n", done);
  }
  return 0;
}
