#include "protocols/oauth/login.h"

#include "blocks/json/text.h"
#include "ground/base64url.h"

namespace jeton::protocols::oauth {
namespace {

// Of a JWT's own claims. The whole text was believed, so its payload is.
std::string act_of(std::string_view jwt) {
  const auto first = jwt.find('.');
  const auto payload = base64url::decode(jwt.substr(first + 1, jwt.find('.', first + 1) - first - 1));
  if (!payload) return {};
  const auto claims = json::parse(as_text(*payload));
  const auto* act = claims ? claims->find("act") : nullptr;
  return act == nullptr ? std::string() : json::text_of(*act);
}

}  // namespace

Result<Behind> behind(Rooms& rooms, const verify::Believed& token, std::string_view text) {
  Behind b;
  auto parent = token.parent();
  if (token.signed_token()) {
    b.act = act_of(text);
  } else {
    TRY(const auto row, rooms.ledger.token_but_use(token.id()));
    if (!row) return b;
    parent = row->parent;
    for (const auto& [name, value] : row->metadata)
      if (name == "act" && row->kind == opaque::Kind::At) b.act = value;
  }
  if (parent.none()) return b;
  TRY(auto grant, rooms.ledger.token_but_use(parent));
  if (grant && grant->kind == opaque::Kind::Rt) b.grant = grants::remembered(*std::move(grant));
  return b;
}

}  // namespace jeton::protocols::oauth
