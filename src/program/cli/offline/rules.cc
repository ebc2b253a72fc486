// rule test and rule check: network rules tried, with the very rooms the server decides with. A server is asked for the names alone that
// nobody gave.
#include <algorithm>

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "blocks/net/forwarded.h"
#include "program/cli/input.h"
#include "program/cli/offline/questions.h"
#include "program/cli/offline/rule_words.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

struct Question {
  Strings allow, deny, trusted;
  std::string peer;
  std::vector<std::pair<std::string, std::string>> headers;
  NamedNetworks networks = {};
};

std::optional<Strings> strings(const json::Value* value) {
  Strings out;
  if (value == nullptr) return out;
  if (value->array() == nullptr) return std::nullopt;
  for (const auto& element : *value->array()) {
    const auto text = element.string();
    if (!text) return std::nullopt;
    out.emplace_back(*text);
  }
  return out;
}

// Fills a list of the question from the member of that name.
bool take(const json::Value& value, std::string_view name, Strings& to) {
  auto list = strings(value.find(name));
  if (list) to = *std::move(list);
  return list.has_value();
}

bool known_members(const json::Value& value, std::initializer_list<std::string_view> known) {
  return std::all_of(value.object()->begin(), value.object()->end(),
                     [&](const auto& member) { return std::find(known.begin(), known.end(), member.first) != known.end(); });
}

std::expected<NamedNetworks, Wrong> networks_in(const json::Value* value) {
  NamedNetworks networks;
  if (value == nullptr) return networks;
  const auto wrong = std::unexpected("--json: networks is an object of lists of text: {\"office\":[\"10.0.0.0/8\"]}");
  if (value->object() == nullptr) return wrong;
  for (const auto& [name, list] : *value->object()) {
    const auto prefixes = strings(&list);
    if (!prefixes) return wrong;
    if (const auto bad = add_network(networks, name, *prefixes)) return std::unexpected("--json: " + *bad);
  }
  return networks;
}

std::expected<Question, Wrong> read_question(std::string_view text) {
  const auto value = json::parse(text);
  if (!value || value->object() == nullptr) return std::unexpected("--json: a JSON object is expected");
  if (!known_members(*value, {"allow", "deny", "trusted", "peer", "headers", "networks"}))
    return std::unexpected("--json: only allow, deny, trusted, peer, headers and networks are known");
  Question q;
  if (!take(*value, "allow", q.allow) || !take(*value, "deny", q.deny) || !take(*value, "trusted", q.trusted))
    return std::unexpected("--json: allow, deny and trusted are lists of text");
  const auto peer = value->string_at("peer");
  if (!peer) return std::unexpected("--json: peer is missing: the address the request comes from");
  q.peer = *peer;
  auto networks = networks_in(value->find("networks"));
  if (!networks) return std::unexpected(networks.error());
  q.networks = *std::move(networks);
  const auto* headers = value->find("headers");
  if (headers == nullptr) return q;
  if (headers->array() == nullptr) return std::unexpected("--json: headers is a list of [name, value]");
  for (const auto& header : *headers->array()) {
    const auto pair = strings(&header);
    if (!pair || pair->size() != 2) return std::unexpected("--json: headers is a list of [name, value]");
    q.headers.emplace_back((*pair)[0], (*pair)[1]);
  }
  return q;
}

std::expected<Question, Wrong> question_of(const Arguments& given) {
  const auto values = [&](std::string_view name) { return Strings(given.all(name).begin(), given.all(name).end()); };
  if (const auto json = given.get("--json")) {
    for (const auto name : {"--allow", "--deny", "--trusted", "--network", "--peer", "--header"})
      if (given.has(name)) return std::unexpected("--json brings all of the question: no " + std::string(name) + " beside it");
    const auto text = read_text(std::string(*json));
    if (!text) return std::unexpected(text.error());
    return read_question(*text);
  }
  if (!given.has("--peer")) return std::unexpected("--peer is missing: the address the request comes from");
  Question q{values("--allow"), values("--deny"), values("--trusted"), std::string(*given.get("--peer")), {}};
  auto networks = read_networks(given.all("--network"));
  if (!networks) return std::unexpected(networks.error());
  q.networks = *std::move(networks);
  for (const std::string_view line : given.all("--header")) {
    const auto colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) return std::unexpected("--header: 'Name: value' is expected");
    auto value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    q.headers.emplace_back(line.substr(0, colon), value);
  }
  return q;
}

struct Verdict {
  bool allow = false;
  net::Address address;
  std::string reason;   // "allowed", "denied", "not_allowed"
  std::string rule;     // the prefix or name that decided, or empty
};

