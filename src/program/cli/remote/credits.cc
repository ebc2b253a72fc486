// token, user, service, client and api credits: what is left of the calls that were granted, and granting more.
#include <algorithm>

#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

int credits(const Arguments& given, std::string_view folder, std::string_view operand) {
  const auto path = std::string(folder) + http::percent_encode(*given.get(operand)) + "/credits";
  const auto add = given.get("--add");
  if (!add) return show_answer(given, ask(given, {.path = path}));
  const bool digits = !add->empty() && add->size() <= 10 && (*add)[0] != '0' &&
                      std::all_of(add->begin(), add->end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return fail(kUsage, "--add: a number from 1 to 1000000000 is expected", "as --add 1000");
  Body body;
  body.raw("add", *add);
  return show_answer(given, create(given, path, body.done()));
}

int of_token(const Arguments& given) { return credits(given, "/v1/tokens/", "TOKEN"); }
int of_user(const Arguments& given) { return credits(given, "/v1/users/", "USER"); }
int of_service(const Arguments& given) { return credits(given, "/v1/service-accounts/", "SERVICE"); }
int of_client(const Arguments& given) { return credits(given, "/v1/clients/", "CLIENT"); }
int of_api(const Arguments& given) { return credits(given, "/v1/apis/", "API"); }

constexpr Operand kToken[] = {{"TOKEN", "its id, tok_…"}};
constexpr Operand kUser[] = {{"USER", "name or id"}};
constexpr Operand kService[] = {{"SERVICE", "name or id"}};
constexpr Operand kClient[] = {{"CLIENT", "its id, cli_…"}};
constexpr Operand kApi[] = {{"API", "name or id"}};
constexpr Option kAdd[] = {{"--add", "N", "grant so many calls more; who had no credits is held to them from now on"}, kIdempotencyKey};
constexpr std::string_view kMore = "Every call that is let in spends one. Where none is left it is answered 429 until more are granted.";

constexpr Command kCommands[] = {
    {"token credits", "Show what is left of the calls granted to a token, or grant more",
     "jeton token credits tok_01JD0000000000000000000000 --add 1000", kToken, kAdd, of_token, kMore},
    {"user credits", "Show what is left of the calls granted to a user, or grant more", "jeton user credits ada --add 1000", kUser, kAdd,
     of_user, kMore},
    {"service credits", "Show what is left of the calls granted to a service account, or grant more", "jeton service credits ci --add 1000",
     kService, kAdd, of_service, kMore},
    {"client credits", "Show what is left of the calls granted to a client, or grant more",
     "jeton client credits cli_01JD0000000000000000000000 --add 1000", kClient, kAdd, of_client, kMore},
    {"api credits", "Show what is left of the calls granted to an API, or grant more", "jeton api credits orders --add 1000", kApi, kAdd,
     of_api, kMore},
};

}  // namespace

std::span<const Command> credit_commands() { return kCommands; }

}  // namespace jeton::cli
