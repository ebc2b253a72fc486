// api: what tokens are for.
#include "program/cli/input.h"
#include "program/cli/remote/tokens/tokens.h"

namespace jeton::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "id"},         {"NAME", "name"},     {"AUDIENCE", "audience"},
                               {"SCOPES", "scopes"}, {"FORMAT", "format"}, {"ALG", "alg"}};

std::string path_of(const Arguments& given) { return "/v1/apis/" + http::percent_encode(*given.get("API")); }

Body& describe(Body& body, const Arguments& given) {
  return body.text("audience", given.get("--audience"))
      .scopes(given.all("--scope"))
      .text("format", given.get("--format"))
      .text("alg", given.get("--alg"))
      .texts("routes", given.all("--route"))
      .text("access_ttl", given.get("--access-ttl"))
      .networks(given)
      .limits(given);
}

int create_api(const Arguments& given) {
  Body body;
  body.text("name", given.get("NAME"));
  return show_answer(given, create(given, "/v1/apis", describe(body, given).done()));
}

int list_apis(const Arguments& given) { return list(given, "/v1/apis", kColumns); }

int show_api(const Arguments& given) { return show_answer(given, ask(given, {.path = path_of(given)})); }

int update_api(const Arguments& given) {
  Body body;
  body.text("name", given.get("--name"));
  return show_answer(given, ask(given, {.method = "PATCH", .path = path_of(given), .body = describe(body, given).done()}));
}

// Who still calls it: the newest use of its live tokens.
void warn_of_uses(const Arguments& given) {
  std::string path = "/v1/tokens?status=live&limit=1000";
  add_query(path, "api", given.get("API"));
  const auto answer = ask(given, {.path = path});
  const auto* items = answer ? answer->find("items") : nullptr;
  const json::Value* newest = nullptr;
  if (items != nullptr && items->array() != nullptr)
    for (const auto& token : *items->array())
      if (const auto used = token.string_at("last_used"); used && (newest == nullptr || *used > *newest->string_at("last_used")))
        newest = &token;
  if (newest != nullptr) warn_of_use(given, *newest);
}

int delete_api(const Arguments& given) {
  warn_of_uses(given);
  return done(given, ask(given, {.method = "DELETE", .path = path_of(given)}), "Deleted; its tokens have ended.");
}

// The types it takes; with a file, those from now on.
int details_of_api(const Arguments& given) {
  const auto path = path_of(given) + "/authorization-details";
  const auto file = given.get("--types");
  if (!file) return show_answer(given, ask(given, {.path = path}));
  const auto types = read_text(std::string(*file));
  if (!types) return fail(kUsage, "--types: " + types.error());
  if (!json::parse(*types))
    return fail(kUsage, "--types: that is not JSON", R"([{"type":"payment","actions":["initiate"],"members":["amount"]}])");
  Body body;
  return show_answer(given, ask(given, {.method = "POST", .path = path, .body = body.raw("types", *types).done()}));
}

constexpr Operand kName[] = {{"NAME", "what it is called here, as orders"}};
constexpr Operand kApi[] = {{"API", "its name or id"}};
constexpr Option kPage[] = {kLimit, kCursor, kAll};
constexpr Option kFormat{"--format", "jwt|jwe|opaque", "what access tokens for it look like; jwt where not given"};
constexpr Option kAlg{
    "--alg", "ALG", "how its JWTs are signed: ES256 where not given; EdDSA, ES384, ES512, PS256, RS256 …; HS256 where it shares a secret"};
constexpr Option kRoute{"--route", "ROUTE", "a method, a path and the scopes it needs, as 'GET /orders/** orders:read'", Count::Many};
constexpr Option kTtl{"--access-ttl", "DURATION", "how long access tokens for it live, as 10m"};
constexpr Option kCreate[] = {
    {"--audience", "URI", "the address that names it in tokens", Count::Once},
    {"--scope", "SCOPE…", "what its tokens may be allowed", Count::OneOrMore},
    kFormat,
    kAlg,
    kRoute,
    kTtl,
    kAllow,
    kDeny,
    kLimits,
    kIdempotencyKey,
};
constexpr Option kDetails[] = {
    {"--types", "FILE",
     "all types from now on: a JSON list of objects with type, actions, locations, datatypes, privileges, members; - for standard input"}};
constexpr Option kUpdate[] = {
    {"--name", "NAME", "another name"},
    {"--audience", "URI", "another address"},
    {"--scope", "SCOPE…", "all its scopes from now on", Count::Many},
    kFormat,
    kAlg,
    kRoute,
    kTtl,
    kAllow,
    kDeny,
    kLimits,
};

constexpr Command kCommands[] = {
    {"api create", "Create an API",
     "jeton api create orders --audience https://orders.example.com --scope orders:read --scope orders:write --route 'GET /orders/** orders:read'",
     kName, kCreate, create_api, "With routes, /verify lets in only requests that one of them names."},
    {"api list", "List the APIs", "jeton api list", {}, kPage, list_apis},
    {"api show", "Show an API", "jeton api show orders", kApi, {}, show_api},
    {"api update", "Change an API", "jeton api update orders --access-ttl 5m", kApi, kUpdate, update_api,
     "What is given takes the place of what was there; what is not given stays."},
    {"api details", "Show or set the types of authorization details an API takes", "jeton api details bank --types types.json", kApi,
     kDetails, details_of_api, "RFC 9396: what clients may ask for beyond scopes, and people are shown before they agree."},
    {"api delete", "Delete an API and end its tokens", "jeton api delete orders", kApi, {}, delete_api},
};

}  // namespace

std::span<const Command> api_commands() { return kCommands; }

}  // namespace jeton::cli
