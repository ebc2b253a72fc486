// rule and alert: who is kept out, and what was noticed.
#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

constexpr Column kRuleColumns[] = {{"ID", "id"},     {"NAME", "name"}, {"ALLOW", "allow"},
                                   {"DENY", "deny"}, {"MODE", "mode"}, {"WOULD REFUSE", "observed"}};
constexpr Column kAlertColumns[] = {{"ID", "id"},       {"RULE", "rule"}, {"SEVERITY", "severity"},        {"TOKEN", "token"},
                                    {"COUNT", "count"}, {"LAST", "last"}, {"ACKNOWLEDGED", "acknowledged"}};

std::string rule_path(const Arguments& given) { return "/v1/rules/" + http::percent_encode(*given.get("RULE")); }

int create_rule(const Arguments& given) {
  if (!given.has("--allow") && !given.has("--deny"))
    return fail(kUsage, "a rule has at least one --allow or --deny", "See jeton rule create --help.");
  Body body;
  body.text("name", given.get("--name")).networks(given).text("mode", given.get("--mode"));
  return show_answer(given, create(given, "/v1/rules", body.done()));
}

int list_rules(const Arguments& given) {
  const auto answer = ask(given, {.path = "/v1/rules"});
  return answer ? show_list(given, *answer, kRuleColumns) : answer.error();
}

int show_rule(const Arguments& given) { return show_answer(given, ask(given, {.path = rule_path(given)})); }

int delete_rule(const Arguments& given) { return done(given, ask(given, {.method = "DELETE", .path = rule_path(given)}), "Deleted."); }

int list_alerts(const Arguments& given) { return list(given, "/v1/alerts", kAlertColumns); }

int acknowledge(const Arguments& given) {
  return show_answer(given, ask(given, {.method = "POST", .path = "/v1/alerts/" + http::percent_encode(*given.get("ALERT")) + "/ack"}));
}

constexpr Operand kRule[] = {{"RULE", "its id, rul_…"}};
constexpr Operand kAlert[] = {{"ALERT", "its id, alr_…"}};
constexpr Option kCreate[] = {
    {"--allow", "CIDR", "networks every token may be used from, as 10.0.0.0/8", Count::Many},
    {"--deny", "CIDR", "networks no token may be used from", Count::Many},
    {"--name", "NAME", "what it is called in lists"},
    {"--mode", "enforce|observe", "refuse, or only take note; enforce where not given"},
    kIdempotencyKey,
};
constexpr Option kPage[] = {kLimit, kCursor, kAll};

constexpr Command kCommands[] = {
    {"rule create",
     "Create a network rule for the whole installation",
     "jeton rule create --deny 203.0.113.0/24 --name 'bad neighbours'",
     {},
     kCreate,
     create_rule,
     "jeton rule test tries a rule offline first."},
    {"rule list", "List the installation's network rules", "jeton rule list", {}, {}, list_rules},
    {"rule show", "Show a network rule", "jeton rule show rul_01JD0000000000000000000000", kRule, {}, show_rule},
    {"rule delete", "Delete a network rule", "jeton rule delete rul_01JD0000000000000000000000", kRule, {}, delete_rule},
    {"alert list", "List what was noticed", "jeton alert list", {}, kPage, list_alerts},
    {"alert ack", "Acknowledge an alert", "jeton alert ack alr_01JD0000000000000000000000", kAlert, {}, acknowledge},
};

}  // namespace

std::span<const Command> watch_commands() { return kCommands; }

}  // namespace jeton::cli
