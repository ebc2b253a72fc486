#include "protocols/oidc/claims_request.h"

#include <algorithm>
#include <array>

#include "blocks/json/value.h"

namespace jeton::protocols::oidc {
namespace {

constexpr auto bad(std::string_view why) { return refuse(Refusal::Malformed, why); }

struct Place {
  std::string_view claim, scope;
};
constexpr std::array<Place, 5> kShown = {Place{"name", "profile"},
                                         {"preferred_username", "profile"},
                                         {"updated_at", "profile"},
                                         {"email", "email"},
                                         {"email_verified", "email"}};

// `value` and `values` of one claim, as text.
std::vector<std::string_view> values_of(const json::Value& asked) {
  std::vector<std::string_view> out;
  if (const auto value = asked.string_at("value")) out.push_back(*value);
  if (const auto* values = asked.find("values"); values != nullptr && values->array() != nullptr)
    for (const auto& v : *values->array())
      if (const auto text = v.string()) out.push_back(*text);
  return out;
}

bool essential(const json::Value& asked) {
  const auto* member = asked.find("essential");
  return member != nullptr && member->boolean().value_or(false);
}

// In the order of preference; the lowest that is named is enough.
void read_acr(const json::Value& asked, ClaimsRequest& out) {
  const auto values = values_of(asked);
  out.acr_essential = essential(asked) && !values.empty();
  for (const auto v : values)
    if (v == "1" || v == "2") out.acr = out.acr == 0 ? v[0] - '0' : std::min(out.acr, v[0] - '0');
}

Status read_part(const json::Value& all, std::string_view name, std::vector<std::string>& names, ClaimsRequest& out) {
  const auto* part = all.find(name);
  if (part == nullptr || part->is_null()) return {};
  if (part->object() == nullptr) return bad("claims: userinfo and id_token are objects");
  if (part->object()->size() > 50) return bad("claims: at most 50");
  for (const auto& [claim, asked] : *part->object()) {
    if (!asked.is_null() && asked.object() == nullptr) return bad("claims: each is null or an object");
    names.push_back(claim);
    if (claim == "sub") {
      const auto values = values_of(asked);
      if (values.size() > 1 || (!values.empty() && !out.subject.empty() && out.subject != values[0]))
        return bad("claims: one value for sub");
      if (!values.empty()) out.subject = values[0];
    }
    if (claim == "acr" && name == "id_token") read_acr(asked, out);
  }
  return {};
}

}  // namespace

Result<ClaimsRequest> read_claims_request(std::string_view text) {
  ClaimsRequest out;
  if (text.empty()) return out;
  const auto all = json::parse(text, {.size = 4096, .depth = 8});
  if (!all || all->object() == nullptr) return bad("claims: a JSON object");
  TRY_VOID(read_part(*all, "id_token", out.id_token, out));
  TRY_VOID(read_part(*all, "userinfo", out.userinfo, out));
  return out;
}

ledger::Scopes scopes_of(const ClaimsRequest& request) {
  ledger::Scopes out;
  for (const auto* names : {&request.id_token, &request.userinfo})
    for (const auto& name : *names)
      for (const auto& place : kShown)
        if (place.claim == name && std::find(out.begin(), out.end(), place.scope) == out.end()) out.emplace_back(place.scope);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace jeton::protocols::oidc
