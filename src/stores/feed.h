// What both stores must say alike: when a batch happened, and which of its effects stand in the feed.
#pragma once

#include <span>

#include "authority/ledger/ledger.h"

namespace jeton::stores {

// The latest moment that any change of the batch says it happened; the epoch where none says so. Stores read
// no clock.
Instant moment_of(std::span<const ledger::Change> changes);

// The feed's line for an effect, without its `seq`; nothing for tokens born, edited or forgotten,
// rehashes, and settings but named networks, which take nothing away. `at` is the batch's moment, for effects that name none.
std::optional<ledger::FeedEntry> feed_entry(const ledger::Effect& effect, Instant at);

// "revoked", "rotated_out": the spelling in the feed.
std::string_view name(ledger::EndReason reason);

}  // namespace jeton::stores
