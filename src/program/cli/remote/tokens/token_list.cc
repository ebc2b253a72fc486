// token list and show, and how the other token commands find and show one.
#include <chrono>

#include "ground/instant.h"
#include "ground/secret_pass.h"
#include "program/cli/input.h"
#include "program/cli/remote/tokens/tokens.h"

namespace jeton::cli {
namespace {

constexpr Column kColumns[] = {
    {"ID", "id"},         {"NAME", "name"},     {"KIND", "kind"},       {"PRINCIPAL", "principal"}, {"API", "api_name"},
    {"SCOPES", "scopes"}, {"STATUS", "status"}, {"EXPIRES", "expires"}, {"LAST USED", "last_used"}, {"FROM", "last_address"}};

enum class Way { Ahead, Ago };

// A filter's time: as it is, or so far from now.
std::optional<std::string> time_of(std::string_view text, Way way) {
  if (parse_rfc3339(text)) return std::string(text);
  const auto distance = parse_duration(text);
  if (!distance) return std::nullopt;
  const auto now = Instant::from_millis(std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count());
  return to_rfc3339(way == Way::Ahead ? now + *distance : now - *distance);
}

int list_tokens(const Arguments& given) {
  std::string path = "/v1/tokens";
  for (const std::string_view name : {"user", "service", "api", "family", "kind", "status"})
    add_query(path, name, given.get("--" + std::string(name)));
  for (const auto& [option, name, way] :
       {std::tuple{"--expires-before", "expires_before", Way::Ahead}, std::tuple{"--unused-since", "unused_since", Way::Ago}}) {
    const auto text = given.get(option);
    if (!text) continue;
    const auto time = time_of(*text, way);
    if (!time) return fail(kUsage, std::string(option) + ": a duration or a time is expected", "as 30d or 2027-01-31T00:00:00Z");
    add_query(path, name, *time);
  }
  if (const auto client = given.get("--client")) {
    const auto found = ask(given, {.path = "/v1/clients/" + http::percent_encode(*client)});
    if (!found) return found.error();
    add_query(path, "client", found->string_at("id"));
  }
  if (const auto device = given.get("--device")) {
    const auto id = device_id(given, std::string(*device));
    if (!id) return id.error();
    add_query(path, "device", *id);
  }
  return list(given, path, kColumns);
}

int show_token(const Arguments& given) {
  const auto token = called_token(given);
  if (!token) return token.error();
  return show_answer(given, ask(given, {.path = token->path(), .bearer = token->bearer}));
}

constexpr Column kUseColumns[] = {{"DAY", "day"}, {"COUNT", "count"}, {"LAST", "last"}, {"FROM", "network"}, {"BY", "agent"}};

int list_uses(const Arguments& given) {
  const auto answer = ask(given, {.path = "/v1/tokens/" + http::percent_encode(*given.get("TOKEN")) + "/uses"});
  return answer ? show_list(given, *answer, kUseColumns) : answer.error();
}

constexpr Operand kToken[] = {{"TOKEN", "its id, tok_…; - reads the token itself from standard input and acts as its holder"}};
constexpr Operand kUsed[] = {{"TOKEN", "its id, tok_…"}};
constexpr Option kFilters[] = {
    {"--user", "USER", "of that user"},
    {"--service", "SERVICE", "of that service account"},
    {"--device", "DEVICE", "of that device, by id, or by name beside --user or --service"},
    {"--client", "CLIENT", "of that OAuth client"},
    {"--api", "API", "for that API"},
    {"--family", "TOKEN", "that one was rotated from or to the other"},
    {"--kind", "pat|key|at|rt", "of that kind: personal access tokens, API keys, access tokens, refresh tokens"},
    {"--status", "live|ended|all", "live ones where not given"},
    {"--expires-before", "WHEN", "that end before then: a time, or a duration from now"},
    {"--unused-since", "WHEN", "not used since then: a time, or a duration ago"},
    kLimit,
    kCursor,
    kAll,
};

constexpr Command kCommands[] = {
    {"token list", "List tokens, newest first", "jeton token list --user ada --unused-since 90d", {}, kFilters, list_tokens},
    {"token show",
     "Show a token: what it may do, when it ends, when and from where it was last used",
     "jeton token show tok_01JD0000000000000000000000",
     kToken,
     {},
     show_token},
    {"token uses",
     "Say on which days a token was let in, and from where and by what last",
     "jeton token uses tok_01JD0000000000000000000000",
     kUsed,
     {},
     list_uses,
     "Kept for 30 days. A server that lets in more than 3,000 calls a second on one thread counts a sample of them."},
};

}  // namespace

std::expected<CalledToken, int> called_token(const Arguments& given) {
  const std::string id(*given.get("TOKEN"));
  if (id == "-") {
    const auto secret = read_secret("-", "Token");
    if (!secret) return std::unexpected(fail(kUsage, secret.error()));
    const auto text = as_text(secret->read(program::Pass::key()));
    for (const char c : text)
      if (c <= 0x20 || c >= 0x7f)
        return std::unexpected(fail(kUsage, "that is not a token", "it holds spaces or characters that no token has"));
    return CalledToken{"self", std::string(text)};
  }
  if (!id.starts_with("tok_") && id != "self")
    return std::unexpected(fail(kUsage, "a token is called by its id, tok_…; the token itself is never an argument",
                                "jeton token list names the ids; - reads a token from standard input"));
  return CalledToken{id, {}};
}

int show_new_token(const Arguments& given, const std::expected<json::Value, int>& answer, std::string_view member) {
  if (!answer) return answer.error();
  const auto token = answer->string_at(member);
  if (token && quiet(given) && !given.has("-o")) {
    print(printable(*token) + "\n");
    return kYes;
  }
  const int shown = show(given, *answer);
  remark(given, "The token is shown this once: it is not kept and cannot be shown again.");
  return shown;
}

void warn_of_use(const Arguments& given, const json::Value& token) {
  const auto used = token.string_at("last_used");
  if (!used) return;
  const auto from = token.string_at("last_address");
  remark(given, "It was last used " + printable(*used) + (from ? " from " + printable(*from) : std::string()) +
                    ": whoever used it is refused from now on.");
}

std::expected<std::string, int> device_id(const Arguments& given, const std::string& name) {
  if (name.starts_with("dev_")) return name;
  std::string path = "/v1/devices?limit=1000";
  add_query(path, "principal", given.has("--user") ? given.get("--user") : given.get("--service"));
  std::string found;
  std::optional<std::string> cursor;
  for (;;) {
    auto page = path;
    add_query(page, "cursor", cursor);
    const auto answer = ask(given, {.path = page});
    if (!answer) return std::unexpected(answer.error());
    if (const auto* items = answer->find("items"); items != nullptr && items->array() != nullptr)
      for (const auto& item : *items->array()) {
        if (item.string_at("name") != name) continue;
        if (!found.empty())
          return std::unexpected(
              fail(kConflict, "two devices are called so", "say whose with --user or --service, or give its id: jeton device list"));
        found = item.string_at("id").value_or("");
      }
    const auto next = answer->string_at("next");
    if (!next) break;
    cursor = std::string(*next);
  }
  if (found.empty()) return std::unexpected(fail(kNotFound, "there is no device called so", "jeton device list names those there are"));
  return found;
}

std::span<const Command> token_listing_commands() { return kCommands; }

}  // namespace jeton::cli