// The prefix or the name that holds it.
std::optional<std::string> which_holds(const Side& side, const NamedNetworks& networks, const net::Address& a) {
  if (const auto* prefix = side.prefixes.find(a)) return prefix->text();
  for (const auto& word : side.words)
    if (networks.at(word.substr(1)).holds(a)) return word;
  return std::nullopt;
}

// Every name must be known before anything is decided, and where places are only the server's database says.
std::expected<void, int> know_words(const Arguments& given, Question& q) {
  Strings words;
  for (const auto* list : {&q.allow, &q.deny})
    for (const auto& text : *list) {
      if (text.starts_with("country:") || text.starts_with("asn:"))
        return std::unexpected(
            fail(kUsage, printable(text) + ": only the server's database says where an address is", "ask the server: jeton why"));
      words.push_back(text);
    }
  const auto looked = look_up_networks(given, words, q.networks);
  if (!looked) return std::unexpected(looked.error());
  if (looked->unknown.empty()) return {};
  const auto name = "@" + printable(looked->unknown.front());
  if (looked->reached)
    return std::unexpected(
        fail(kUsage, "there is no network " + name, "jeton network list names those there are; --network gives one for this question"));
  return std::unexpected(fail(kUsage, name + " is a named network, and no server was reached that knows it",
                              "say what it holds: --network " + name.substr(1) + "=CIDR, or name a server by --data or --server"));
}

std::expected<Verdict, Wrong> decide(const Question& q) {
  const auto peer = net::Address::parse(q.peer);
  if (!peer)
    return std::unexpected("peer: \"" + printable(q.peer) + "\" is not an address: dotted decimal, or IPv6 without brackets and zone");
  const auto allow = read_side(q.allow, "allow"), deny = read_side(q.deny, "deny");
  const auto trusted = read_prefixes(q.trusted, "trusted");
  for (const auto* side : {&allow, &deny})
    if (!*side) return std::unexpected(side->error());
  if (!trusted) return std::unexpected(trusted.error());
  std::vector<net::HeaderField> fields;
  for (const auto& [name, value] : q.headers) fields.push_back({name, value});
  Verdict v;
  v.address = net::client_address(*peer, fields, *trusted);
  if (const auto by = which_holds(*deny, q.networks, v.address)) {
    v.reason = "denied", v.rule = *by;
  } else if (const auto in = which_holds(*allow, q.networks, v.address)) {
    v.allow = true, v.reason = "allowed", v.rule = *in;
  } else {
    v.allow = allow->empty();
    v.reason = v.allow ? "no_rule" : "not_allowed";
  }
  return v;
}

std::string sentence(const Verdict& v) {
  const std::string taken = "taken for " + v.address.text();
  if (v.reason == "denied") return "refused: " + taken + ", which " + v.rule + " denies\n";
  if (v.reason == "allowed") return "allowed: " + taken + ", which " + v.rule + " allows\n";
  if (v.reason == "no_rule") return "allowed: " + taken + ", which nothing denies\n";
  return "refused: " + taken + ", which nothing allows\n";
}

int test_rule(const Arguments& given) {
  auto q = question_of(given);
  if (!q) return fail(kUsage, q.error(), "See jeton rule test --help.");
  if (const auto known = know_words(given, *q); !known) return known.error();
  const auto v = decide(*q);
  if (!v) return fail(kUsage, v.error(), "See jeton rule test --help.");
  std::string text;
  json::Writer w(text);
  w.object()
      .flag("allow", v->allow)
      .member("address", v->address.text())
      .member("reason", v->reason)
      .optional("rule", v->rule)
      .end_object();
  switch (format_of(given)) {
    case Format::Json: print(text + "\n"); break;
    case Format::Yaml: print(yaml_text(*json::parse(text))); break;
    case Format::Id: print(v->address.text() + "\n"); break;
    case Format::Table: print(sentence(*v)); break;
  }
  return v->allow ? kYes : kNo;
}

