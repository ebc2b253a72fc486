// rule test and rule check: network rules tried offline, with the very rooms the server decides with.
#include <algorithm>

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "blocks/net/forwarded.h"
#include "program/cli/input.h"
#include "program/cli/offline/questions.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

using Strings = std::vector<std::string>;

struct Question {
  Strings allow, deny, trusted;
  std::string peer;
  std::vector<std::pair<std::string, std::string>> headers;
};

// What is malformed, for people; the text itself is fine to repeat, a rule is no secret.
using Wrong = std::string;

std::expected<net::PrefixSet, Wrong> prefixes(const Strings& texts, std::string_view what) {
  std::vector<net::Prefix> list;
  for (const auto& text : texts) {
    const auto prefix = net::Prefix::parse(text);
    if (!prefix)
      return std::unexpected(std::string(what) + ": \"" + printable(text) + "\" is not a prefix: an address, or as 10.0.0.0/8 or 2001:db8::/32 with no bits behind the length");
    list.push_back(*prefix);
  }
  return net::PrefixSet(std::move(list));
}

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

std::expected<Question, Wrong> read_question(std::string_view text) {
  const auto value = json::parse(text);
  if (!value || value->object() == nullptr) return std::unexpected("--json: a JSON object is expected");
  if (!known_members(*value, {"allow", "deny", "trusted", "peer", "headers"}))
    return std::unexpected("--json: only allow, deny, trusted, peer and headers are known");
  Question q;
  if (!take(*value, "allow", q.allow) || !take(*value, "deny", q.deny) || !take(*value, "trusted", q.trusted))
    return std::unexpected("--json: allow, deny and trusted are lists of text");
  const auto peer = value->string_at("peer");
  if (!peer) return std::unexpected("--json: peer is missing: the address the request comes from");
  q.peer = *peer;
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
    for (const auto name : {"--allow", "--deny", "--trusted", "--peer", "--header"})
      if (given.has(name)) return std::unexpected("--json brings all of the question: no " + std::string(name) + " beside it");
    const auto text = read_text(std::string(*json));
    if (!text) return std::unexpected(text.error());
    return read_question(*text);
  }
  if (!given.has("--peer")) return std::unexpected("--peer is missing: the address the request comes from");
  Question q{values("--allow"), values("--deny"), values("--trusted"), std::string(*given.get("--peer")), {}};
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
  std::string rule;     // the prefix that decided, or empty
};

std::expected<Verdict, Wrong> decide(const Question& q) {
  const auto peer = net::Address::parse(q.peer);
  if (!peer) return std::unexpected("peer: \"" + printable(q.peer) + "\" is not an address: dotted decimal, or IPv6 without brackets and zone");
  const auto allow = prefixes(q.allow, "allow"), deny = prefixes(q.deny, "deny"), trusted = prefixes(q.trusted, "trusted");
  for (const auto* set : {&allow, &deny, &trusted})
    if (!*set) return std::unexpected(set->error());
  std::vector<net::HeaderField> fields;
  for (const auto& [name, value] : q.headers) fields.push_back({name, value});
  Verdict v;
  v.address = net::client_address(*peer, fields, *trusted);
  if (const auto* by = deny->find(v.address)) {
    v.reason = "denied", v.rule = by->text();
  } else if (const auto* in = allow->find(v.address)) {
    v.allow = true, v.reason = "allowed", v.rule = in->text();
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
  const auto q = question_of(given);
  if (!q) return fail(kUsage, q.error(), "See jeton rule test --help.");
  const auto v = decide(*q);
  if (!v) return fail(kUsage, v.error(), "See jeton rule test --help.");
  std::string text;
  json::Writer w(text);
  w.object().flag("allow", v->allow).member("address", v->address.text()).member("reason", v->reason).optional("rule", v->rule).end_object();
  switch (format_of(given)) {
    case Format::Json: print(text + "\n"); break;
    case Format::Yaml: print(yaml_text(*json::parse(text))); break;
    case Format::Id: print(v->address.text() + "\n"); break;
    case Format::Table: print(sentence(*v)); break;
  }
  return v->allow ? kYes : kNo;
}

// One rule: {"allow":[…],"deny":[…]}, or one prefix a line.
std::expected<void, Wrong> check(std::string_view text) {
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
    const auto set = prefixes(lines, "rule");
    if (!set) return std::unexpected(set.error());
    return {};
  }
  const auto value = json::parse(text);
  if (!value || value->object() == nullptr) return std::unexpected("the rule is not JSON");
  if (!known_members(*value, {"allow", "deny"})) return std::unexpected("a rule has allow and deny, and nothing else");
  Strings allow, deny;
  if (!take(*value, "allow", allow) || !take(*value, "deny", deny)) return std::unexpected("allow and deny are lists of text");
  if (allow.empty() && deny.empty()) return std::unexpected("a rule has at least one prefix in allow or deny");
  for (const auto& [list, name] : {std::pair(&allow, "allow"), std::pair(&deny, "deny")})
    if (const auto set = prefixes(*list, name); !set) return std::unexpected(set.error());
  return {};
}

