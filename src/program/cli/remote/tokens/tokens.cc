// token create, rotate, revoke, update: the lives of tokens.
#include "program/cli/remote/tokens/tokens.h"

#include "ground/instant.h"
#include "program/scan/live.h"

namespace jeton::cli {
namespace {

// --expires is a duration from now or a time.
bool expiry(Body& body, const Arguments& given) {
  const auto text = given.get("--expires");
  if (!text) return true;
  if (parse_duration(*text)) return body.text("expires_in", text), true;
  if (parse_rfc3339(*text)) return body.text("expires", text), true;
  return false;
}

constexpr std::string_view kExpiryForms = "as 30d, 12h, or 2027-01-31T00:00:00Z";

// What both a new and a changed token have; what is wrong with it is said.
std::optional<int> describe(Body& body, const Arguments& given) {
  body.text("name", given.get("--name"))
      .scopes(given.all("--scope"))
      .networks(given)
      .limits(given)
      .text("on_reuse", given.get("--on-reuse"));
  if (!expiry(body, given)) return fail(kUsage, "--expires: a duration or a time is expected", kExpiryForms);
  if (!body.metadata(given.all("--metadata"))) return fail(kUsage, "--metadata: name=value is expected", "as --metadata team=payments");
  return std::nullopt;
}

int create_token(const Arguments& given) {
  if (given.has("--user") == given.has("--service"))
    return fail(kUsage, "whose is it? give one of --user and --service", "See jeton token create --help.");
  Body body;
  body.text("user", given.get("--user"))
      .text("service", given.get("--service"))
      .text("api", given.get("--api"))
      .text("device", given.get("--device"));
  if (const auto wrong = describe(body, given)) return *wrong;
  return show_new_token(given, create(given, "/v1/tokens", body.done()), "token");
}

int update_token(const Arguments& given) {
  Body body;
  if (const auto wrong = describe(body, given)) return *wrong;
  const auto token = called_token(given);
  if (!token) return token.error();
  return show_answer(given, ask(given, {.method = "PATCH", .path = token->path(), .body = body.done(), .bearer = token->bearer}));
}

int rotate_token(const Arguments& given) {
  Body body;
  body.text("overlap", given.get("--overlap"));
  if (const auto until = given.get("--until")) body.text("until", *until == "first-use" ? "first_use" : *until);
  if (!expiry(body, given)) return fail(kUsage, "--expires: a duration or a time is expected", kExpiryForms);
  const auto token = called_token(given);
  if (!token) return token.error();
  return show_new_token(given, create(given, token->path("/rotate"), body.done(), token->bearer), "token");
}

constexpr std::string_view kSets[] = {"--user", "--service", "--device", "--client", "--api", "--of-family"};

// The id behind a name where the server's bulk revocation takes ids alone.
std::expected<std::string, int> id_of(const Arguments& given, std::string_view option) {
  const std::string name(*given.get(option));
  if (option == "--client" && !name.starts_with("cli_")) {
    const auto client = ask(given, {.path = "/v1/clients/" + http::percent_encode(name)});
    if (!client) return std::unexpected(client.error());
    return std::string(client->string_at("id").value_or(""));
  }
  if (option == "--device") return device_id(given, name);
  return name;
}

int revoke_set(const Arguments& given, std::string_view option) {
  const auto id = id_of(given, option);
  if (!id) return id.error();
  Body body;
  body.text(option == "--of-family" ? "family" : option.substr(2), *id).text("reason", given.get("--reason"));
  const auto answer = ask(given, {.method = "POST", .path = "/v1/tokens/revoke", .body = body.done()});
  if (!answer) return answer.error();
  if (format_of(given) == Format::Json || format_of(given) == Format::Yaml) return show(given, *answer);
  const auto* ended = answer->find("ended");
  const auto count = ended == nullptr ? 0 : ended->integer().value_or(0);
  remark(given, count == 1 ? "1 token revoked." : std::to_string(count) + " tokens revoked.");
  return kYes;
}

int revoke_tokens(const Arguments& given) {
  if (const auto report = given.get("--from-scan")) return scan::revoke_from_scan(given, std::string(*report));
  std::string_view set;
  int sets = given.has("TOKEN") ? 1 : 0;
  for (const auto option : kSets)
    if (given.has(option) && !(option == "--user" && given.has("--device")) && !(option == "--service" && given.has("--device")))
      ++sets, set = option;
  if (sets != 1)
    return fail(kUsage, "which? give a token's id, or one of --user, --service, --device, --client, --api and --of-family",
                "See jeton token revoke --help.");
  if (!given.has("TOKEN")) return revoke_set(given, set);
  const auto token = called_token(given);
  if (!token) return token.error();
  if (const auto before = ask(given, {.path = token->path(), .bearer = token->bearer}); before) warn_of_use(given, *before);
  else return before.error();
  Body body;
  body.text("reason", given.get("--reason")).flag("family", given.has("--family"));
  const auto answer = ask(given, {.method = "POST", .path = token->path("/revoke"), .body = body.done(), .bearer = token->bearer});
  return done(given, answer, "Revoked: refused from the next request on.");
}

int hold_token(const Arguments& given, std::string_view verb, std::string_view remark_text) {
  Body body;
  body.text("reason", given.get("--reason"));
  return done(
      given,
      ask(given,
          {.method = "POST", .path = "/v1/tokens/" + http::percent_encode(*given.get("TOKEN")) + std::string(verb), .body = body.done()}),
      remark_text);
}
int quarantine_token(const Arguments& given) { return hold_token(given, "/quarantine", "Quarantined: refused until jeton token release."); }
int release_token(const Arguments& given) { return hold_token(given, "/release", "Released: let in again from the next request on."); }

constexpr Operand kToken[] = {{"TOKEN", "its id, tok_…; - reads the token itself from standard input and acts as its holder"}};
constexpr Operand kMaybeToken[] = {
    {"TOKEN", "its id, tok_…; - reads the token itself from standard input and acts as its holder", Count::Maybe}};
constexpr Option kExpires{"--expires", "WHEN", "when it ends: 30d, 12h, or a time such as 2027-01-31T00:00:00Z"};
constexpr Option kReuse{"--on-reuse", "alert|revoke_family", "what happens when a token that rotation has ended is used"};
constexpr Option kMetadata{"--metadata", "NAME=VALUE", "a note of your own", Count::Many};
constexpr Option kCreate[] = {
    {"--user", "USER", "a personal access token of that user, by name or id"},
    {"--service", "SERVICE", "an API key of that service account, by name or id"},
    {"--api", "API", "what it is for, by name or id", Count::Once},
    {"--scope", "SCOPE…", "what it may do there", Count::OneOrMore},
    kExpires,
    {"--device", "NAME", "the device it lives on; made where it is not there yet"},
    kAllow,
    kDeny,
    kLimits,
    {"--name", "NAME", "what it is called in lists"},
    kMetadata,
    kReuse,
    kIdempotencyKey,
};
constexpr Option kUpdate[] = {{"--name", "NAME", "another name"},
                              {"--scope", "SCOPE…", "fewer scopes", Count::Many},
                              kExpires,
                              kAllow,
                              kDeny,
                              kLimits,
                              kMetadata,
                              kReuse};
constexpr Option kRotate[] = {
    {"--overlap", "DURATION", "how long the old one lives on, as 24h; 0s ends it now"},
    {"--until", "deadline|first-use|either",
     "what ends the old one: the overlap's end, the first use of the new one, or whichever is first (where not given)"},
    kExpires,
    kIdempotencyKey,
};
constexpr Operand kHeld[] = {{"TOKEN", "its id, tok_…"}};
constexpr Option kHold[] = {{"--reason", "TEXT", "why, for the record"}};
constexpr Option kRevoke[] = {
    {"--reason", "TEXT", "why, for the record"},
    {"--family", "", "with it all that it was rotated from and to"},
    {"--user", "USER", "all tokens of that user"},
    {"--service", "SERVICE", "all tokens of that service account"},
    {"--device", "DEVICE",
     "all tokens of that device: its id, or its name where one device alone is called so, beside --user or --service too"},
    {"--client", "CLIENT", "all tokens of that OAuth client"},
    {"--api", "API", "all tokens for that API"},
    {"--of-family", "TOKEN", "all tokens of the family of that id"},
    {"--from-scan", "FILE", "all live tokens that jeton scan --check -o json found"},
};

constexpr Command kCommands[] = {
    {"token create",
     "Create a token",
     "jeton token create --user ada --api orders --scope orders:read --expires 30d --device laptop --allow 10.0.0.0/8",
     {},
     kCreate,
     create_token,
     "The token is printed this once: only a keyed hash of it is kept. --quiet prints it alone, for a pipe into a vault."},
    {"token update", "Rename or narrow a token", "jeton token update tok_01JD0000000000000000000000 --name ci --scope orders:read", kToken,
     kUpdate, update_token},
    {"token rotate", "Make a successor that overlaps with the token", "jeton token rotate tok_01JD0000000000000000000000 --overlap 24h",
     kToken, kRotate, rotate_token,
     "The new token is printed this once. Should the answer be lost, the same --idempotency-key gives it again within 10 minutes."},
    {"token quarantine", "Refuse a token until it is released",
     "jeton token quarantine tok_01JD0000000000000000000000 --reason 'asking the holder'", kHeld, kHold, quarantine_token,
     "It is not ended: jeton token release lets it in again."},
    {"token release", "Let a token in again that was quarantined, challenged or throttled",
     "jeton token release tok_01JD0000000000000000000000", kHeld, kHold, release_token},
    {"token revoke", "Revoke a token, or all tokens of somebody or something",
     "jeton token revoke tok_01JD0000000000000000000000 --reason 'laptop lost'", kMaybeToken, kRevoke, revoke_tokens,
     "A revoked token is refused at the next request."},
};

}  // namespace

std::span<const Command> token_commands() { return kCommands; }

}  // namespace jeton::cli
