// From what is on record to what receivers are told: events of CAEP 1.0 and RISC 1.0
// (docs/formats/shared-signals.md).
#pragma once

#include <span>
#include <vector>

#include "authority/ledger/ledger.h"

namespace jeton::signals {

inline constexpr std::string_view kSessionRevoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
inline constexpr std::string_view kCredentialChange = "https://schemas.openid.net/secevent/caep/event-type/credential-change";
inline constexpr std::string_view kAccountDisabled = "https://schemas.openid.net/secevent/risc/event-type/account-disabled";
inline constexpr std::string_view kAccountEnabled = "https://schemas.openid.net/secevent/risc/event-type/account-enabled";
inline constexpr std::string_view kAccountPurged = "https://schemas.openid.net/secevent/risc/event-type/account-purged";
// Of the framework itself: sent whatever was asked for.
inline constexpr std::string_view kVerification = "https://schemas.openid.net/secevent/ssf/event-type/verification";
inline constexpr std::string_view kStreamUpdated = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated";

// What a receiver may ask for.
std::span<const std::string_view> supported();
// What it gets of what it asked for.
std::vector<std::string> delivered(const ledger::Stream& stream);

// Something a receiver would want to know, before it is said in a receiver's own terms.
struct Signal {
  std::string_view type;  // one of those above
  Instant at;
  std::string txn;  // the same in everything that comes of one cause
  PrincipalId who;
  TokenId session;    // none(): not of one session alone
  std::string event;  // JSON
};

// None, one or several. Credentials and accounts: the audit knows of them.
std::vector<Signal> signals_of(const ledger::AuditEvent& event);
// The end of a session, whichever way it came; `session` is the token that the entry of the feed names.
Signal ended(const ledger::FeedEntry& entry, const ledger::Token& session);

}  // namespace jeton::signals
