// What changes seldom and is read always: APIs, the installation's rules, keys, peppers. Swapped whole.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "authority/keys/key_ring.h"
#include "authority/keys/pepper_set.h"
#include "authority/verify/tokens.h"
#include "blocks/http/route.h"

namespace jeton::verify {

struct LiveApi {
  ApiId id;
  std::string id_text, name, audience;
  std::vector<http::RoutePattern> routes;
  CompiledRule network;
  std::uint32_t scopes = 0;   // a handle; its tokens have no others
  bool deleted = false;
};

struct LiveRule {
  RuleId id;
  CompiledRule network;
  bool observe = false;
  // Of one that observes: how many calls it would have refused.
  std::shared_ptr<std::atomic<std::uint64_t>> observed = {};
};

// Immutable. Apis keep their handle (the place in `apis`) for the life of the process.
struct World {
  std::vector<std::shared_ptr<const LiveApi>> apis;
  std::vector<LiveRule> rules;
  bool observes = false;   // whether one of the rules observes
  std::string issuer;
  std::shared_ptr<const keys::KeyRing> ring;
  std::shared_ptr<const keys::PepperSet> peppers;

  static constexpr std::uint16_t kNoApi = UINT16_MAX;
  // More APIs than there are handles are not known: their tokens are no other API's.
  std::size_t within_reach() const { return std::min<std::size_t>(apis.size(), kNoApi); }
  // By name, id text or audience; not the deleted ones.
  std::uint16_t find_api(std::string_view called) const;
  std::uint16_t find_api(const ApiId& id) const;
};

std::shared_ptr<const LiveApi> live(const ledger::Api& api, Tokens& tokens, networks::Places& places);
LiveRule live(const ledger::Rule& rule, networks::Places& places);

}  // namespace jeton::verify
