#include "authority/verify/world.h"

#include "authority/policy/scopes.h"

namespace jeton::verify {

std::uint16_t World::find_api(std::string_view called) const {
  for (std::size_t i = 0; i < within_reach(); ++i) {
    const LiveApi& api = *apis[i];
    if (!api.deleted && (api.name == called || api.id_text == called || api.audience == called)) return static_cast<std::uint16_t>(i);
  }
  return kNoApi;
}

std::uint16_t World::find_api(const ApiId& id) const {
  for (std::size_t i = 0; i < within_reach(); ++i)
    if (apis[i]->id == id) return static_cast<std::uint16_t>(i);
  return kNoApi;
}

std::shared_ptr<const LiveApi> live(const ledger::Api& api, Tokens& tokens, networks::Places& places) {
  auto out = std::make_shared<LiveApi>();
  out->id = api.id;
  out->id_text = api.id.text();
  out->name = api.name;
  out->audience = api.audience;
  out->network = compile(api.network, places);
  out->scopes = tokens.intern(policy::with_identity(api.scopes));
  out->deleted = api.deleted.has_value();
  // Routes were checked when the API was written; one that no longer reads denies by its absence.
  for (const auto& text : api.routes)
    if (auto route = http::RoutePattern::parse(text)) out->routes.push_back(std::move(*route));
  return out;
}

LiveRule live(const ledger::Rule& rule, networks::Places& places) {
  return {rule.id, compile(rule.network, places), rule.observe, rule.observe ? std::make_shared<std::atomic<std::uint64_t>>(0) : nullptr};
}

}  // namespace jeton::verify
