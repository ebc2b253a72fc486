// audit, feed, settings, openapi: what the server has on record, and its own description.
#include <csignal>
#include <ctime>

#include <algorithm>

#include "ground/instant.h"
#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

constexpr Column kAuditColumns[] = {{"AT", "at"},         {"ACTOR", "actor"},     {"ACTION", "action"},
                                    {"TARGET", "target"}, {"ADDRESS", "address"}, {"ID", "id"}};
constexpr Column kFeedColumns[] = {{"SEQ", "seq"}, {"AT", "at"}, {"KIND", "kind"}, {"SUBJECT", "subject"}, {"REASON", "reason"}};

std::string audit_path(const Arguments& given) {
  std::string path = "/v1/audit";
  for (const std::string_view name : {"target", "action", "actor"}) add_query(path, name, given.get("--" + std::string(name)));
  return path;
}

int list_audit(const Arguments& given) { return list(given, audit_path(given), kAuditColumns); }

volatile std::sig_atomic_t interrupted = 0;

void note_interrupt(int) { interrupted = 1; }

// One event on a line of its own: of a stream, nobody can wait for the end.
void print_event(const Arguments& given, const json::Value& event) {
  if (format_of(given) == Format::Table) {
    std::string line;
    for (const auto& c : kAuditColumns) line += (line.empty() ? "" : "  ") + printable(event.string_at(c.member).value_or("-"));
    print(line + "\n");
  } else if (format_of(given) == Format::Json) {
    print(json_line(event) + "\n");
  } else {
    show(given, event);
  }
}

// The events of the newest pages down to the one seen last, oldest first.
std::expected<std::vector<json::Value>, int> news(const Arguments& given, std::string& seen) {
  std::vector<json::Value> fresh;
  const bool first = seen.empty();
  std::optional<std::string> cursor;
  std::string newest = seen;
  for (;;) {
    auto path = audit_path(given);
    add_query(path, "limit", first ? given.get("--limit").value_or("10") : "100");
    add_query(path, "cursor", cursor);
    const auto answer = ask(given, {.path = path});
    if (!answer) return std::unexpected(answer.error());
    const auto* items = answer->find("items");
    bool reached = items == nullptr || items->array() == nullptr;
    if (!reached)
      for (const auto& event : *items->array()) {
        const std::string id(event.string_at("id").value_or(""));
        // Ids grow with time.
        if (id <= seen) reached = true;
        else fresh.push_back(event), newest = std::max(newest, id);
      }
    const auto next = answer->string_at("next");
    if (first || reached || !next) break;
    cursor = std::string(*next);
  }
  seen = newest;
  std::reverse(fresh.begin(), fresh.end());
  return fresh;
}

int tail_audit(const Arguments& given) {
  struct sigaction action{};
  action.sa_handler = note_interrupt;
  ::sigaction(SIGINT, &action, nullptr);
  std::string seen;
  while (interrupted == 0) {
    const auto fresh = news(given, seen);
    if (!fresh) return interrupted != 0 ? kInterrupted : fresh.error();
    for (const auto& event : *fresh) print_event(given, event);
    if (std::fflush(stdout) != 0 || given.has("--once")) return kYes;
    if (seen.empty()) seen = "evt_";
    const timespec second{1, 0};
    ::nanosleep(&second, nullptr);
  }
  return kInterrupted;
}

int read_feed(const Arguments& given) {
  std::string path = "/v1/feed";
  add_query(path, "after", given.get("--after"));
  add_query(path, "limit", given.get("--limit"));
  const auto answer = ask(given, {.path = path});
  return answer ? show_list(given, *answer, kFeedColumns) : answer.error();
}

int show_settings(const Arguments& given) { return show_answer(given, ask(given, {.path = "/v1/settings"})); }

int set_settings(const Arguments& given) {
  Body body;
  for (const std::string_view pair : given.all("NAME=VALUE")) {
    const auto equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos)
      return fail(kUsage, "NAME=VALUE is expected", "as default_overlap=12h; jeton settings show names them");
    body.text(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return show_answer(given, ask(given, {.method = "PATCH", .path = "/v1/settings", .body = body.done()}));
}

int openapi(const Arguments& given) {
  const auto answer = ask(given, {.path = "/v1/openapi.json"});
  if (!answer) return answer.error();
  print(format_of(given) == Format::Yaml ? yaml_text(*answer) : json_text(*answer));
  return kYes;
}

constexpr Option kTarget{"--target", "ID", "what it was done to"};
constexpr Option kAction{"--action", "ACTION", "what was done, as token.create"};
constexpr Option kActor{"--actor", "ACTOR", "who did it, as uid:1000 or a token's id"};
constexpr Option kList[] = {kTarget, kAction, kActor, kLimit, kCursor, kAll};
constexpr Option kTail[] = {kTarget,
                            kAction,
                            kActor,
                            {"--limit", "N", "so many from before; 10 where not given"},
                            {"--once", "", "end after those that are there"}};
constexpr Option kFeed[] = {{"--after", "SEQ", "entries behind that sequence number"}, {"--limit", "N", "at most so many"}};
constexpr Operand kPairs[] = {{"NAME=VALUE", "a setting and its new value, as max_token_lifetime=90d", Count::OneOrMore}};

constexpr Command kCommands[] = {
    {"audit list", "List what was done, newest first", "jeton audit list --action token.create", {}, kList, list_audit},
    {"audit tail",
     "Show what is done as it is done, until Ctrl-C",
     "jeton audit tail",
     {},
     kTail,
     tail_audit,
     "With -o json every event stands on a line of its own."},
    {"feed", "Read what verifiers must know, in order", "jeton feed --after 0", {}, kFeed, read_feed},
    {"settings show", "Show the installation's settings", "jeton settings show", {}, {}, show_settings},
    {"settings set",
     "Change the installation's settings",
     "jeton settings set max_token_lifetime=90d default_overlap=12h",
     kPairs,
     {},
     set_settings},
    {"openapi", "Print the management API's OpenAPI description", "jeton openapi >openapi.json", {}, {}, openapi},
};

}  // namespace

std::span<const Command> record_commands() { return kCommands; }

}  // namespace jeton::cli
