// client: OAuth clients.
#include "program/cli/input.h"
#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "id"},         {"NAME", "name"},    {"TYPE", "type"}, {"REDIRECT URIS", "redirect_uris"},
                               {"SCOPES", "scopes"}, {"STATUS", "status"}};

std::string path_of(const Arguments& given, std::string_view verb = {}) {
  return "/v1/clients/" + http::percent_encode(*given.get("CLIENT")) + std::string(verb);
}

// A client with its secret; --quiet prints the secret alone.
int show_secret(const Arguments& given, const std::expected<json::Value, int>& answer) {
  if (!answer) return answer.error();
  const auto secret = answer->string_at("secret");
  if (!secret) return show(given, *answer);
  if (quiet(given) && !given.has("-o")) {
    print(printable(*secret) + "\n");
    return kYes;
  }
  remark(given, "The secret is shown this once; keep it now.");
  return show(given, *answer);
}

// What registration knows beyond type, redirects and scopes. An exit code where the file of keys cannot be read.
std::expected<void, int> profile(Body& body, const Arguments& given) {
  body.texts("post_logout_redirect_uris", given.all("--logout-redirect")).text("token_endpoint_auth_method", given.get("--auth"));
  const bool fapi = given.has("--fapi2");
  body.flag("first_party", given.has("--first-party")).flag("dpop_bound_access_tokens", given.has("--dpop") || fapi);
  body.flag("fapi2", fapi).flag("require_pushed_authorization_requests", fapi);
  body.text("id_token_signed_response_alg", fapi ? std::optional<std::string_view>("ES256") : std::nullopt);
  body.text("backchannel_logout_uri", given.get("--backchannel-logout"))
      .flag("require_signed_request_object", given.has("--signed-requests"));
  body.text("jwks_uri", given.get("--jwks-uri")).texts("authorization_details_types", given.all("--details"));
  const auto file = given.get("--jwks");
  if (!file) return {};
  const auto keys = read_text(std::string(*file));
  if (!keys) return std::unexpected(fail(kUsage, "--jwks: " + keys.error()));
  if (!json::parse(*keys)) return std::unexpected(fail(kUsage, "--jwks: that is not JSON", "jeton jwk generate --alg ES256 makes a key"));
  body.raw("jwks", *keys);
  return {};
}

int create_client(const Arguments& given) {
  Body body;
  if (const auto done = profile(body, given); !done) return done.error();
  body.text("name", given.get("NAME"))
      .text("type", given.get("--type"))
      .texts("redirect_uris", given.all("--redirect"))
      .scopes(given.all("--scope"));
  body.networks(given).limits(given);
  const auto answer = create(given, "/v1/clients", body.done());
  return answer && !answer->string_at("secret") ? show(given, *answer) : show_secret(given, answer);
}

int list_clients(const Arguments& given) { return list(given, "/v1/clients", kColumns); }

int show_client(const Arguments& given) { return show_answer(given, ask(given, {.path = path_of(given)})); }

int update_client(const Arguments& given) {
  Body body;
  if (const auto done = profile(body, given); !done) return done.error();
  body.text("name", given.get("--name")).texts("redirect_uris", given.all("--redirect")).scopes(given.all("--scope"));
  body.networks(given).limits(given);
  return show_answer(given, ask(given, {.method = "PATCH", .path = path_of(given), .body = body.done()}));
}

int rotate_secret(const Arguments& given) {
  Body body;
  body.text("overlap", given.get("--overlap"));
  return show_secret(given, ask(given, {.method = "POST", .path = path_of(given, "/rotate-secret"), .body = body.done()}));
}

int delete_client(const Arguments& given) {
  return done(given, ask(given, {.method = "DELETE", .path = path_of(given)}), "Deleted; its tokens have ended.");
}

constexpr Operand kName[] = {{"NAME", "what people see it called"}};
constexpr Operand kClient[] = {{"CLIENT", "its name or id"}};
constexpr Option kRedirect{"--redirect", "URI", "where a browser may be sent back to, byte for byte", Count::Many};
constexpr Option kScope{"--scope", "SCOPE…", "what it may ask for", Count::Many};
constexpr Option kLogout{"--logout-redirect", "URI", "where a browser may be sent after logging out", Count::Many};
constexpr Option kAuth{
    "--auth", "METHOD",
    "how it shows who it is: client_secret_basic, client_secret_post, private_key_jwt, self_signed_tls_client_auth, none"};
constexpr Option kJwks{"--jwks", "FILE", "its public keys, as a JWK set"};
constexpr Option kJwksUri{"--jwks-uri", "URL", "where its public keys are, as a JWK set: read from there and kept for five minutes"};
constexpr Option kDetails{"--details", "TYPE", "a type of authorization details that it may ask for", Count::Many};
constexpr Option kBackchannel{"--backchannel-logout", "URI", "where it is told that a session has ended"};
constexpr Option kSigned{"--signed-requests", "", "its authorization requests are signed by its keys, always"};
constexpr Option kFirstParty{"--first-party", "", "it is your own: people are not asked whether they agree"};
constexpr Option kDpop{"--dpop", "", "its tokens are always bound to a key (DPoP)"};
constexpr Option kFapi{"--fapi2", "", "it is held to the FAPI 2.0 Security Profile: pushed requests, keys in place of secrets, DPoP"};
constexpr Option kCreate[] = {
    {"--type", "web|spa|native|machine", "where it runs: on a server, in a browser, on a device, or with no user at all", Count::Once},
    kRedirect,
    kScope,
    kLogout,
    kBackchannel,
    kAuth,
    kJwks,
    kJwksUri,
    kDetails,
    kSigned,
    kFirstParty,
    kDpop,
    kFapi,
    kAllow,
    kDeny,
    kLimits,
    kIdempotencyKey,
};
constexpr Option kUpdate[] = {{"--name", "NAME", "another name"},
                              kRedirect,
                              kScope,
                              kLogout,
                              kBackchannel,
                              kAuth,
                              kJwks,
                              kJwksUri,
                              kDetails,
                              kSigned,
                              kFirstParty,
                              kDpop,
                              kFapi,
                              kAllow,
                              kDeny,
                              kLimits};
constexpr Option kRotate[] = {{"--overlap", "DURATION", "how long the old secret is taken beside the new one; 24h where not given"}};
constexpr Option kPage[] = {kLimit, kCursor, kAll};

constexpr Command kCommands[] = {
    {"client create", "Create an OAuth client",
     "jeton client create shop --type web --redirect https://shop.example.com/cb --scope orders:read", kName, kCreate, create_client,
     "A client that can keep a secret (web, machine) gets one, shown this once; --quiet prints it alone."},
    {"client list", "List the OAuth clients", "jeton client list", {}, kPage, list_clients},
    {"client show", "Show an OAuth client", "jeton client show shop", kClient, {}, show_client},
    {"client update", "Change an OAuth client", "jeton client update shop --redirect https://shop.example.com/cb2", kClient, kUpdate,
     update_client, "What is given takes the place of what was there; what is not given stays."},
    {"client rotate-secret", "Give a client a new secret beside the old one", "jeton client rotate-secret shop --overlap 1h", kClient,
     kRotate, rotate_secret, "The new secret is shown this once; --quiet prints it alone."},
    {"client delete", "Delete a client and end its tokens", "jeton client delete shop", kClient, {}, delete_client},
};

}  // namespace

std::span<const Command> client_commands() { return kCommands; }

}  // namespace jeton::cli
