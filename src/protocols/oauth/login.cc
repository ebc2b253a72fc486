#include "protocols/oauth/login.h"

#include "blocks/json/text.h"
#include "ground/base64url.h"
#include "protocols/oauth/rich/rich.h"

namespace jeton::protocols::oauth {
namespace {

// Of a JWT's own claims. The whole text was believed, so its payload is.
std::string member_of(std::string_view jwt, std::string_view name) {
  const auto first = jwt.find('.');
  const auto payload = base64url::decode(jwt.substr(first + 1, jwt.find('.', first + 1) - first - 1));
  if (!payload) return {};
  const auto claims = json::parse(as_text(*payload));
  const auto* member = claims ? claims->find(name) : nullptr;
  return member == nullptr ? std::string() : json::text_of(*member);
}

}  // namespace

Result<Behind> behind(Rooms& rooms, const verify::Believed& token, std::string_view text) {
  Behind b;
  auto parent = token.parent();
  if (token.signed_token()) {
    b.act = member_of(text, "act");
    b.details = member_of(text, kDetails);
  } else {
    TRY(const auto row, rooms.ledger.token_but_use(token.id()));
    if (!row) return b;
    parent = row->parent;
    std::string skipped;
    for (const auto& [name, value] : row->metadata)
      if (row->kind == opaque::Kind::At) (name == "act" ? b.act : name == kDetails ? b.details : skipped) = value;
  }
  if (parent.none()) return b;
  TRY(auto grant, rooms.ledger.token_but_use(parent));
  if (grant && grant->kind == opaque::Kind::Rt) b.grant = grants::remembered(*std::move(grant));
  return b;
}

Result<std::string> details_in(Rooms& rooms, const verify::Believed& token, std::string_view text) {
  if (token.client().none()) return std::string();
  if (token.signed_token()) return member_of(text, kDetails);
  if (token.kind() != opaque::Kind::At) return std::string();
  TRY(const auto row, rooms.ledger.token(token.id()));
  if (row)
    for (const auto& [name, value] : row->metadata)
      if (name == kDetails) return value;
  return std::string();
}

}  // namespace jeton::protocols::oauth
