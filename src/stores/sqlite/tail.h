// The newest tokens, which are not yet in the tables that find a token by its hash, its principal or its end.
#pragma once

#include <unordered_set>

#include "authority/ledger/ledger.h"
#include "stores/sqlite/engine/connection.h"

namespace jeton::sqlite {

// A token's hash lands on a random page of its table: entered one by one, each costs a page of the log. So they are entered
// in sorted batches, and what asks by one of the three either looks at the tail too, or has it entered first.
// A grant's hash is of no text and nobody asks for it: it is not entered by that, and takes no page of that table.
// The writer's alone.
class Tail {
 public:
  // Reads where it begins and ends. After a rollback again.
  Status load(Connection& db);
  // Adds a token. Conflict where its id or hash is taken.
  Status add(Connection& db, const ledger::Token& token);
  // Enters what is in the tail. Nothing to do where it is empty.
  Status fold(Connection& db);
  // Whether it has grown so long that the next one to write should fold it.
  bool is_long() const { return last_ - entered_ >= kLong; }
  // Where the tail begins: tells whether it was folded meanwhile.
  std::int64_t entered() const { return entered_; }

 private:
  // Short enough that reading all of it is quick and entering it holds a commit up for milliseconds only.
  static constexpr std::int64_t kLong = 4096;
  Result<bool> holds(Connection& db, const crypto::Sha256Digest& hash);

  std::int64_t entered_ = 0, last_ = 0;
  // Hashes that may be in the tail, by their first octets. What was rolled back stays until the next fold.
  std::unordered_set<std::uint64_t> perhaps_;
};

}  // namespace jeton::sqlite
