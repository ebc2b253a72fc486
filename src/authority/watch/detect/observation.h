// One decision as the watch sees it, and what the watch makes of a row of them.
#pragma once

#include <array>
#include <string_view>

#include "authority/ledger/records.h"
#include "authority/verify/decision.h"

namespace jeton::watch {

// Where an address is, as far as a database says.
struct Where {
  std::array<char, 2> country{};   // ISO 3166, or zeros
  std::uint32_t asn = 0;
  bool located = false;
  float latitude = 0, longitude = 0;   // degrees
};

struct Observation {
  Instant at;
  TokenId token;                   // none() where nothing that we know was presented
  PrincipalId principal;           // whose token it is, or whose password was tried; none() where neither is known
  verify::Reason reason = verify::Reason::Allowed;
  net::Address address;
  std::uint32_t agent = 0;         // a hash of the User-Agent; 0: not told
  Where where;
  verify::Tried tried = verify::Tried::Token;
};

// What may be noticed. The table in rules.cc says the rest.
enum class Pattern : std::uint8_t {
  NewNetwork,
  NewAgent,
  ManyNetworks,
  FarApart,
  UseAfterRevocation,
  UseAfterRotation,
  UseAfterExpiry,
  RefusalBurst,
  AddressBurst,
  TokenGuessing,
  ScopeProbing,
  WokeUp,
  RateJump,
  NetworkBurst,
  PasswordGuessing,
  DeviceCodeGuessing,
  NewCountry,
  OwnerManyNetworks,
  OwnerFarApart,
  AccountGuessing,
};

// What of a place was not known before, of a finding about a new one.
struct Fresh {
  bool prefix = false, asn = false, country = false;
  bool owner = false;              // new not to the token alone: its owner, known for a day, was never there
};

struct Finding {
  Pattern pattern = Pattern::NewNetwork;
  Instant at;
  TokenId token;                   // none() for what is about an address
  PrincipalId principal;
  net::Address address;
  std::uint64_t count = 0;         // of what was counted: uses, refusals, networks, days, kilometres
  Where where;
  Fresh fresh;
};

struct PatternInfo {
  Pattern pattern;
  std::string_view name;           // "new_network"; the alert's rule
  ledger::Severity severity;
  std::string_view when;           // the threshold, for people
  std::string_view advice;         // what to do
};
const PatternInfo& info(Pattern pattern);
std::span<const PatternInfo> patterns();
// The pattern's, and a step more for a place that is new to the owner too.
ledger::Severity severity(const Finding& finding);

}  // namespace jeton::watch
