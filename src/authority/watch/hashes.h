// What is hashed under each pepper, all that there is of it.
#pragma once

#include <map>
#include <set>

#include "authority/keys/pepper_lives.h"

namespace jeton::watch {

struct HashCounts : ledger::Hashes {
  std::uint64_t client_secrets = 0, registrations = 0;   // that are good, or may be; RFC 7592 access tokens
  // Whether the pepper is needed.
  bool any() const { return tokens + ended_tokens + tickets + recovery_codes + client_secrets + registrations != 0; }
};

// By the pepper's number; ledger::kAnyPepper where nobody wrote it down. Reads every token and client: seconds for millions.
Result<std::map<std::uint32_t, HashCounts>> count_hashes(ledger::Ledger& ledger, Instant now);
// What keeps a retired pepper, for people: "41 tokens, 1 client secret still hashed under pepper 1"; or that nothing does.
std::string still_hashed(const keys::PepperInfo& pepper, const HashCounts& under, const HashCounts& unknown, Instant now);
// Those of them that are needed.
std::set<std::uint32_t> needed(const std::map<std::uint32_t, HashCounts>& counts);

}  // namespace jeton::watch