// One rule: {"allow":[…],"deny":[…]}, or one prefix or word a line. Its words.
std::expected<Strings, Wrong> check(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::unexpected("there is no rule: nothing was given");
  if (text[first] != '{') {
    Strings lines;
    for (auto left = text; !left.empty();) {
      auto line = left.substr(0, left.find('\n'));
      left.remove_prefix(std::min(line.size() + 1, left.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty()) lines.emplace_back(line);
    }
    auto side = read_side(lines, "rule");
    if (!side) return std::unexpected(side.error());
    return std::move(side->words);
  }
  const auto value = json::parse(text);
  if (!value || value->object() == nullptr) return std::unexpected("the rule is not JSON");
  if (!known_members(*value, {"allow", "deny"})) return std::unexpected("a rule has allow and deny, and nothing else");
  Strings allow, deny;
  if (!take(*value, "allow", allow) || !take(*value, "deny", deny)) return std::unexpected("allow and deny are lists of text");
  if (allow.empty() && deny.empty()) return std::unexpected("a rule has at least one prefix in allow or deny");
  Strings words;
  for (const auto& [list, name] : {std::pair(&allow, "allow"), std::pair(&deny, "deny")}) {
    const auto side = read_side(*list, name);
    if (!side) return std::unexpected(side.error());
    words.insert(words.end(), side->words.begin(), side->words.end());
  }
  return words;
}

int check_rule(const Arguments& given) {
  const auto text = read_text(std::string(*given.get("RULE")));
  if (!text) return fail(kUsage, text.error(), "See jeton rule check --help.");
  auto networks = read_networks(given.all("--network"));
  if (!networks) return fail(kUsage, networks.error(), "See jeton rule check --help.");
  auto good = check(*text);
  Looked looked;
  if (good) {
    const auto found = look_up_networks(given, *good, *networks);
    if (!found) return found.error();
    looked = *found;
  }
  if (good && looked.reached && !looked.unknown.empty())
    good = std::unexpected("there is no network @" + printable(looked.unknown.front()));
  if (format_of(given) == Format::Json) {
    std::string out;
    json::Writer(out).object().flag("valid", good.has_value()).optional("reason", good ? std::string() : good.error()).end_object();
    print(out + "\n");
  }
  if (!good) return fail(kNo, good.error());
  if (!looked.unknown.empty())
    remark(given, "No server was reached to say whether there is a network @" + printable(looked.unknown.front()) + ".");
  if (format_of(given) == Format::Table) print("well formed\n");
  return kYes;
}

constexpr Option kNetwork{"--network", "NAME=CIDR", "what @NAME stands for, without asking the server: office=10.0.0.0/8", Count::Many};
constexpr Option kCheck[] = {kNetwork};
constexpr Option kTest[] = {
    {"--allow", "CIDR", "addresses that may come in, or @name; all where none is given", Count::Many},
    {"--deny", "CIDR", "addresses that may not, though --allow says so; or @name", Count::Many},
    {"--trusted", "CIDR", "proxies whose X-Forwarded-For or Forwarded is believed; none where none is given", Count::Many},
    kNetwork,
    {"--peer", "IP", "the address the connection comes from"},
    {"--header", "'NAME: VALUE'", "a header field of the request, in order", Count::Many},
    {"--json", "FILE|-", "the whole question as JSON, from a file or standard input"},
};
constexpr Operand kRule[] = {{"RULE", "- for standard input, or a file"}};

constexpr Command kCommands[] = {
    {"rule test",
     "Would this request pass, and which address was it taken for",
     "jeton rule test --allow 10.0.0.0/8 --trusted 192.0.2.1 --peer 192.0.2.1 --header 'X-Forwarded-For: 10.1.2.3'",
     {},
     kTest,
     test_rule,
     "Needs no server, but where a rule says a name, @office, that --network does not give: then the server is asked for it. The address is the peer's own, unless the peer is a trusted proxy: then the fields it adds are walked from the right to the "
     "first hop that is not trusted; a malformed chain means the peer's own address. IPv4 in IPv6 (::ffff:10.1.2.3) is the IPv4 address; octal, "
     "hexadecimal and short forms and zone ids are refused; ::/0 holds no IPv4 address.\n"
     "With --json the question is an object:\n"
     "  {\"allow\":[\"10.0.0.0/8\"],\"deny\":[],\"trusted\":[\"192.0.2.1\"],\"peer\":\"192.0.2.1\",\"headers\":[[\"X-Forwarded-For\",\"10.1.2.3\"]]}\n"
     "\"networks\":{\"office\":[\"10.0.0.0/8\"]} in it gives names.\n"
     "With -o json the answer is one too: allow, address, reason (allowed, no_rule, denied, not_allowed) and rule.\n"
     "Exit status 0: allowed; 1: refused; 2: the question or a rule is malformed."},
    {"rule check", "Say whether one rule is well formed", "echo '{\"allow\":[\"10.0.0.0/8\"]}' | jeton rule check -", kRule, kCheck,
     check_rule,
     "A rule is a JSON object with allow and deny, or one prefix a line. Beside prefixes stand words: @office, country:DE, asn:64500. Needs no server; one that is\n"
     "reached says whether there is a network of that name. Exit status 0: well formed; 1: malformed."},
};

}  // namespace

std::span<const Command> rule_test_commands() { return kCommands; }

}  // namespace jeton::cli
