// network: named sets of networks that rules call by "@name".
#include <fstream>

#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

constexpr Column kColumns[] = {{"NAME", "name"}, {"PREFIXES", "prefixes"}, {"UPDATED", "updated"}};

std::string path_of(const Arguments& given) { return "/v1/networks/" + http::percent_encode(*given.get("NETWORK")); }

// --cidr, and the lines of --file but for empty ones and those that begin with "#".
std::optional<std::vector<std::string>> prefixes_of(const Arguments& given) {
  const auto values = given.all("--cidr");
  std::vector<std::string> all(values.begin(), values.end());
  const auto file = given.get("--file");
  if (!file) return all;
  std::ifstream in{std::string(*file)};
  if (!in) return std::nullopt;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '#') all.push_back(line);
  return all;
}

int send(const Arguments& given, Body& body, std::string method, std::string path) {
  const auto prefixes = prefixes_of(given);
  if (!prefixes) return fail(kUsage, "--file: the file cannot be read");
  if (prefixes->empty()) return fail(kUsage, "a network has at least one --cidr, or a --file of them", "as --cidr 10.0.0.0/8");
  body.texts("prefixes", *prefixes);
  return show_answer(given, ask(given, {.method = std::move(method), .path = std::move(path), .body = body.done()}));
}

int create_network(const Arguments& given) {
  Body body;
  body.text("name", given.get("NAME"));
  return send(given, body, "POST", "/v1/networks");
}

int update_network(const Arguments& given) {
  Body body;
  return send(given, body, "PATCH", path_of(given));
}

int list_networks(const Arguments& given) {
  const auto answer = ask(given, {.path = "/v1/networks"});
  return answer ? show_list(given, *answer, kColumns) : answer.error();
}

int show_network(const Arguments& given) { return show_answer(given, ask(given, {.path = path_of(given)})); }

int delete_network(const Arguments& given) { return done(given, ask(given, {.method = "DELETE", .path = path_of(given)}), "Deleted."); }

constexpr Operand kName[] = {{"NAME", "what rules call it, as office: --allow @office"}};
constexpr Operand kNetwork[] = {{"NETWORK", "its name"}};
constexpr Option kPrefixes[] = {{"--cidr", "CIDR", "a prefix of it, as 10.0.0.0/8; all of them", Count::Many},
                                {"--file", "FILE", "prefixes from a file, one a line"}};

constexpr Command kCommands[] = {
    {"network create", "Name a set of networks", "jeton network create office --cidr 192.0.2.0/24 --cidr 2001:db8::/32", kName, kPrefixes,
     create_network, "Wherever a command takes --allow or --deny, @office stands for the set."},
    {"network list", "List the named networks", "jeton network list", {}, {}, list_networks},
    {"network show", "Show a named network, and whose rules say its name", "jeton network show office", kNetwork, {}, show_network},
    {"network update", "Change a named network, for every rule that says its name", "jeton network update office --cidr 192.0.2.0/24",
     kNetwork, kPrefixes, update_network, "The prefixes given take the place of those that were there, at the next request."},
    {"network delete", "Delete a named network that no rule says", "jeton network delete office", kNetwork, {}, delete_network},
};

}  // namespace

std::span<const Command> network_commands() { return kCommands; }

}  // namespace jeton::cli
