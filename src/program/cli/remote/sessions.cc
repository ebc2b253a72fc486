// session: browsers that have logged in.
#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

constexpr Column kColumns[] = {
    {"ID", "id"}, {"USER", "user"}, {"CREATED", "created"}, {"LAST USED", "last_used"}, {"FROM", "last_address"}, {"EXPIRES", "expires"}};

int list_sessions(const Arguments& given) {
  std::string path = "/v1/sessions";
  add_query(path, "user", given.get("--user"));
  return list(given, path, kColumns);
}

int revoke_session(const Arguments& given) {
  if (given.has("SESSION") == given.has("--user"))
    return fail(kUsage, "which? give a session's id, or --user for all of a user", "See jeton session revoke --help.");
  if (const auto id = given.get("SESSION"))
    return done(given, ask(given, {.method = "POST", .path = "/v1/sessions/" + http::percent_encode(*id) + "/revoke"}), "Revoked.");
  Body body;
  body.text("user", given.get("--user"));
  return done(given, ask(given, {.method = "POST", .path = "/v1/sessions/revoke", .body = body.done()}),
              "All sessions of the user are revoked.");
}

constexpr Operand kSession[] = {{"SESSION", "its id, ses_…", Count::Maybe}};
constexpr Option kList[] = {{"--user", "USER", "of that user"}, kLimit, kCursor, kAll};
constexpr Option kRevoke[] = {{"--user", "USER", "all sessions of that user"}};

constexpr Command kCommands[] = {
    {"session list", "List browser sessions", "jeton session list --user ada", {}, kList, list_sessions},
    {"session revoke", "Revoke a session, or all of a user", "jeton session revoke --user ada", kSession, kRevoke, revoke_session},
};

}  // namespace

std::span<const Command> session_commands() { return kCommands; }

}  // namespace jeton::cli
