// key: what signs tokens, and the pepper that new tokens are hashed under.
#include "blocks/json/text.h"
#include "program/cli/output.h"
#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "id"},       {"KID", "kid"}, {"ALG", "alg"}, {"API", "api"},
                               {"STATE", "state"}, {"AGE", "age"}, {"DUE", "due"}, {"DUE AT", "due_at"}};

constexpr Column kPeppers[] = {{"PEPPER", "number"},          {"STATE", "state"},   {"AGE", "age"},  {"TOKENS", "tokens"},
                               {"SECRETS", "client_secrets"}, {"CODES", "tickets"}, {"NOTE", "note"}};

// A table for people goes on with the peppers, which are no signing keys; the other forms are the signing keys alone.
int list_keys(const Arguments& given) {
  const auto answer = ask(given, {.path = "/v1/keys"});
  if (!answer) return answer.error();
  if (const int shown = show_list(given, *answer, kColumns); shown != kYes || format_of(given) != Format::Table) return shown;
  const auto guards = ask(given, {.path = "/v1/keys/at-rest"});
  const auto* peppers = guards ? guards->find("peppers") : nullptr;
  if (peppers == nullptr) return guards ? kYes : guards.error();
  print("\n");
  return show_list(given, *json::parse("{\"items\":" + json::text_of(*peppers) + ",\"next\":null}"), kPeppers);
}

int rotate_key(const Arguments& given) {
  Body body;
  body.text("api", given.get("--api")).text("alg", given.get("--alg"));
  return show_answer(given, ask(given, {.method = "POST", .path = "/v1/keys/rotate", .body = body.done()}));
}

int rotate_pepper(const Arguments& given) {
  return show_answer(given, ask(given, {.method = "POST", .path = "/v1/keys/rotate-pepper", .body = "{}"}));
}

int retire_key(const Arguments& given) {
  Body body;
  body.flag("now", given.has("--now"));
  return show_answer(
      given,
      ask(given, {.method = "POST", .path = "/v1/keys/" + http::percent_encode(*given.get("KEY")) + "/retire", .body = body.done()}));
}

constexpr Operand kKey[] = {{"KEY", "its id, key_…"}};
constexpr Option kRotate[] = {{"--api", "API", "the key of that API alone"},
                              {"--alg", "ALG", "of that algorithm; ES256, or the API's own, where not given"}};
constexpr Option kRetire[] = {{"--now", "", "refuse what it has signed from now on, for a key that others may have"}};

constexpr Command kCommands[] = {
    {"key list", "List the signing keys, and the peppers", "jeton key list", {}, {}, list_keys},
    {"key rotate",
     "Make the next signing key the active one",
     "jeton key rotate --api orders",
     {},
     kRotate,
     rotate_key,
     "The key before it goes on verifying until what it signed has expired."},
    {"key rotate-pepper", "Hash new tokens under a new pepper", "jeton key rotate-pepper", {}, {}, rotate_pepper},
    {"key retire", "Retire a signing key", "jeton key retire key_01JD0000000000000000000000", kKey, kRetire, retire_key},
};

}  // namespace

std::span<const Command> key_commands() { return kCommands; }

}  // namespace jeton::cli
