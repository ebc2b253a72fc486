#include "stores/sqlite/engine/readers.h"

#include "ground/hurry.h"

namespace jeton::sqlite {

// More are opened in a rush and closed after it.
constexpr std::size_t kWarm = 8;

Result<Readers::Lease> Readers::lease() {
  TRY_VOID(Hurry::may_wait());
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      // The one used last: its pages are the warmest.
      auto db = std::move(idle_.back());
      idle_.pop_back();
      return Lease(*this, std::move(db));
    }
  }
  TRY(auto db, Connection::open(path_, Mode::Read));
  TRY_VOID(db->run("PRAGMA query_only=ON; PRAGMA cache_size=-1024; PRAGMA temp_store=MEMORY"));
  return Lease(*this, std::move(db));
}

void Readers::give_back(std::unique_ptr<Connection> db) {
  const std::scoped_lock lock(mutex_);
  if (idle_.size() < kWarm) idle_.push_back(std::move(db));
}

}  // namespace jeton::sqlite
