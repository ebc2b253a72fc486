// OpenAPI 3.1, made of the endpoint table: what is not in the table is not described, and the reverse.
#include <algorithm>
#include <array>
#include <set>

#include "blocks/json/writer.h"
#include "protocols/admin/endpoint.h"

namespace jeton::protocols::admin {
namespace {

struct Schema {
  std::string_view name;
  // "member:type" separated by spaces; "!" behind a type: always there, "?": may be null.
  // Types: text time integer flag texts object any id, and names of other schemas, "[Name]" for lists.
  std::string_view members;
};

constexpr Schema kSchemas[] = {
    {"Api",
     "id:text! name:text! audience:text! scopes:texts! format:text! alg:text! encryption:text? routes:texts! allow:texts! deny:texts! limits:texts! access_ttl:text! created:time! updated:time! version:integer!"},
    {"ApiDraft",
     "name:text audience:text scopes:texts format:text alg:text routes:texts allow:texts deny:texts limits:texts access_ttl:text version:integer"},
    {"User",
     "id:text! name:text! email:text? status:text! allow:texts! deny:texts! limits:texts! metadata:object! created:time! updated:time! version:integer!"},
    {"ServiceAccount",
     "id:text! name:text! status:text! allow:texts! deny:texts! limits:texts! metadata:object! created:time! updated:time! version:integer!"},
    {"PrincipalDraft", "name:text email:text? allow:texts deny:texts limits:texts metadata:object version:integer"},
    {"UserDraft", "name:text email:text? allow:texts deny:texts limits:texts metadata:object version:integer password:text"},
    {"Device", "id:text! principal:text! name:text! allow:texts! deny:texts! revoked:time? created:time! updated:time! version:integer!"},
    {"DeviceDraft", "principal:text name:text allow:texts deny:texts version:integer"},
    {"Client",
     "id:text! name:text! type:text! redirect_uris:texts! scopes:texts! status:text! secrets:[ClientSecret]! allow:texts! deny:texts! limits:texts! secret:text token_endpoint_auth_method:text grant_types:texts post_logout_redirect_uris:texts jwks:object jwks_uri:text authorization_details_types:texts tls_client_auth_subject_dn:text backchannel_logout_uri:text tls_client_auth_san_dns:text tls_client_auth_san_uri:text tls_client_certificate_bound_access_tokens:flag backchannel_logout_session_required:flag userinfo_signed_response_alg:text introspection_signed_response_alg:text request_object_signing_alg:text require_signed_request_object:flag client_uri:text id_token_signed_response_alg:text dpop_bound_access_tokens:flag require_pushed_authorization_requests:flag access_token_ttl:integer refresh_token_ttl:integer first_party:flag nonce_for_pkce:flag fapi2:flag client_id_document:text created:time! updated:time! version:integer!"},
    {"ClientSecret", "hint:text! created:time! ends:time?"},
    {"ClientDraft",
     "name:text type:text redirect_uris:texts scopes:texts allow:texts deny:texts limits:texts version:integer token_endpoint_auth_method:text grant_types:texts post_logout_redirect_uris:texts jwks:object jwks_uri:text authorization_details_types:texts tls_client_auth_subject_dn:text backchannel_logout_uri:text tls_client_auth_san_dns:text tls_client_auth_san_uri:text tls_client_certificate_bound_access_tokens:flag backchannel_logout_session_required:flag userinfo_signed_response_alg:text introspection_signed_response_alg:text request_object_signing_alg:text require_signed_request_object:flag client_uri:text id_token_signed_response_alg:text dpop_bound_access_tokens:flag require_pushed_authorization_requests:flag access_token_ttl:integer refresh_token_ttl:integer first_party:flag nonce_for_pkce:flag fapi2:flag"},
    {"SamlMetadata", "metadata:text!"},
    {"ServiceProvider",
     "id:text! entity:text! name_format:text! encrypt:flag! signs_requests:flag! attributes:object! consumers:texts! signature_algorithm:text! signed_with:text! exchange_scope:text? client:text? metadata_url:text? metadata_fetched:time? metadata_trouble:text? created:time! updated:time!"},
    {"ServiceProviderDraft",
     "metadata:text metadata_url:text metadata_certificate:text name_format:text encrypt:flag attributes:object exchange_scope:text client:text signature_algorithm:text"},
    {"ServiceProviderChange", "name_format:text encrypt:flag attributes:object exchange_scope:text client:text signature_algorithm:text"},
    {"IdentityProvider",
     "id:text! entity:text! name:text! attributes:object! create_users:flag! link_by_email:flag! allow_unsolicited:flag! accept_grants:flag! email_domains:texts! clients:texts! login:text! metadata_url:text? metadata_fetched:time? metadata_trouble:text? created:time! updated:time!"},
    {"IdentityProviderDraft",
     "metadata:text metadata_url:text metadata_certificate:text name:text attributes:object create_users:flag link_by_email:flag allow_unsolicited:flag accept_grants:flag email_domains:texts clients:texts"},
    {"IdentityProviderList", "items:[IdentityProvider]! next:text?"},
    {"SamlLink", "id:text! user:text! provider:text! name:text! how:text! created:time!"},
    {"SamlLinkList", "items:[SamlLink]! next:text?"},
    {"SamlKey",
     "id:text! state:text! bits:integer! created:time! age:text! retired:time? published_until:time? opens_until:time? destroyed:time?"},
    {"SamlKeyList", "items:[SamlKey]! next:text?"},
    {"ServiceProviderList", "items:[ServiceProvider]! next:text?"},
    {"SecretRotation", "overlap:text"},
    {"Token",
     "id:text! kind:text! principal:text! device:text? api:text! api_name:text? client:text? scopes:texts! name:text! metadata:object! hint:text! status:text! allow:texts! deny:texts! limits:texts! created:time! expires:time? ended:time? end_reason:text? end_note:text? family:text! predecessor:text? successor:text? parent:text? overlap_until:time? on_reuse:text! last_used:time? last_address:text? version:integer!"},
    {"NewToken",
     "id:text! kind:text! principal:text! device:text? api:text! api_name:text? client:text? scopes:texts! name:text! metadata:object! hint:text! status:text! allow:texts! deny:texts! limits:texts! created:time! expires:time? ended:time? end_reason:text? end_note:text? family:text! predecessor:text? successor:text? parent:text? overlap_until:time? on_reuse:text! last_used:time? last_address:text? version:integer! token:text!"},
    {"TokenDraft",
     "principal:text user:text service:text api:text! scopes:texts! expires:time expires_in:text device:text allow:texts deny:texts limits:texts name:text metadata:object on_reuse:text"},
    {"TokenChange",
     "name:text metadata:object allow:texts deny:texts limits:texts scopes:texts expires:time expires_in:text on_reuse:text version:integer"},
    {"Rotation", "overlap:text until:text expires:time expires_in:text"},
    {"Revocation", "reason:text family:flag leaked_at:text"},
    {"HoldOrder", "reason:text"},
    {"Credits", "granted:integer? spent:integer! left:integer?"},
    {"CreditsOrder", "add:integer!"},
    {"TokenDay", "day:text! count:integer! last:time! network:text? agent:text?"},
    {"TokenUses", "items:[TokenDay]! next:text?"},
    {"RevokedTokens", "ended:texts!"},
    {"BulkRevocation", "user:text service:text principal:text device:text client:text api:text family:text reason:text"},
    {"RevokedCount", "ended:integer!"},
    {"AccessTokenOrder", "scopes:texts expires_in:text"},
    {"AccessToken", "access_token:text! token_type:text! expires_in:integer! scope:text! issued_token_type:text!"},
    {"Session",
     "id:text! user:text! user_name:text! agent:text! last_address:text? created:time! authenticated:time! methods:texts! last_used:time! expires:time?"},
    {"SessionRevocation", "user:text!"},
    {"PasswordOrder", "password:text!"},
    {"InviteOrder", "expires_in:text mail:flag"},
    {"Invitation", "url:text? mailed:text? user:text! expires:time!"},
    {"Key",
     "id:text! kid:text! alg:text! api:text? state:text! created:time! activated:time? retired:time? destroyed:time? age:text due:text? due_at:time? trouble:text?"},
    {"KeyRotation", "alg:text api:text emergency:flag"},
    {"KeyRetirement", "now:flag"},
    {"Pepper", "pepper:integer!"},
    {"KeyAdoption", "alg:text api:text pkcs11:text!"},
    {"DataKeyNumber", "data_key:integer!"},
    {"MasterKeyRotation", "to:text"},
    {"MasterKeyNext", "next:text!"},
    {"KeysAtRest", "master_keys:texts! data_keys:[DataKey]! peppers:[PepperInUse]!"},
    {"DataKey", "number:integer! state:text! created:time! age:text! retired:time? wrapped_by:texts!"},
    {"PepperInUse",
     "number:integer! state:text! active:flag! created:time! age:text! activated:time? retired:time? destroyed:time? tokens:integer! ended_tokens:integer! "
     "client_secrets:integer! registrations:integer! tickets:integer! recovery_codes:integer! note:text?"},
    {"CryptoReport", "at:time! installation:text! items:[CryptoItem]! next:text?"},
    {"CryptoItem",
     "kind:text! name:text! use:text! algorithm:text! jose:text? bits:integer! state:text? count:integer! created:time? due:time? verdict:text! policy:text! attention:flag! note:text?"},
    {"DetailTypes", "types:[DetailType]!"},
    {"DetailType", "type:text! actions:texts locations:texts datatypes:texts privileges:texts members:texts"},
    {"EncryptionKeyOrder", "alg:text! jwk:object"},
    {"EncryptionKey", "api:text! alg:text! enc:text! kid:text! secret:flag! jwk:object!"},
    {"SharedSecretOrder", "jwk:object"},
    {"SharedSecret", "api:text! alg:text! kid:text! jwk:object!"},
    {"SelfTests", "passed:flag! items:[SelfTest]!"},
    {"SelfTest", "algorithm:text! passed:flag! in_service:flag! source:text! microseconds:integer! at:time!"},
    {"Rule", "id:text! name:text! allow:texts! deny:texts! mode:text! observed:integer created:time! updated:time! version:integer!"},
    {"RuleDraft", "name:text allow:texts deny:texts mode:text"},
    {"Network", "name:text! prefixes:texts! users:texts created:time! updated:time! version:integer!"},
    {"NetworkDraft", "name:text prefixes:texts! version:integer"},
    {"NetworkList", "items:[Network]! next:text?"},
    {"Webhook", "id:text! url:text! events:texts! status:text! note:text! created:time! waiting:integer"},
    {"NewWebhook", "id:text! url:text! events:texts! status:text! note:text! created:time! secret:text!"},
    {"WebhookDraft", "url:text! events:texts note:text"},
    {"WebhookList", "items:[Webhook]! next:text?"},
    {"Stream",
     "id:text! owner:text! audience:text! url:text? events:texts! format:text! status:text! reason:text? description:text! created:time! waiting:integer"},
    {"StreamDraft", "owner:text url:text audience:text events:texts authorization:text format:text description:text"},
    {"StreamList", "items:[Stream]! next:text?"},
    {"Delivery",
     "id:text! webhook:text? stream:text? recipient:text? event:text! state:text! attempts:integer! status:integer? trouble:text? created:time! next_attempt:time? ended:time? body:any?"},
    {"DeliveryList", "items:[Delivery]! next:text?"},
    {"AuditEvent",
     "number:integer! id:text! at:time! actor:text! action:text! target:text! detail:object! address:text? request_id:text! trace_id:text?"},
    {"Alert",
     "id:text! rule:text! severity:text! token:text? family:text? principal:text? evidence:object! count:integer! first:time! last:time! acknowledged:time?"},
    {"FeedEntry", "seq:integer! at:time! kind:text! subject:text! reason:text!"},
    {"Feed", "items:[FeedEntry]! last:integer! epoch:text!"},
    {"Settings",
     "brand:text max_token_lifetime:text default_token_lifetime:text default_overlap:text key_rotation:text rsa_bits:text on_reuse:text client_registration:text dpop_nonce:text client_documents:text session_idle:text session_lifetime:text refresh_idle:text refresh_lifetime:text watch_mute:text watch_revoke:text on_leak:text watch_action:text token_limit:text address_limit:text"},
    {"BackupOrder", "name:text!"},
    {"Check", "token:text api:text scope:text scopes:texts ip:text method:text path:text checks:[CheckOne]"},
    {"CheckOne", "token:text! api:text scope:text scopes:texts ip:text method:text path:text"},
    {"CheckResult", "active:flag token:any? decision:Decision as_of:AsOf items:[CheckOneResult]"},
    {"CheckOneResult", "active:flag! token:any? decision:Decision! as_of:AsOf!"},
    {"Decision", "allow:flag! reason:text scope:text rule:text retry_after:integer"},
    {"AsOf", "seq:integer! age_ms:integer! epoch:text!"},
    {"WhyQuestion", "token:text! api:text scope:text scopes:texts ip:text method:text path:text at:time"},
    {"WhyAnswer", "allow:flag! reason:text! steps:[WhyStep]! observed:texts! token:any?"},
    {"WhyStep", "check:text! ok:flag! detail:text! rule:text?"},
    {"ApiList", "items:[Api]! next:text?"},
    {"UserList", "items:[User]! next:text?"},
    {"ServiceAccountList", "items:[ServiceAccount]! next:text?"},
    {"DeviceList", "items:[Device]! next:text?"},
    {"ClientList", "items:[Client]! next:text?"},
    {"TokenList", "items:[Token]! next:text?"},
    {"SessionList", "items:[Session]! next:text?"},
    {"KeyList", "items:[Key]! next:text?"},
    {"RuleList", "items:[Rule]! next:text?"},
    {"AuditList", "items:[AuditEvent]! next:text?"},
    {"AlertList", "items:[Alert]! next:text?"},
    {"Any", ""},
    {"FieldError", "field:text! detail:text!"},
    {"Problem", "type:text! title:text! status:integer! detail:text request_id:text! errors:[FieldError]"},
};

void reference(json::Writer& w, std::string_view schema) {
  w.object().member("$ref", "#/components/schemas/" + std::string(schema)).end_object();
}

void type(json::Writer& w, std::string_view name, bool nullable) {
  const auto plain = [&](std::string_view json_type, std::string_view format = {}) {
    w.object();
    if (nullable) w.key("type").array().string(json_type).string("null").end_array();
    else w.member("type", json_type);
    if (!format.empty()) w.member("format", format);
    w.end_object();
  };
  if (name == "text") return plain("string");
  if (name == "time") return plain("string", "date-time");
  if (name == "integer") return plain("integer");
  if (name == "flag") return plain("boolean");
  if (name == "object") return plain("object");
  if (name == "any") return void(w.object().end_object());
  if (name == "texts") {
    w.object().member("type", "array").key("items").object().member("type", "string").end_object().end_object();
  } else if (name.starts_with('[')) {
    w.object().member("type", "array").key("items");
    reference(w, name.substr(1, name.size() - 2));
    w.end_object();
  } else {
    reference(w, name);
  }
}

void schema(json::Writer& w, const Schema& s) {
  w.key(s.name).object().member("type", "object");
  std::vector<std::string> required;
  if (!s.members.empty()) w.key("properties").object();
  for (auto left = s.members; !left.empty();) {
    auto word = left.substr(0, left.find(' '));
    left.remove_prefix(std::min(word.size() + 1, left.size()));
    const char mark = word.back();
    if (mark == '!' || mark == '?') word.remove_suffix(1);
    const auto colon = word.find(':');
    const auto member = word.substr(0, colon);
    if (mark == '!') required.emplace_back(member);
    w.key(member);
    type(w, word.substr(colon + 1), mark == '?');
  }
  if (!s.members.empty()) w.end_object();
  if (!required.empty()) w.strings("required", required);
  w.end_object();
}

void parameters(json::Writer& w, const Endpoint& e) {
  const bool has_id = e.path.find("{id}") != std::string_view::npos;
  const bool creates = e.status == 201;
  if (!has_id && e.query.empty() && !creates) return;
  w.key("parameters").array();
  const auto one = [&](std::string_view name, std::string_view in, std::string_view json_type) {
    w.object().member("name", name).member("in", in).flag("required", in == "path");
    w.key("schema").object().member("type", json_type).end_object().end_object();
  };
  if (has_id) one("id", "path", "string");
  for (auto left = e.query; !left.empty();) {
    const auto word = left.substr(0, left.find(' '));
    left.remove_prefix(std::min(word.size() + 1, left.size()));
    one(word, "query", word == "limit" || word == "after" ? "integer" : "string");
  }
  if (creates) one("Idempotency-Key", "header", "string");
  w.end_array();
}

void content(json::Writer& w, std::string_view media_type, std::string_view schema_name) {
  w.key("content").object().key(media_type).object().key("schema");
  reference(w, schema_name);
  w.end_object().end_object();
}

void operation(json::Writer& w, const Endpoint& e) {
  std::string method(e.method);
  for (auto& c : method) c = static_cast<char>(c + 32);
  const auto noun = e.path.substr(4, e.path.find('/', 4) - 4);
  w.key(method).object().member("operationId", e.operation).member("summary", e.summary);
  w.key("tags").array().string(noun.starts_with("openapi") ? "description" : noun).end_array();
  w.key("security").array();
  if (e.needs != Needs::Nothing) w.object().key("bearer").array().end_array().end_object();
  w.end_array();
  parameters(w, e);
  if (!e.takes.empty()) {
    w.key("requestBody").object().flag("required", true);
    content(w, "application/json", e.takes);
    w.end_object();
  }
  w.key("responses").object().key(std::to_string(e.status)).object();
  w.member("description", e.gives.empty() ? "Done" : "The answer");
  if (!e.gives.empty()) content(w, "application/json", e.gives);
  w.end_object().key("4XX").object().member("description", "Refused");
  content(w, "application/problem+json", "Problem");
  w.end_object().end_object().end_object();
}

void tags(json::Writer& w) {
  std::set<std::string_view> nouns;
  for (const auto& e : endpoints()) nouns.insert(e.path.substr(4, e.path.find('/', 4) - 4));
  w.key("tags").array();
  for (const auto noun : nouns)
    w.object()
        .member("name", noun.starts_with("openapi") ? "description" : noun)
        .member("description", "About " + std::string(noun))
        .end_object();
  w.end_array();
}

void paths(json::Writer& w) {
  std::set<std::string_view> written;
  w.key("paths").object();
  for (const auto& e : endpoints()) {
    if (!written.insert(e.path).second) continue;
    w.key(e.path).object();
    for (const auto& other : endpoints())
      if (other.path == e.path) operation(w, other);
    w.end_object();
  }
  w.end_object();
}

}  // namespace

Status openapi(Call& call) {
  call.response.field("Content-Type", "application/json");
  json::Writer w(call.response.body);
  w.object().member("openapi", "3.1.0");
  w.key("info").object().member("title", "Jeton management API").member("version", "1");
  w.member("description", "Create, check, restrict, watch and revoke API tokens.");
  w.key("license").object().member("name", "Apache-2.0").member("url", "https://www.apache.org/licenses/LICENSE-2.0").end_object();
  w.end_object();
  w.key("servers").array().object().member("url", call.rooms.facts.issuer).end_object().end_array();
  tags(w);
  paths(w);
  w.key("components").object().key("securitySchemes").object().key("bearer").object();
  w.member("type", "http").member("scheme", "bearer").member("description", "A token of the built-in API \"jeton\"");
  w.end_object().end_object().key("schemas").object();
  for (const auto& s : kSchemas) schema(w, s);
  w.end_object().end_object().end_object();
  return {};
}

}  // namespace jeton::protocols::admin
