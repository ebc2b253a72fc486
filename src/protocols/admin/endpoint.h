// One row an endpoint: the whole management API is a table of these.
#pragma once

#include <optional>

#include "protocols/problem.h"
#include "protocols/rooms.h"

namespace jeton::protocols::admin {

// Who called, once it is known.
struct Caller {
  bool administrator = false;             // of this machine, or by jeton:admin
  std::optional<TokenId> token;           // what they authenticated with
  std::optional<TokenId> stands_for;      // the same, where the ledger has it: not a signed one
  PrincipalId principal = {};             // whose token it is; none() on the socket
  ClientId client = {};                   // whom it was given to; none() where it is nobody's
  std::string scope;                      // space separated, of a management token
  audit::Actor actor;
  bool may(std::string_view needed) const;
};

struct Call {
  Rooms& rooms;
  const http::Request& request;
  http::Response& response;
  Instant now;
  Caller caller;
  std::string_view id;                    // the {…} of the path, decoded
  std::optional<personal::AnswerKey> answer_key;   // the call has an Idempotency-Key
  bool answer_kept = false;               // in the commit of what was made
  audit::Doing doing() const { return {caller.actor, now}; }
};

enum class Needs : std::uint8_t {
  Nothing,
  Scope,      // Endpoint::scope, or jeton:admin
  AnyToken,   // a live token of any API; the function looks whose
};

struct Endpoint {
  std::string_view method, path;          // "/v1/tokens/{id}/rotate"
  Needs needs;
  std::string_view scope;
  Status (*answer)(Call&);
  std::string_view operation, summary;    // OpenAPI
  std::string_view takes, gives;          // schema names; empty: no body
  int status = 200;
  std::string_view query = {};            // parameter names, space separated
};

std::span<const Endpoint> endpoints();

// Denied: a management token with scopes that the caller has not, unless it is the caller's own.
Status no_way_up(Call& call, const ledger::Token& token);

// Every noun's rows' functions.
Status list_apis(Call&);
Status create_api(Call&);
Status show_api(Call&);
Status update_api(Call&);
Status delete_api(Call&);
Status set_encryption_key(Call&);
Status share_secret(Call&);

Status list_users(Call&);
Status create_user(Call&);
Status show_user(Call&);
Status update_user(Call&);
Status disable_user(Call&);
Status enable_user(Call&);
Status delete_user(Call&);
Status set_user_password(Call&);
Status invite_user(Call&);
Status show_detail_types(Call&);
Status set_detail_types(Call&);
Status list_services(Call&);
Status create_service(Call&);
Status show_service(Call&);
Status update_service(Call&);
Status disable_service(Call&);
Status enable_service(Call&);
Status delete_service(Call&);

Status list_devices(Call&);
Status create_device(Call&);
Status show_device(Call&);
Status update_device(Call&);
Status revoke_device(Call&);

Status list_clients(Call&);
Status create_client(Call&);
Status show_client(Call&);
Status update_client(Call&);
Status rotate_client_secret(Call&);
Status delete_client(Call&);

Status show_saml_metadata(Call&);
Status list_service_providers(Call&);
Status put_service_provider(Call&);
Status show_service_provider(Call&);
Status update_service_provider(Call&);
Status delete_service_provider(Call&);
Status list_identity_providers(Call&);
Status put_identity_provider(Call&);
Status show_identity_provider(Call&);
Status delete_identity_provider(Call&);
Status list_saml_links(Call&);
Status delete_saml_link(Call&);
Status list_saml_keys(Call&);
Status rotate_saml_key(Call&);

Status list_tokens(Call&);
Status create_token(Call&);
Status show_token(Call&);
Status update_token(Call&);
Status rotate_token(Call&);
Status revoke_token(Call&);
Status delete_token(Call&);
Status quarantine_token(Call&);
Status release_token(Call&);
Status list_token_uses(Call&);
Status revoke_tokens(Call&);
Status create_access_token(Call&);

Status list_sessions(Call&);
Status revoke_session(Call&);
Status revoke_sessions(Call&);
Status list_keys(Call&);
Status rotate_key(Call&);
Status retire_key(Call&);
Status adopt_key(Call&);
Status rotate_pepper(Call&);
Status rotate_data_key(Call&);
Status rotate_master_key(Call&);
Status list_guards(Call&);
Status run_selftests(Call&);
Status crypto_report(Call&);
Status show_selftests(Call&);
Status list_rules(Call&);
Status create_rule(Call&);
Status show_rule(Call&);
Status delete_rule(Call&);
Status show_api_credits(Call&);
Status add_api_credits(Call&);
Status show_user_credits(Call&);
Status add_user_credits(Call&);
Status show_service_credits(Call&);
Status add_service_credits(Call&);
Status show_client_credits(Call&);
Status add_client_credits(Call&);
Status show_token_credits(Call&);
Status add_token_credits(Call&);
Status list_networks(Call&);
Status create_network(Call&);
Status show_network(Call&);
Status update_network(Call&);
Status delete_network(Call&);
Status list_audit(Call&);
Status list_alerts(Call&);
Status acknowledge_alert(Call&);
Status list_webhooks(Call&);
Status create_webhook(Call&);
Status show_webhook(Call&);
Status delete_webhook(Call&);
Status test_webhook(Call&);
Status list_streams(Call&);
Status create_stream(Call&);
Status show_stream(Call&);
Status delete_stream(Call&);
Status list_deliveries(Call&);
Status show_delivery(Call&);
Status redeliver(Call&);
Status report_leaks(Call&);
Status read_feed(Call&);
Status show_settings(Call&);
Status update_settings(Call&);
Status make_backup(Call&);

Status check_tokens(Call&);
Status why(Call&);
Status openapi(Call&);

}  // namespace jeton::protocols::admin