int check_rule(const Arguments& given) {
  const auto text = read_text(std::string(*given.get("RULE")));
  if (!text) return fail(kUsage, text.error(), "See jeton rule check --help.");
  const auto good = check(*text);
  if (format_of(given) == Format::Json) {
    std::string out;
    json::Writer(out).object().flag("valid", good.has_value()).optional("reason", good ? std::string() : good.error()).end_object();
    print(out + "\n");
  }
  if (!good) return fail(kNo, good.error());
  if (format_of(given) == Format::Table) print("well formed\n");
  return kYes;
}

constexpr Option kTest[] = {
    {"--allow", "CIDR", "addresses that may come in; all where none is given", Count::Many},
    {"--deny", "CIDR", "addresses that may not, though --allow says so", Count::Many},
    {"--trusted", "CIDR", "proxies whose X-Forwarded-For or Forwarded is believed; none where none is given", Count::Many},
    {"--peer", "IP", "the address the connection comes from"},
    {"--header", "'NAME: VALUE'", "a header field of the request, in order", Count::Many},
    {"--json", "FILE|-", "the whole question as JSON, from a file or standard input"},
};
constexpr Operand kRule[] = {{"RULE", "- for standard input, or a file"}};

constexpr Command kCommands[] = {
    {"rule test", "Would this request pass, and which address was it taken for",
     "jeton rule test --allow 10.0.0.0/8 --trusted 192.0.2.1 --peer 192.0.2.1 --header 'X-Forwarded-For: 10.1.2.3'", {}, kTest, test_rule,
     "Needs no server. The address is the peer's own, unless the peer is a trusted proxy: then the fields it adds are walked from the right to the "
     "first hop that is not trusted; a malformed chain means the peer's own address. IPv4 in IPv6 (::ffff:10.1.2.3) is the IPv4 address; octal, "
     "hexadecimal and short forms and zone ids are refused; ::/0 holds no IPv4 address.\n"
     "With --json the question is an object:\n"
     "  {\"allow\":[\"10.0.0.0/8\"],\"deny\":[],\"trusted\":[\"192.0.2.1\"],\"peer\":\"192.0.2.1\",\"headers\":[[\"X-Forwarded-For\",\"10.1.2.3\"]]}\n"
     "With -o json the answer is one too: allow, address, reason (allowed, no_rule, denied, not_allowed) and rule.\n"
     "Exit status 0: allowed; 1: refused; 2: the question or a rule is malformed."},
    {"rule check", "Say whether one rule is well formed", "echo '{\"allow\":[\"10.0.0.0/8\"]}' | jeton rule check -", kRule, {}, check_rule,
     "A rule is a JSON object with allow and deny, or one prefix a line. Needs no server. Exit status 0: well formed; 1: malformed."},
};

}  // namespace

std::span<const Command> rule_test_commands() { return kCommands; }

}  // namespace jeton::cli
