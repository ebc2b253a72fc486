// One batch's changes as SQL. Runs inside the writer's transaction and savepoint.
#pragma once

#include "authority/ledger/ledger.h"
#include "stores/sqlite/engine/connection.h"

namespace jeton::sqlite {

// What a batch has done so far.
struct Done {
  std::vector<ledger::Effect> effects;
  std::vector<ledger::TokenEnded> ended;
  ledger::Seq seq = 0;  // of the last line in the feed
};

// Applies every change in order and writes the feed. On a failure the caller rolls back to before the batch.
// Takes the records out of `changes`.
Status apply(Connection& db, std::vector<ledger::Change>& changes, Done& done);

// Whether the changes are one that a single statement makes, so that no savepoint is needed to take back half
// of it.
bool is_one_statement(const std::vector<ledger::Change>& changes);

Status note_uses(Connection& db, std::span<const ledger::LastUse> uses);
Status note_days(Connection& db, std::span<const ledger::DayUse> days);
Status note_quotas(Connection& db, std::span<const ledger::QuotaUse> quotas);

// What is past its keeping, and how much of it to remove at once.
struct Past {
  Instant now, keep_after;
  std::size_t limit = 0;
};
Status purge(Connection& db, Past past, ledger::PurgeCounts& counts, Done& done);

}  // namespace jeton::sqlite
