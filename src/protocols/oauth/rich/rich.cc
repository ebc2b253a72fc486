#include "protocols/oauth/rich/rich.h"

#include <algorithm>

namespace jeton::protocols::oauth {
namespace {

// [RFC9396 §5]
constexpr std::string_view kInvalid = "invalid_authorization_details";

bool registered(const Client& client, const apis::Details& details) {
  const auto types = details.types();
  const auto& own = client.profile.detail_types;
  return std::all_of(types.begin(), types.end(),
                     [&](const std::string& type) { return std::find(own.begin(), own.end(), type) != own.end(); });
}

}  // namespace

Or<ledger::Api> api_of_details(Rooms& rooms, const http::Form& form) {
  const auto text = form.get(kDetails).value_or("");
  const auto value = json::parse(text, {.size = apis::kMostDetails, .depth = 8});
  if (!value || value->array() == nullptr || value->array()->empty())
    return error(400, kInvalid, "a JSON array of objects, no name in one of them twice");
  ledger::Scopes types;
  for (const auto& object : *value->array()) {
    if (object.object() == nullptr || !object.string_at("type")) return error(400, kInvalid, "each object has a type");
    types.emplace_back(*object.string_at("type"));
  }
  OAUTH_TRY(auto api, apis::DetailTypes(rooms.ledger, rooms.entropy).api_of(types), kInvalid);
  return api;
}

Or<apis::Details> details_asked(Rooms& rooms, const Client& client, const ledger::Api& api, const http::Form& form) {
  const auto text = form.get(kDetails);
  if (!text) return apis::Details();
  OAUTH_TRY(const auto types, apis::DetailTypes(rooms.ledger, rooms.entropy).of(api.id), kInvalid);
  OAUTH_TRY(auto details, apis::Details::read(*text, types), kInvalid);
  if (!registered(client, details)) return error(400, kInvalid, "a type that the client is not registered for");
  return details;
}

Or<apis::Details> details_of(Rooms& rooms, const Client& client, const ledger::Token& grant, const http::Form& form) {
  apis::Details held;
  for (const auto& [name, value] : grant.metadata) {
    if (name != kDetails) continue;
    OAUTH_TRY(held, apis::Details::kept(value), kInvalid);
  }
  if (!form.get(kDetails)) return held;
  OAUTH_TRY(const auto api, rooms.ledger.api(grant.api), "invalid_target");
  if (!api) return error(400, "invalid_target", "the API is gone");
  auto wanted = details_asked(rooms, client, *api, form);
  // [RFC9396 §6] a part of what was granted, never more
  if (wanted && !wanted->within(held)) return error(400, kInvalid, "more than the grant has");
  return wanted;
}

}  // namespace jeton::protocols::oauth
