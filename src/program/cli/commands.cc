#include "program/cli/commands.h"

#include <algorithm>

#include "program/cli/local/settings.h"
#include "program/cli/offline/jose_commands.h"
#include "program/cli/offline/questions.h"
#include "program/cli/offline/watch.h"
#include "program/cli/remote/server.h"
#include "program/cli/saml/verify.h"
#include "program/run/commands.h"
#include "program/scan/commands.h"
#include "program/vault/commands.h"

namespace jeton::cli {
namespace {

// A room's table is added here, in one line.
constexpr std::span<const Command> (*kTables[])() = {
    framework_commands,     serve_commands,
    selftest_commands,      guard_commands,
    jwt_verify_commands,    jwt_commands,
    jws_commands,           jwe_commands,
    jwk_commands,           jwk_form_commands,
    vault::commands,        run::commands,
    scan::commands,         config_commands,
    doctor_commands,        backup_commands,
    audit_commands,         export_commands,
    webhook_commands,       stream_commands,
    api_commands,           principal_commands,
    device_commands,        token_commands,
    token_listing_commands, token_question_commands,
    client_commands,        session_commands,
    watch_commands,         network_commands,
    credit_commands,        key_commands,
    record_commands,        rule_test_commands,
    redirect_test_commands, inspect_commands,
    trace_commands,         saml_commands,
    saml_provider_commands, saml_identity_provider_commands,
    saml_link_commands,
};

struct Noun {
  std::string_view name, meaning;
};
constexpr Noun kNouns[] = {
    {"alert", "what was noticed: list, acknowledge"},
    {"api", "the APIs tokens are for"},
    {"audit", "what was done, by whom, and proof that nobody changed the record"},
    {"client", "OAuth clients"},
    {"config", "the server's configuration"},
    {"crypto", "the report on cryptography"},
    {"device", "the devices of users and service accounts"},
    {"jwe", "encrypted tokens, offline"},
    {"jwk", "keys as JSON, offline"},
    {"jws", "signatures, offline"},
    {"jwt", "JSON Web Tokens, offline"},
    {"key", "the keys that sign tokens"},
    {"network", "named sets of networks, for rules"},
    {"rule", "network rules of the installation, and tests of such rules offline"},
    {"saml", "SAML: responses offline, service providers users log in to, identity providers they log in by"},
    {"service", "service accounts"},
    {"session", "browser sessions"},
    {"settings", "the installation's settings"},
    {"stream", "where security events go: the Shared Signals Framework"},
    {"token", "personal access tokens and API keys"},
    {"user", "users"},
    {"vault", "the local vault of tokens"},
    {"webhook", "addresses that are told of events"},
    {"watch", "unusual use: the rules, and traces through them"},
};

constexpr Option kOptionsOfAll[] = {
    {"--data", "DIR", "the data folder whose server is spoken to (JETON_DATA; else ./.jeton where it exists, else the XDG data folder)"},
    {"--server", "URL", "a server elsewhere, with the token in JETON_TOKEN (JETON_SERVER)"},
    {"-o", "table|json|yaml|id", "how the answer is written; table where nothing is said"},
    {"--quiet", "", "print the id or the token alone, and no remarks"},
    {"--help", "", "print this help and end"},
};

}  // namespace

const std::vector<const Command*>& commands() {
  static const std::vector<const Command*> all = [] {
    std::vector<const Command*> list;
    for (const auto table : kTables)
      for (const auto& command : table()) list.push_back(&command);
    std::sort(list.begin(), list.end(), [](const Command* a, const Command* b) { return a->path < b->path; });
    return list;
  }();
  return all;
}

const Command* find_command(std::string_view path) {
  for (const auto* command : commands())
    if (command->path == path) return command;
  return nullptr;
}

std::string_view noun_meaning(std::string_view noun) {
  for (const auto& n : kNouns)
    if (n.name == noun) return n.meaning;
  return {};
}

std::span<const Option> options_of_all() { return kOptionsOfAll; }

std::string_view other_spelling(std::string_view name) {
  if (name == "-o") return "--output";
  if (name == "--quiet") return "-q";
  if (name == "--help") return "-h";
  return {};
}

}  // namespace jeton::cli
