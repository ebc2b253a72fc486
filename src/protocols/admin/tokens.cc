#include "authority/policy/scopes.h"
#include "ground/secret_pass.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

// The token the path names, if the caller may see it: their own, or any with the scope. Others do not exist for them.
Result<ledger::Token> called(Call& call, std::string_view scope) {
  const bool self = call.id == "self";
  const auto id = self ? call.caller.stands_for : TokenId::parse(call.id);
  if (!id) return refuse(Refusal::NotFound, self ? "there is no token to speak of: present one" : "no such token");
  if (!call.caller.may(scope) && call.caller.stands_for != *id) return refuse(Refusal::NotFound, "no such token");
  return call.rooms.tokens.find(*id);
}

// So that the answer tells of the last minute too. Where nothing can be written just now, what is there can still be looked at.
void write_uses(Call& call) { (void)call.rooms.upkeep.write_uses(); }

std::string api_name(Call& call, const ApiId& id) {
  const auto api = call.rooms.ledger.api(id);
  return api && *api ? (*api)->name : std::string();
}

Status answer_token(Call& call, const ledger::Token& token) {
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  open_token(w, token, api_name(call, token.api), call.now);
  w.end_object();
  return {};
}

// The record with its text, once.
personal::With answer_born(Call& call) {
  return [&call](const personal::Born& born) {
    return created(call, "/v1/tokens/" + born.record.id.text(), [&](json::Writer& w) {
      open_token(w, born.record, api_name(call, born.record.api), call.now);
      w.member("token", as_text(born.text.read(Pass::key()))).end_object();
    });
  };
}

// "principal", or "user", or "service": exactly one.
Result<ledger::Principal> principal_of(Call& call, const Body& body) {
  TRY(const auto either, body.text("principal"));
  TRY(const auto user, body.text("user"));
  TRY(const auto service, body.text("service"));
  if (either.has_value() + user.has_value() + service.has_value() != 1)
    return refuse(Refusal::Invalid, "principal: one of principal, user and service");
  if (user) return call.rooms.principals.find(PrincipalKind::User, *user);
  if (service) return call.rooms.principals.find(PrincipalKind::Service, *service);
  return call.rooms.principals.find(*either);
}

// Whoever is given a token's text can do what it can. Of the management API nobody is given more than they have.
Status no_way_up(Call& call, const ledger::Api& api, const ledger::Scopes& scopes) {
  if (api.name != apis::kManagement) return {};
  for (const auto& scope : scopes)
    if (!call.caller.may(scope)) return refuse(Refusal::Denied, "a management token cannot have scopes that its maker has not");
  return {};
}

Result<std::optional<Instant>> expiry(const Body& body, Instant now) {
  TRY(const auto at, body.time("expires"));
  TRY(const auto in, body.duration("expires_in"));
  if (at && in) return refuse(Refusal::Invalid, "expires: either expires or expires_in");
  if (in) return now + *in;
  return at;
}

Result<std::optional<ledger::OnReuse>> reuse(const Body& body) {
  TRY(const auto text, body.text("on_reuse"));
  if (!text) return std::nullopt;
  const auto choice = policy::on_reuse(*text);
  if (!choice) return refuse(Refusal::Invalid, "on_reuse: alert or revoke_family");
  return choice;
}

// Which tokens a bulk revocation names: exactly one member.
Result<ledger::EndTokens> which(Call& call, const Body& body) {
  std::optional<std::variant<ledger::TokensOf, ledger::FamilyOf>> found;
  int count = 0;
  const auto take = [&](auto id) {
    found = std::move(id);
    ++count;
  };
  for (const auto name : {"user", "service", "principal", "device", "client", "api", "family"}) {
    TRY(const auto called, body.text(name));
    if (!called) continue;
    const std::string_view noun(name);
    if (noun == "device" || noun == "client" || noun == "family") {
      const auto device = DeviceId::parse(*called);
      const auto client = ClientId::parse(*called);
      const auto family = TokenId::parse(*called);
      if (noun == "device" && device) take(ledger::TokensOf(*device));
      if (noun == "client" && client) take(ledger::TokensOf(*client));
      if (noun == "family" && family) take(ledger::FamilyOf{*family});
    } else if (noun == "api") {
      TRY(const auto api, call.rooms.apis.find(*called));
      take(ledger::TokensOf(api.id));
    } else {
      TRY(const auto p, noun == "user"      ? call.rooms.principals.find(PrincipalKind::User, *called)
                        : noun == "service" ? call.rooms.principals.find(PrincipalKind::Service, *called)
                                            : call.rooms.principals.find(*called));
      take(ledger::TokensOf(p.id));
    }
  }
  if (count != 1)
    return refuse(Refusal::Invalid, "principal: exactly one of user, service, principal, device, client, api and family, by its id");
  TRY(const auto reason, body.text("reason"));
  return ledger::EndTokens{*found, ledger::EndReason::Revoked, reason.value_or(""), call.now};
}

}  // namespace

