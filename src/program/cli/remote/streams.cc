// stream: where security events go, by the Shared Signals Framework.
#include "ground/secret_pass.h"
#include "program/cli/input.h"
#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

constexpr Column kColumns[] = {{"ID", "id"},         {"OWNER", "owner"},   {"URL", "url"},
                               {"STATUS", "status"}, {"REASON", "reason"}, {"DESCRIPTION", "description"}};

std::string path_of(const Arguments& given) { return "/v1/streams/" + http::percent_encode(*given.get("STREAM")); }

int create_stream(const Arguments& given) {
  Body body;
  body.text("owner", given.get("--owner")).text("url", given.get("--url")).text("audience", given.get("--audience"));
  body.texts("events", given.all("--event")).text("format", given.get("--subject")).text("description", given.get("--description"));
  if (const auto file = given.get("--authorization-file")) {
    const auto secret = read_secret(std::string(*file), "Authorization");
    if (!secret) return fail(kUsage, "--authorization-file: " + secret.error());
    body.text("authorization", as_text(secret->read(program::Pass::key())));
  }
  return show_answer(given, create(given, "/v1/streams", body.done()));
}

int list_streams(const Arguments& given) { return list(given, "/v1/streams", kColumns); }
int show_stream(const Arguments& given) { return show_answer(given, ask(given, {.path = path_of(given)})); }
int delete_stream(const Arguments& given) { return done(given, ask(given, {.method = "DELETE", .path = path_of(given)}), "Deleted."); }

constexpr Operand kStream[] = {{"STREAM", "its id, str_…"}};
constexpr Option kCreate[] = {
    {"--owner", "ID", "whose it is, svc_…, usr_… or cli_…: the receiver may change it then, and poll it"},
    {"--url", "URL", "where events are pushed, https://; where not given they wait to be polled"},
    {"--audience", "TEXT", "the aud of its events; the owner's id where not given"},
    {"--event", "URI", "types of events; every one where not given", Count::Many},
    {"--subject", "iss_sub|email", "how users are named; iss_sub where not given"},
    {"--authorization-file", "FILE|-", "what is sent as Authorization, from a file, standard input or a prompt"},
    {"--description", "TEXT", "what it is for"},
    kIdempotencyKey,
};
constexpr Option kPage[] = {kLimit, kCursor, kAll};

constexpr Command kCommands[] = {
    {"stream create",
     "Have security events sent to a receiver, or kept for it to poll",
     "jeton stream create --owner svc_01JD0000000000000000000000",
     {},
     kCreate,
     create_stream,
     "Addresses on this machine and in private networks are refused but for the hosts that outbound.allow in "
     "the configuration names."},
    {"stream list",
     "List streams of security events, everybody's",
     "jeton stream list",
     {},
     kPage,
     list_streams,
     "Receivers make, change and delete their own streams at /ssf/streams, with a token that holds "
     "jeton:ssf:write."},
    {"stream show",
     "Show a stream, and how many events wait for its receiver",
     "jeton stream show str_01JD0000000000000000000000",
     kStream,
     {},
     show_stream},
    {"stream delete",
     "Delete a stream and what waits for its receiver",
     "jeton stream delete str_01JD0000000000000000000000",
     kStream,
     {},
     delete_stream},
};

}  // namespace

std::span<const Command> stream_commands() { return kCommands; }

}  // namespace jeton::cli
