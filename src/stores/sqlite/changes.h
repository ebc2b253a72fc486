// One batch's changes as SQL. Runs inside the writer's transaction and savepoint.
#pragma once

#include "authority/ledger/ledger.h"
#include "stores/sqlite/tail.h"

namespace jeton::sqlite {

// What a batch has done so far.
struct Done {
  std::vector<ledger::Effect> effects;
  std::vector<ledger::TokenEnded> ended;
  ledger::Seq seq = 0;  // of the last line in the feed
  ledger::ChainHead head;                      // of the audit's events, those of this batch too
  const ledger::AuditChain* chain = nullptr;   // where there is one
  Instant audited;                             // when the last event of this batch happened
};

// Applies every change in order and writes the feed. On a failure the caller rolls back to before the batch.
// Takes the records out of `changes`.
Status apply(Connection& db, Tail& tail, std::vector<ledger::Change>& changes, Done& done);

// Whether a refusal leaves nothing behind, so that no savepoint is needed: one statement does all of it, or a token is born
// and told of.
bool is_whole_or_nothing(const std::vector<ledger::Change>& changes);

// The head as the database has it. Where the chain adopts, what it does not hold yet is linked first.
Result<ledger::ChainHead> chain_head(Connection& db);
Status adopt(Connection& db, const ledger::AuditChain& chain);

Status note_uses(Connection& db, std::span<const ledger::LastUse> uses);
Status note_days(Connection& db, std::span<const ledger::DayUse> days);
Status note_quotas(Connection& db, std::span<const ledger::QuotaUse> quotas);

// What is past its keeping, and how much of it to remove at once.
struct Past {
  Instant now, keep_after;
  std::size_t limit = 0;
};
// The tail is folded.
Status purge(Connection& db, Past past, ledger::PurgeCounts& counts, Done& done);

}  // namespace jeton::sqlite