// The same for what is made of a token there is: its holder has it already.
Status no_way_up(Call& call, const ledger::Token& token) {
  if (call.caller.stands_for == token.id) return {};
  TRY(const auto api, call.rooms.apis.find(token.api.text()));
  return no_way_up(call, api, token.scopes);
}

Status list_tokens(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {"user", "service", "principal", "device", "client", "api", "family", "kind",
                                                          "status", "expires_before", "unused_since"}));
  TRY(const auto page, page_of<TokenId>(query.page.cursor, query.page.limit));
  ledger::TokenFilter filter;
  for (const auto name : {"user", "service", "principal"}) {
    const auto called = query.get(name);
    if (!called) continue;
    TRY(const auto p, name == std::string_view("user")      ? call.rooms.principals.find(PrincipalKind::User, *called)
                      : name == std::string_view("service") ? call.rooms.principals.find(PrincipalKind::Service, *called)
                                                            : call.rooms.principals.find(*called));
    filter.principal = p.id;
  }
  if (const auto api = query.get("api")) {
    TRY(const auto found, call.rooms.apis.find(*api));
    filter.api = found.id;
  }
  bool good = true;
  const auto parsed = [&](auto& to, std::string_view name, auto&& parse) {
    if (const auto text = query.get(name)) {
      to = parse(*text);
      good = good && to.has_value();
    }
  };
  parsed(filter.device, "device", DeviceId::parse);
  parsed(filter.client, "client", ClientId::parse);
  parsed(filter.family, "family", TokenId::parse);
  parsed(filter.expires_before, "expires_before", parse_rfc3339);
  parsed(filter.unused_since, "unused_since", parse_rfc3339);
  parsed(filter.kind, "kind", [](std::string_view t) { return opaque::kind(t); });
  if (const auto status = query.get("status")) {
    good = good && (status == "live" || status == "ended" || status == "all");
    filter.show = status == "live"    ? ledger::TokenFilter::Show::Live
                  : status == "ended" ? ledger::TokenFilter::Show::Ended
                                      : ledger::TokenFilter::Show::All;
  }
  if (!good) return refuse(Refusal::Malformed, "a filter's value is not an id, time, kind or status");
  write_uses(call);
  TRY(auto items, call.rooms.ledger.tokens(filter, page, call.now));
  return answer_page(call, items, query.page.limit, [&](json::Writer& w, const ledger::Token& t) {
    open_token(w, t, api_name(call, t.api), call.now);
    w.end_object();
  });
}

Status create_token(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"principal", "user", "service", "api", "scopes", "expires", "expires_in", "device",
                                                       "allow", "deny", "limits", "name", "metadata", "on_reuse"}));
  personal::Draft draft;
  TRY(draft.principal, principal_of(call, body));
  TRY(const auto api, body.needed("api"));
  TRY(draft.api, call.rooms.apis.find(api));
  TRY(auto scopes, body.list("scopes"));
  TRY(draft.scopes, policy::canonical(std::move(scopes).value_or(std::vector<std::string>())));
  TRY(const auto device, body.text("device"));
  if (device) { TRY(draft.device, call.rooms.devices.find_or_draft(draft.principal.id, *device, call.now)); }
  TRY(auto name, body.text("name"));
  draft.name = std::move(name).value_or("");
  TRY(auto metadata, body.metadata("metadata"));
  draft.metadata = std::move(metadata).value_or(ledger::Metadata());
  TRY_VOID(read_network(call, body, draft.network));
  TRY_VOID(read_limits(body, draft.limits));
  TRY(draft.expires, expiry(body, call.now));
  TRY(draft.on_reuse, reuse(body));
  TRY_VOID(no_way_up(call, draft.api, draft.scopes));
  TRY_VOID(call.rooms.tokens.create(std::move(draft), call.doing(), answer_born(call)));
  return {};
}

Status show_token(Call& call) {
  write_uses(call);
  TRY(const auto token, called(call, "jeton:tokens:read"));
  return answer_token(call, token);
}

Status update_token(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"name", "metadata", "allow", "deny", "limits", "scopes", "expires", "expires_in",
                                                       "on_reuse", "version"}));
  TRY(auto token, called(call, "jeton:tokens:write"));
  if (!call.caller.may("jeton:tokens:write"))
    return refuse(Refusal::Denied, "a holder may inspect, rotate and revoke its token, not change it");
  // Where from and how long is power too.
  TRY_VOID(no_way_up(call, token));
  TRY_VOID(body.same_version(token.version));
  TRY(auto name, body.text("name"));
  if (name) token.name = *std::move(name);
  TRY(auto metadata, body.metadata("metadata"));
  if (metadata) token.metadata = *std::move(metadata);
  TRY_VOID(read_network(call, body, token.network));
  TRY_VOID(read_limits(body, token.limits));
  TRY(auto scopes, body.list("scopes"));
  if (scopes) { TRY(token.scopes, policy::canonical(*std::move(scopes))); }
  TRY(const auto expires, expiry(body, call.now));
  if (expires) token.expires = expires;
  TRY(const auto on_reuse, reuse(body));
  if (on_reuse) token.on_reuse = *on_reuse;
  TRY(const auto updated, call.rooms.tokens.update(std::move(token), call.doing()));
  return answer_token(call, updated);
}

