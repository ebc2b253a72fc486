#include "protocols/admin/endpoint.h"

namespace jeton::protocols::admin {
namespace {

constexpr std::string_view kTokenFilters = "user service principal device client api family kind status expires_before unused_since limit cursor";
using enum Needs;

constexpr Endpoint kEndpoints[] = {
    {"GET", "/v1/apis", Scope, "jeton:apis:read", list_apis, "listApis", "List APIs", "", "ApiList", 200, "limit cursor"},
    {"POST", "/v1/apis", Scope, "jeton:apis:write", create_api, "createApi", "Create an API", "ApiDraft", "Api", 201},
    {"GET", "/v1/apis/{id}", Scope, "jeton:apis:read", show_api, "showApi", "Show an API", "", "Api"},
    {"PATCH", "/v1/apis/{id}", Scope, "jeton:apis:write", update_api, "updateApi", "Change an API", "ApiDraft", "Api"},
    {"POST", "/v1/apis/{id}/encryption-key", Scope, "jeton:apis:write", set_encryption_key, "setEncryptionKey", "Encrypt the API's access tokens to a key", "EncryptionKeyOrder", "EncryptionKey", 201},
    {"GET", "/v1/apis/{id}/credits", Scope, "jeton:apis:read", show_api_credits, "showApiCredits", "Show what is left of the calls granted to an API", "", "Credits"},
    {"POST", "/v1/apis/{id}/credits", Scope, "jeton:apis:write", add_api_credits, "addApiCredits", "Grant more calls to an API", "CreditsOrder", "Credits", 201},
    {"GET", "/v1/apis/{id}/authorization-details", Scope, "jeton:apis:read", show_detail_types, "showDetailTypes", "Show which authorization details an API takes", "", "DetailTypes"},
    {"POST", "/v1/apis/{id}/authorization-details", Scope, "jeton:apis:write", set_detail_types, "setDetailTypes", "Say which authorization details an API takes, in place of what was there", "DetailTypes", "DetailTypes"},
    {"DELETE", "/v1/apis/{id}", Scope, "jeton:apis:write", delete_api, "deleteApi", "Delete an API and end its tokens", "", "", 204},

    {"GET", "/v1/users", Scope, "jeton:users:read", list_users, "listUsers", "List users", "", "UserList", 200, "limit cursor"},
    {"POST", "/v1/users", Scope, "jeton:users:write", create_user, "createUser", "Create a user", "UserDraft", "User", 201},
    {"GET", "/v1/users/{id}", Scope, "jeton:users:read", show_user, "showUser", "Show a user", "", "User"},
    {"PATCH", "/v1/users/{id}", Scope, "jeton:users:write", update_user, "updateUser", "Change a user", "UserDraft", "User"},
    {"POST", "/v1/users/{id}/disable", Scope, "jeton:users:write", disable_user, "disableUser", "Refuse the user's tokens until enabled", "", "User"},
    {"POST", "/v1/users/{id}/enable", Scope, "jeton:users:write", enable_user, "enableUser", "Let the user's tokens in again", "", "User"},
    {"POST", "/v1/users/{id}/password", Scope, "jeton:users:write", set_user_password, "setUserPassword", "Set a user's password and end the user's sessions", "PasswordOrder", "", 204},
    {"POST", "/v1/users/{id}/invite", Scope, "jeton:users:write", invite_user, "inviteUser", "Make a link that lets the user choose a password, once", "InviteOrder", "Invitation", 201},
    {"GET", "/v1/users/{id}/credits", Scope, "jeton:users:read", show_user_credits, "showUserCredits", "Show what is left of the calls granted to a user", "", "Credits"},
    {"POST", "/v1/users/{id}/credits", Scope, "jeton:users:write", add_user_credits, "addUserCredits", "Grant more calls to a user", "CreditsOrder", "Credits", 201},
    {"DELETE", "/v1/users/{id}", Scope, "jeton:users:write", delete_user, "deleteUser", "Delete a user and end the user's tokens", "", "", 204},

    {"GET", "/v1/service-accounts", Scope, "jeton:service-accounts:read", list_services, "listServiceAccounts", "List service accounts", "", "ServiceAccountList", 200, "limit cursor"},
    {"POST", "/v1/service-accounts", Scope, "jeton:service-accounts:write", create_service, "createServiceAccount", "Create a service account", "PrincipalDraft", "ServiceAccount", 201},
    {"GET", "/v1/service-accounts/{id}", Scope, "jeton:service-accounts:read", show_service, "showServiceAccount", "Show a service account", "", "ServiceAccount"},
    {"PATCH", "/v1/service-accounts/{id}", Scope, "jeton:service-accounts:write", update_service, "updateServiceAccount", "Change a service account", "PrincipalDraft", "ServiceAccount"},
    {"POST", "/v1/service-accounts/{id}/disable", Scope, "jeton:service-accounts:write", disable_service, "disableServiceAccount", "Refuse its tokens until enabled", "", "ServiceAccount"},
    {"POST", "/v1/service-accounts/{id}/enable", Scope, "jeton:service-accounts:write", enable_service, "enableServiceAccount", "Let its tokens in again", "", "ServiceAccount"},
    {"GET", "/v1/service-accounts/{id}/credits", Scope, "jeton:service-accounts:read", show_service_credits, "showServiceAccountCredits", "Show what is left of the calls granted to a service account", "", "Credits"},
    {"POST", "/v1/service-accounts/{id}/credits", Scope, "jeton:service-accounts:write", add_service_credits, "addServiceAccountCredits", "Grant more calls to a service account", "CreditsOrder", "Credits", 201},
    {"DELETE", "/v1/service-accounts/{id}", Scope, "jeton:service-accounts:write", delete_service, "deleteServiceAccount", "Delete a service account and end its tokens", "", "", 204},

    {"GET", "/v1/devices", Scope, "jeton:devices:read", list_devices, "listDevices", "List devices", "", "DeviceList", 200, "principal limit cursor"},
    {"POST", "/v1/devices", Scope, "jeton:devices:write", create_device, "createDevice", "Create a device", "DeviceDraft", "Device", 201},
    {"GET", "/v1/devices/{id}", Scope, "jeton:devices:read", show_device, "showDevice", "Show a device", "", "Device"},
    {"PATCH", "/v1/devices/{id}", Scope, "jeton:devices:write", update_device, "updateDevice", "Change a device", "DeviceDraft", "Device"},
    {"POST", "/v1/devices/{id}/revoke", Scope, "jeton:devices:write", revoke_device, "revokeDevice", "Revoke a device and end its tokens", "", "Device"},

    {"GET", "/v1/clients", Scope, "jeton:clients:read", list_clients, "listClients", "List OAuth clients", "", "ClientList", 200, "limit cursor"},
    {"POST", "/v1/clients", Scope, "jeton:clients:write", create_client, "createClient", "Create an OAuth client", "ClientDraft", "Client", 201},
    {"GET", "/v1/clients/{id}", Scope, "jeton:clients:read", show_client, "showClient", "Show a client", "", "Client"},
    {"PATCH", "/v1/clients/{id}", Scope, "jeton:clients:write", update_client, "updateClient", "Change a client", "ClientDraft", "Client"},
    {"POST", "/v1/clients/{id}/rotate-secret", Scope, "jeton:clients:write", rotate_client_secret, "rotateClientSecret", "Give a client a new secret beside the old one", "SecretRotation", "Client"},
    {"GET", "/v1/clients/{id}/credits", Scope, "jeton:clients:read", show_client_credits, "showClientCredits", "Show what is left of the calls granted to a client", "", "Credits"},
    {"POST", "/v1/clients/{id}/credits", Scope, "jeton:clients:write", add_client_credits, "addClientCredits", "Grant more calls to a client", "CreditsOrder", "Credits", 201},
    {"DELETE", "/v1/clients/{id}", Scope, "jeton:clients:write", delete_client, "deleteClient", "Delete a client and end its tokens", "", "", 204},

    {"GET", "/v1/saml-metadata", Scope, "jeton:clients:read", show_saml_metadata, "showSamlMetadata", "Show our SAML metadata", "", "SamlMetadata"},
    {"GET", "/v1/saml-service-providers", Scope, "jeton:clients:read", list_service_providers, "listServiceProviders", "List SAML service providers", "", "ServiceProviderList"},
    {"POST", "/v1/saml-service-providers", Scope, "jeton:clients:write", put_service_provider, "putServiceProvider", "Register a SAML service provider by its metadata, or replace it", "ServiceProviderDraft", "ServiceProvider"},
    {"GET", "/v1/saml-service-providers/{id}", Scope, "jeton:clients:read", show_service_provider, "showServiceProvider", "Show a SAML service provider", "", "ServiceProvider"},
    {"DELETE", "/v1/saml-service-providers/{id}", Scope, "jeton:clients:write", delete_service_provider, "deleteServiceProvider", "Delete a SAML service provider", "", "", 204},
    {"GET", "/v1/saml-identity-providers", Scope, "jeton:clients:read", list_identity_providers, "listIdentityProviders", "List SAML identity providers", "", "IdentityProviderList"},
    {"POST", "/v1/saml-identity-providers", Scope, "jeton:clients:write", put_identity_provider, "putIdentityProvider", "Register a SAML identity provider by its metadata, or replace it", "IdentityProviderDraft", "IdentityProvider"},
    {"GET", "/v1/saml-identity-providers/{id}", Scope, "jeton:clients:read", show_identity_provider, "showIdentityProvider", "Show a SAML identity provider", "", "IdentityProvider"},
    {"DELETE", "/v1/saml-identity-providers/{id}", Scope, "jeton:clients:write", delete_identity_provider, "deleteIdentityProvider", "Delete a SAML identity provider", "", "", 204},
    {"GET", "/v1/users/{id}/saml-links", Scope, "jeton:users:read", list_saml_links, "listSamlLinks", "List the names at identity providers that a user is known by", "", "SamlLinkList"},
    {"DELETE", "/v1/saml-links/{id}", Scope, "jeton:users:write", delete_saml_link, "deleteSamlLink", "Take such a name away from its user", "", "", 204},
    {"GET", "/v1/saml-keys", Scope, "jeton:keys:read", list_saml_keys, "listSamlKeys", "List the keys that SAML assertions for us are encrypted to", "", "SamlKeyList"},
    {"POST", "/v1/saml-keys/rotate", Scope, "jeton:keys:write", rotate_saml_key, "rotateSamlKey", "Publish a new key for SAML assertions to be encrypted to", "", "SamlKey", 201},

    {"GET", "/v1/tokens", Scope, "jeton:tokens:read", list_tokens, "listTokens", "List tokens", "", "TokenList", 200, kTokenFilters},
    {"POST", "/v1/tokens", Scope, "jeton:tokens:write", create_token, "createToken", "Create a personal access token or an API key", "TokenDraft", "NewToken", 201},
    {"POST", "/v1/tokens/revoke", Scope, "jeton:tokens:write", revoke_tokens, "revokeTokens", "Revoke all tokens of somebody or something", "BulkRevocation", "RevokedCount"},
    {"GET", "/v1/tokens/{id}", AnyToken, "", show_token, "showToken", "Show a token; a holder may show its own, as \"self\" too", "", "Token"},
    {"PATCH", "/v1/tokens/{id}", AnyToken, "", update_token, "updateToken", "Rename or narrow a token", "TokenChange", "Token"},
    {"POST", "/v1/tokens/{id}/rotate", AnyToken, "", rotate_token, "rotateToken", "Make a successor that overlaps with the token", "Rotation", "NewToken", 201},
    {"POST", "/v1/tokens/{id}/revoke", AnyToken, "", revoke_token, "revokeToken", "Revoke a token", "Revocation", "RevokedTokens"},
    {"POST", "/v1/tokens/{id}/quarantine", Scope, "jeton:tokens:write", quarantine_token, "quarantineToken", "Refuse a token until it is released", "HoldOrder", "Token"},
    {"POST", "/v1/tokens/{id}/release", Scope, "jeton:tokens:write", release_token, "releaseToken", "Let a token in again that was quarantined, challenged or throttled", "HoldOrder", "Token"},
    {"GET", "/v1/tokens/{id}/uses", Scope, "jeton:tokens:read", list_token_uses, "listTokenUses", "Say on which days a token was let in, and from where last", "", "TokenUses"},
    {"GET", "/v1/tokens/{id}/credits", Scope, "jeton:tokens:read", show_token_credits, "showTokenCredits", "Show what is left of the calls granted to a token", "", "Credits"},
    {"POST", "/v1/tokens/{id}/credits", Scope, "jeton:tokens:write", add_token_credits, "addTokenCredits", "Grant more calls to a token", "CreditsOrder", "Credits", 201},
    {"DELETE", "/v1/tokens/{id}", AnyToken, "", delete_token, "deleteToken", "Revoke a token", "", "", 204},
    {"POST", "/v1/tokens/{id}/access-tokens", AnyToken, "", create_access_token, "createAccessToken", "Exchange a token for a short-lived access token", "AccessTokenOrder", "AccessToken", 201},

    {"GET", "/v1/sessions", Scope, "jeton:sessions:read", list_sessions, "listSessions", "List browser sessions", "", "SessionList", 200, "user limit cursor"},
    {"POST", "/v1/sessions/revoke", Scope, "jeton:sessions:write", revoke_sessions, "revokeSessions", "End every session of a user, and what hangs on them", "SessionRevocation", "RevokedCount"},
    {"POST", "/v1/sessions/{id}/revoke", Scope, "jeton:sessions:write", revoke_session, "revokeSession", "End a session and what hangs on it", "", "", 204},
    {"DELETE", "/v1/sessions/{id}", Scope, "jeton:sessions:write", revoke_session, "deleteSession", "End a session and what hangs on it", "", "", 204},
    {"GET", "/v1/keys", Scope, "jeton:keys:read", list_keys, "listKeys", "List signing keys", "", "KeyList"},
    {"POST", "/v1/keys/rotate", Scope, "jeton:keys:write", rotate_key, "rotateKey", "Make the next signing key the active one", "KeyRotation", "Key", 201},
    {"POST", "/v1/keys/rotate-pepper", Scope, "jeton:keys:write", rotate_pepper, "rotatePepper", "Hash new tokens under a new pepper", "", "Pepper", 201},
    {"POST", "/v1/keys/adopt", Scope, "jeton:keys:write", adopt_key, "adoptKey", "Make a key of a PKCS#11 token the next signing key (local socket only)", "KeyAdoption", "Key", 201},
    {"POST", "/v1/keys/rotate-data", Scope, "jeton:keys:write", rotate_data_key, "rotateDataKey", "Seal what is secret at rest under a new data key", "", "DataKeyNumber", 201},
    {"POST", "/v1/keys/rotate-master", Scope, "jeton:keys:write", rotate_master_key, "rotateMasterKey", "Put another master key in place (local socket only)", "MasterKeyRotation", "MasterKeyNext"},
    {"GET", "/v1/keys/at-rest", Scope, "jeton:keys:read", list_guards, "listKeysAtRest", "List master keys, data keys and peppers", "", "KeysAtRest"},
    {"GET", "/v1/crypto/report", Scope, "jeton:keys:read", crypto_report, "reportCrypto", "Hold every key, algorithm and token population against the policy", "", "CryptoReport", 200, "format"},
    {"GET", "/v1/selftest", Scope, "jeton:keys:read", show_selftests, "showSelfTests", "Show each algorithm's last self-test", "", "SelfTests"},
    {"POST", "/v1/selftest", Scope, "jeton:keys:write", run_selftests, "runSelfTests", "Test every algorithm now", "", "SelfTests"},
    {"POST", "/v1/keys/{id}/retire", Scope, "jeton:keys:write", retire_key, "retireKey", "Retire a signing key, at once or when its tokens have expired", "KeyRetirement", "Key"},
    {"GET", "/v1/rules", Scope, "jeton:rules:read", list_rules, "listRules", "List the installation's network rules", "", "RuleList"},
    {"POST", "/v1/rules", Scope, "jeton:rules:write", create_rule, "createRule", "Create a network rule", "RuleDraft", "Rule", 201},
    {"GET", "/v1/rules/{id}", Scope, "jeton:rules:read", show_rule, "showRule", "Show a network rule", "", "Rule"},
    {"DELETE", "/v1/rules/{id}", Scope, "jeton:rules:write", delete_rule, "deleteRule", "Delete a network rule", "", "", 204},
    {"GET", "/v1/networks", Scope, "jeton:rules:read", list_networks, "listNetworks", "List named networks", "", "NetworkList"},
    {"POST", "/v1/networks", Scope, "jeton:rules:write", create_network, "createNetwork", "Name a set of networks", "NetworkDraft", "Network", 201},
    {"GET", "/v1/networks/{id}", Scope, "jeton:rules:read", show_network, "showNetwork", "Show a named network, and whose rules say its name", "", "Network"},
    {"PATCH", "/v1/networks/{id}", Scope, "jeton:rules:write", update_network, "updateNetwork", "Change a named network, for every rule that says its name", "NetworkDraft", "Network"},
    {"DELETE", "/v1/networks/{id}", Scope, "jeton:rules:write", delete_network, "deleteNetwork", "Delete a named network that no rule says", "", "", 204},
    {"GET", "/v1/audit", Scope, "jeton:audit:read", list_audit, "listAudit", "List what was done", "", "AuditList", 200, "target action actor since until after limit cursor"},
    {"GET", "/v1/alerts", Scope, "jeton:alerts:read", list_alerts, "listAlerts", "List alerts", "", "AlertList", 200, "limit cursor"},
    {"POST", "/v1/alerts/{id}/ack", Scope, "jeton:alerts:write", acknowledge_alert, "acknowledgeAlert", "Acknowledge an alert", "", "Alert"},
    {"GET", "/v1/webhooks", Scope, "jeton:webhooks:read", list_webhooks, "listWebhooks", "List webhooks", "", "WebhookList", 200, "limit cursor"},
    {"POST", "/v1/webhooks", Scope, "jeton:webhooks:write", create_webhook, "createWebhook", "Have events sent to an address", "WebhookDraft", "NewWebhook", 201},
    {"GET", "/v1/webhooks/{id}", Scope, "jeton:webhooks:read", show_webhook, "showWebhook", "Show a webhook", "", "Webhook"},
    {"DELETE", "/v1/webhooks/{id}", Scope, "jeton:webhooks:write", delete_webhook, "deleteWebhook", "Delete a webhook and what waits for it", "", "", 204},
    {"POST", "/v1/webhooks/{id}/test", Scope, "jeton:webhooks:write", test_webhook, "testWebhook", "Send an event webhook.test", "", "Delivery", 202},
    {"GET", "/v1/streams", Scope, "jeton:streams:read", list_streams, "listStreams", "List streams of security events, everybody's", "", "StreamList", 200, "limit cursor"},
    {"POST", "/v1/streams", Scope, "jeton:streams:write", create_stream, "createStream", "Have security events sent to a receiver", "StreamDraft", "Stream", 201},
    {"GET", "/v1/streams/{id}", Scope, "jeton:streams:read", show_stream, "showStream", "Show a stream, and how many events wait for its receiver", "", "Stream"},
    {"DELETE", "/v1/streams/{id}", Scope, "jeton:streams:write", delete_stream, "deleteStream", "Delete a stream and what waits for its receiver", "", "", 204},
    {"GET", "/v1/deliveries", Scope, "jeton:webhooks:read", list_deliveries, "listDeliveries", "List what was sent, and what became of it", "", "DeliveryList", 200, "webhook stream state limit cursor"},
    {"GET", "/v1/deliveries/{id}", Scope, "jeton:webhooks:read", show_delivery, "showDelivery", "Show a delivery", "", "Delivery"},
    {"POST", "/v1/deliveries/{id}/redeliver", Scope, "jeton:webhooks:write", redeliver, "redeliver", "Send a delivery once more, under the same id", "", "Delivery", 202},
    {"POST", "/v1/leaks", Nothing, "", report_leaks, "reportLeaks", "Report tokens that were found where they should not be (a partner's signature, or jeton:leaks:write)", "Any", "Any"},
    {"GET", "/v1/feed", Scope, "jeton:feed:read", read_feed, "readFeed", "Read what verifiers must know, in order", "", "Feed", 200, "after limit"},
    {"GET", "/v1/settings", Scope, "jeton:settings:read", show_settings, "showSettings", "Show the installation's settings", "", "Settings"},
    {"PATCH", "/v1/settings", Scope, "jeton:settings:write", update_settings, "updateSettings", "Change the installation's settings", "Settings", "Settings"},
    {"POST", "/v1/backup", Scope, "jeton:settings:write", make_backup, "makeBackup", "Copy the ledger into a new file (local socket only)", "BackupOrder", "", 204},

    {"POST", "/v1/verify", AnyToken, "", check_tokens, "verify", "Check one token, or up to 1,000", "Check", "CheckResult"},
    {"POST", "/v1/why", Scope, "jeton:tokens:read", why, "why", "Say which rule lets a token in or keeps it out", "WhyQuestion", "WhyAnswer"},
    {"GET", "/v1/openapi.json", Nothing, "", openapi, "openapi", "This description", "", "Any"},
};

}  // namespace

std::span<const Endpoint> endpoints() { return kEndpoints; }

bool Caller::may(std::string_view needed) const {
  if (administrator) return true;
  return verify::holds_all(scope, needed) && !needed.empty();
}

}  // namespace jeton::protocols::admin
