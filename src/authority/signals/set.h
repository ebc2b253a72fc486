// Security event tokens before they are signed (RFC 8417, as the Shared Signals Framework profiles them).
#pragma once

#include "authority/ledger/ledger.h"

namespace jeton::signals {

// Of one event on one stream.
struct Words {
  std::string_view type;  // URI
  std::string_view txn;
  std::string subject;     // JSON of `sub_id`
  std::string_view event;  // JSON
};

// Names a user or a service account, and where there is one the session, in the stream's terms (RFC 9493):
// iss_sub, or email where the receiver asked for that and there is one.
std::string subject_of(std::string_view issuer, const ledger::Stream& stream, const ledger::Principal& who, const TokenId& session);
// Names the stream itself [SSF §8.1.4.1].
std::string subject_of(const ledger::Stream& stream);

// What waits for the receiver: its id is the `jti`, its body the claims. It is signed when it leaves, so no
// key's end matters to it.
ledger::Delivery delivery(std::string_view issuer, const ledger::Stream& stream, const Words& words, const DeliveryId& id, Instant now);

// What a receiver's `err` means (RFC 8935 §2.4), in our words; for codes that are not registered the same
// words for all.
std::string_view meaning(std::string_view err);
// Whether sending the same again may help: what was wrong was the sending, not the token.
bool may_pass(std::string_view err);

}  // namespace jeton::signals