Status rotate_token(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"overlap", "until", "expires", "expires_in"}));
  TRY(const auto token, called(call, "jeton:tokens:write"));
  TRY_VOID(no_way_up(call, token));
  TRY(const auto settings, policy::read_settings(call.rooms.ledger));
  personal::Rotation rotation;
  TRY(const auto overlap, body.duration("overlap"));
  rotation.overlap = overlap.value_or(settings.default_overlap);
  TRY(const auto until, body.text("until"));
  if (until == "deadline") rotation.until = ledger::Overlap::Deadline;
  else if (until == "first_use") rotation.until = ledger::Overlap::FirstUse;
  else if (until && until != "either") return refuse(Refusal::Invalid, "until: deadline, first_use or either");
  TRY(rotation.expires, expiry(body, call.now));
  // A token that was stolen must not be able to give itself a longer life.
  if (rotation.expires && token.expires && !call.caller.may("jeton:tokens:write") &&
      *rotation.expires - call.now > *token.expires - token.created)
    return refuse(Refusal::Denied, "expires: a holder's new token lives no longer than the one it holds");
  TRY_VOID(call.rooms.tokens.rotate(token.id, rotation, call.doing(), answer_born(call)));
  return {};
}

Status revoke_token(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"reason", "family", "leaked_at"}));
  TRY(const auto token, called(call, "jeton:tokens:write"));
  TRY(const auto reason, body.text("reason"));
  TRY(const auto family, body.flag("family"));
  ledger::EndTokens end{ledger::TokensOf(token.id),
                        call.caller.may("jeton:tokens:write") ? ledger::EndReason::Revoked : ledger::EndReason::HolderRevoked,
                        reason.value_or(""), call.now};
  if (family.value_or(false)) end.which = ledger::FamilyOf{token.family};
  TRY(const auto leaked_at, body.text("leaked_at"));
  if (leaked_at) end.reason = ledger::EndReason::Leaked;
  TRY(const auto ended, call.rooms.tokens.revoke(end, call.doing()));
  if (leaked_at) {
    // It has ended; whose it was still wants to know where it lay.
    const leaks::Report report{{}, token.id, *leaked_at, "scan"};
    TRY_VOID(call.rooms.leaks.take({&report, 1}, call.doing()));
  }
  call.response.field("Content-Type", "application/json");
  json::Writer w(call.response.body);
  w.object().key("ended").array();
  for (const auto& e : ended) w.string(e.id.text());
  w.end_array().end_object();
  return {};
}

Status delete_token(Call& call) {
  TRY(const auto token, called(call, "jeton:tokens:write"));
  TRY_VOID(call.rooms.tokens.revoke({ledger::TokensOf(token.id), ledger::EndReason::Revoked, {}, call.now}, call.doing()));
  call.response.status = 204;
  return {};
}

Status revoke_tokens(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"user", "service", "principal", "device", "client", "api", "family", "reason"}));
  TRY(const auto end, which(call, body));
  TRY(const auto ended, call.rooms.tokens.revoke(end, call.doing()));
  call.response.field("Content-Type", "application/json");
  json::Writer(call.response.body).object().member("ended", static_cast<std::int64_t>(ended.size())).end_object();
  return {};
}

Status create_access_token(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"scopes", "expires_in"}));
  TRY(const auto token, called(call, "jeton:tokens:write"));
  TRY_VOID(no_way_up(call, token));
  if (!personal::live(token, call.now)) return refuse(Refusal::Conflict, "the token has ended");
  // What came of a grant is renewed by its refresh token alone, never by itself.
  if (token.kind != opaque::Kind::Pat && token.kind != opaque::Kind::Key)
    return refuse(Refusal::Conflict, "only personal access tokens and API keys are exchanged");
  TRY(const auto principal, call.rooms.principals.find(token.principal.text()));
  if (principal.standing != ledger::Standing::Active) return refuse(Refusal::Denied, "the principal is disabled");
  TRY(const auto api, call.rooms.apis.find(token.api.text()));
  TRY(auto scopes, body.list("scopes"));
  TRY(auto wanted, policy::canonical(std::move(scopes).value_or(std::vector<std::string>())));
  TRY(const auto lifetime, body.duration("expires_in"));
  TRY(const auto minted,
      call.rooms.access_tokens.mint({token, api, std::move(wanted), lifetime}, *call.rooms.signing_keys.ring(), call.doing()));
  call.response.status = 201;
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  w.object().member("access_token", as_text(minted.text.read(Pass::key()))).member("token_type", "Bearer");
  w.member("expires_in", minted.expires.seconds() - call.now.seconds()).member("scope", policy::joined(minted.scopes));
  w.member("issued_token_type", "urn:ietf:params:oauth:token-type:access_token").end_object();
  return {};
}

}  // namespace jeton::protocols::admin
