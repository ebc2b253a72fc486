// token verify, token exchange, why: what the server thinks of a token.
#include "ground/secret_pass.h"
#include "program/cli/input.h"
#include "program/cli/remote/tokens/tokens.h"

namespace jeton::cli {
namespace {

// The question with the token in it; what is wrong is said.
std::expected<std::string, int> question(const Arguments& given) {
  const auto secret = read_secret(std::string(*given.get("TOKEN")), "Token");
  if (!secret) return std::unexpected(fail(kUsage, secret.error()));
  const auto text = as_text(secret->read(program::Pass::key()));
  if (!http::well_formed_utf8(text)) return std::unexpected(fail(kUsage, "that is not a token", "it is not even text"));
  Body body;
  body.text("token", text).text("api", given.get("--api")).scopes(given.all("--scope")).text("ip", given.get("--ip"));
  body.text("method", given.get("--method")).text("path", given.get("--path"));
  if (const auto at = given.get("--at")) body.text("at", at);
  return body.done();
}

bool flag_at(const json::Value* value, std::string_view name) {
  const auto* member = value == nullptr ? nullptr : value->find(name);
  return member != nullptr && member->boolean().value_or(false);
}

int verify_token(const Arguments& given) {
  const auto body = question(given);
  if (!body) return body.error();
  const auto answer = ask(given, {.method = "POST", .path = "/v1/verify", .body = *body});
  if (!answer) return answer.error();
  const auto* decision = answer->find("decision");
  const bool allow = flag_at(decision, "allow");
  if (format_of(given) != Format::Table) {
    const auto* token = answer->find("token");
    if (format_of(given) != Format::Id) show(given, *answer);
    else if (token != nullptr) show(given, *token);
    return allow ? kYes : kNo;
  }
  if (allow) {
    print("allowed\n");
  } else {
    std::string line = "refused: " + printable(decision == nullptr ? "" : decision->string_at("reason").value_or("unknown"));
    if (const auto scope = decision == nullptr ? std::nullopt : decision->string_at("scope")) line += " (" + printable(*scope) + ")";
    print(line + "\n");
  }
  if (const auto* token = answer->find("token"); token != nullptr && !token->is_null())
    return std::max(show(given, *token), allow ? kYes + 0 : kNo + 0);
  return allow ? kYes : kNo;
}

int exchange(const Arguments& given) {
  const auto token = called_token(given);
  if (!token) return token.error();
  Body body;
  body.scopes(given.all("--scope")).text("expires_in", given.get("--expires"));
  return show_new_token(given,
                        ask(given, {.method = "POST", .path = token->path("/access-tokens"), .body = body.done(), .bearer = token->bearer}),
                        "access_token");
}

int why(const Arguments& given) {
  const auto body = question(given);
  if (!body) return body.error();
  const auto answer = ask(given, {.method = "POST", .path = "/v1/why", .body = *body});
  if (!answer) return answer.error();
  const bool allow = flag_at(&*answer, "allow");
  if (format_of(given) != Format::Table) {
    show(given, *answer);
    return allow ? kYes : kNo;
  }
  std::string out;
  const auto* steps = answer->find("steps");
  if (steps != nullptr && steps->array() != nullptr)
    for (const auto& step : *steps->array()) {
      out += std::string(flag_at(&step, "ok") ? "ok      " : "REFUSES ") + printable(step.string_at("check").value_or(""));
      if (const auto detail = step.string_at("detail"); detail && !detail->empty()) out += ": " + printable(*detail);
      if (const auto rule = step.string_at("rule")) out += " (rule " + printable(*rule) + ")";
      out += "\n";
    }
  out += allow ? "allowed\n" : "refused: " + printable(answer->string_at("reason").value_or("")) + "\n";
  print(out);
  return allow ? kYes : kNo;
}

constexpr Operand kSecret[] = {{"TOKEN", "- for standard input, or a file that holds it; never the token itself"}};
constexpr Operand kToken[] = {{"TOKEN", "its id, tok_…; - reads the token itself from standard input and acts as its holder"}};
constexpr Option kApi{"--api", "API", "for that API"};
constexpr Option kScope{"--scope", "SCOPE…", "would it be enough for these scopes?", Count::Many};
constexpr Option kIp{"--ip", "ADDRESS", "from that address"};
constexpr Option kMethod{"--method", "METHOD", "for a request of that method"};
constexpr Option kPath{"--path", "PATH", "for a request of that path, held against the API's routes"};
constexpr Option kVerify[] = {kApi, kScope, kIp, kMethod, kPath};
constexpr Option kWhy[] = {kMethod, kPath, kIp, kApi, kScope, {"--at", "TIME", "as if it were that time"}};
constexpr Option kExchange[] = {{"--scope", "SCOPE…", "a subset of the token's scopes; all where not given", Count::Many},
                                {"--expires", "DURATION", "how long the access token lives, as 5m"}};

constexpr Command kCommands[] = {
    {"token verify", "Ask the server whether a token would be let in", "jeton token verify - --api orders --scope orders:read <token.txt",
     kSecret, kVerify, verify_token, "Exit status 0: allowed; 1: refused."},
    {"token exchange", "Exchange a token for a short-lived access token",
     "jeton token exchange tok_01JD0000000000000000000000 --scope orders:read", kToken, kExchange, exchange},
    {"why", "Say which rule lets a token in or keeps it out", "jeton why - --method GET --path /orders/7 --ip 192.0.2.7 <token.txt",
     kSecret, kWhy, why,
     "The checks are listed in the order they are made; the one that refuses is the last. Nothing is changed, and the token does not count as used. "
     "Exit status 0: it is let in; 1: it is kept out."},
};

}  // namespace

std::span<const Command> token_question_commands() { return kCommands; }

}  // namespace jeton::cli
