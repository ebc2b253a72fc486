// user and service: who holds tokens.
#include "ground/secret_pass.h"
#include "program/cli/input.h"
#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

enum class Who { User, Service };

constexpr Column kUserColumns[] = {{"ID", "id"}, {"NAME", "name"}, {"EMAIL", "email"}, {"STATUS", "status"}, {"CREATED", "created"}};
constexpr Column kServiceColumns[] = {{"ID", "id"}, {"NAME", "name"}, {"STATUS", "status"}, {"CREATED", "created"}};

template <Who kWho>
std::string folder() {
  return kWho == Who::User ? "/v1/users" : "/v1/service-accounts";
}

template <Who kWho>
std::string path_of(const Arguments& given, std::string_view verb = {}) {
  return folder<kWho>() + "/" + http::percent_encode(*given.get(kWho == Who::User ? "USER" : "SERVICE")) + std::string(verb);
}

// Fills the body; what is wrong with it is said.
std::optional<int> describe(Body& body, const Arguments& given) {
  body.text("email", given.get("--email")).networks(given).limits(given);
  if (!body.metadata(given.all("--metadata"))) return fail(kUsage, "--metadata: name=value is expected", "as --metadata team=payments");
  const auto file = given.get("--password-file");
  if (!file) return std::nullopt;
  const auto password = read_secret(std::string(*file), "Password");
  if (!password) return fail(kUsage, "--password-file: " + password.error());
  body.text("password", as_text(password->read(program::Pass::key())));
  return std::nullopt;
}

template <Who kWho>
int create_one(const Arguments& given) {
  Body body;
  body.text("name", given.get("NAME"));
  if (const auto wrong = describe(body, given)) return *wrong;
  return show_answer(given, create(given, folder<kWho>(), body.done()));
}

template <Who kWho>
int list_all(const Arguments& given) {
  return list(given, folder<kWho>(), kWho == Who::User ? std::span<const Column>(kUserColumns) : std::span<const Column>(kServiceColumns));
}

template <Who kWho>
int show_one(const Arguments& given) {
  return show_answer(given, ask(given, {.path = path_of<kWho>(given)}));
}

template <Who kWho>
int update_one(const Arguments& given) {
  Body body;
  body.text("name", given.get("--name"));
  if (const auto wrong = describe(body, given)) return *wrong;
  return show_answer(given, ask(given, {.method = "PATCH", .path = path_of<kWho>(given), .body = body.done()}));
}

template <Who kWho>
int disable_one(const Arguments& given) {
  return done(given, ask(given, {.method = "POST", .path = path_of<kWho>(given, "/disable")}),
              "Disabled: its tokens are refused from now on.");
}

template <Who kWho>
int enable_one(const Arguments& given) {
  return done(given, ask(given, {.method = "POST", .path = path_of<kWho>(given, "/enable")}), "Enabled: its tokens are let in again.");
}

template <Who kWho>
int delete_one(const Arguments& given) {
  return done(given, ask(given, {.method = "DELETE", .path = path_of<kWho>(given)}), "Deleted; its tokens have ended.");
}

// A link is for one use and shown this once, so a lost answer is asked for anew, not again.
int invite_one(const Arguments& given) {
  Body body;
  body.text("expires_in", given.get("--expires"));
  if (given.has("--no-mail")) body.raw("mail", "false");
  const auto answer = ask(given, {.method = "POST", .path = path_of<Who::User>(given, "/invite"), .body = body.done()});
  if (!answer) return answer.error();
  if (const auto mailed = answer->string_at("mailed")) remark(given, "The link is on its way to " + printable(*mailed) + ".");
  const auto url = answer->string_at("url");
  if (!url || !quiet(given) || given.has("-o")) return show(given, *answer);
  print(printable(*url) + "\n");
  return kYes;
}

constexpr Operand kName[] = {{"NAME", "what it is called"}};
constexpr Operand kUser[] = {{"USER", "the user's name or id"}};
constexpr Operand kService[] = {{"SERVICE", "the service account's name or id"}};
constexpr Option kPage[] = {kLimit, kCursor, kAll};
constexpr Option kMetadata{"--metadata", "NAME=VALUE", "a note of your own; all of them from now on", Count::Many};
constexpr Option kRename{"--name", "NAME", "another name"};
constexpr Option kEmail{"--email", "ADDRESS", "where mail reaches the user"};
constexpr Option kPassword{"--password-file", "FILE|-", "a password for the login pages, from a file, standard input or a prompt"};
constexpr Option kUserCreate[] = {kEmail, kPassword, kAllow, kDeny, kLimits, kMetadata, kIdempotencyKey};
constexpr Option kUserUpdate[] = {kRename, kEmail, kPassword, kAllow, kDeny, kLimits, kMetadata};
constexpr Option kInvite[] = {{"--expires", "DURATION", "how long the link is good, from 60s to 30d; 3d where not given"},
                              {"--no-mail", "", "show the link, and send no mail"}};
constexpr Option kServiceCreate[] = {kAllow, kDeny, kLimits, kMetadata, kIdempotencyKey};
constexpr Option kServiceUpdate[] = {kRename, kAllow, kDeny, kLimits, kMetadata};

constexpr Command kCommands[] = {
    {"user create", "Create a user", "jeton user create ada --email ada@example.com", kName, kUserCreate, create_one<Who::User>},
    {"user list", "List the users", "jeton user list", {}, kPage, list_all<Who::User>},
    {"user show", "Show a user", "jeton user show ada", kUser, {}, show_one<Who::User>},
    {"user update", "Change a user", "jeton user update ada --allow 10.0.0.0/8", kUser, kUserUpdate, update_one<Who::User>},
    {"user invite", "Make a link at which a user chooses a password, once", "jeton user invite ada --expires 24h", kUser, kInvite,
     invite_one, "A lost password is replaced this way too: the user's sessions end when the link is used. --quiet prints the link alone."},
    {"user disable", "Refuse a user's tokens until enabled again", "jeton user disable ada", kUser, {}, disable_one<Who::User>},
    {"user enable", "Let a user's tokens in again", "jeton user enable ada", kUser, {}, enable_one<Who::User>},
    {"user delete", "Delete a user and end the user's tokens", "jeton user delete ada", kUser, {}, delete_one<Who::User>},
    {"service create", "Create a service account", "jeton service create billing", kName, kServiceCreate, create_one<Who::Service>},
    {"service list", "List the service accounts", "jeton service list", {}, kPage, list_all<Who::Service>},
    {"service show", "Show a service account", "jeton service show billing", kService, {}, show_one<Who::Service>},
    {"service update", "Change a service account", "jeton service update billing --allow 10.1.0.0/16", kService, kServiceUpdate,
     update_one<Who::Service>},
    {"service disable",
     "Refuse a service account's tokens until enabled again",
     "jeton service disable billing",
     kService,
     {},
     disable_one<Who::Service>},
    {"service enable", "Let a service account's tokens in again", "jeton service enable billing", kService, {}, enable_one<Who::Service>},
    {"service delete",
     "Delete a service account and end its tokens",
     "jeton service delete billing",
     kService,
     {},
     delete_one<Who::Service>},
};

}  // namespace

std::span<const Command> principal_commands() { return kCommands; }

}  // namespace jeton::cli
