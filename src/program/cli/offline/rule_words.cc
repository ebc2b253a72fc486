#include "program/cli/offline/rule_words.h"

#include <algorithm>

#include "authority/networks/places.h"
#include "authority/policy/names.h"
#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

constexpr std::string_view kForm = " is not a prefix: an address, or as 10.0.0.0/8 or 2001:db8::/32 with no bits behind the length";

Wrong no_prefix(std::string_view what, std::string_view text) {
  return std::string(what) + ": \"" + printable(text) + "\"" + std::string(kForm);
}

std::vector<net::Prefix> prefixes_of(const json::Value& item) {
  std::vector<net::Prefix> list;
  const auto* texts = item.find("prefixes");
  if (texts == nullptr || texts->array() == nullptr) return list;
  for (const auto& element : *texts->array())
    if (const auto prefix = net::Prefix::parse(element.string().value_or(""))) list.push_back(*prefix);
  return list;
}

}  // namespace

std::expected<net::PrefixSet, Wrong> read_prefixes(const Strings& texts, std::string_view what) {
  std::vector<net::Prefix> list;
  for (const auto& text : texts) {
    const auto prefix = net::Prefix::parse(text);
    if (!prefix) return std::unexpected(no_prefix(what, text));
    list.push_back(*prefix);
  }
  return net::PrefixSet(std::move(list));
}

std::expected<Side, Wrong> read_side(const Strings& texts, std::string_view what) {
  Side side;
  std::vector<net::Prefix> list;
  for (const auto& text : texts) {
    if (networks::read_word(text)) {
      side.words.push_back(text);
    } else if (const auto prefix = net::Prefix::parse(text)) {
      list.push_back(*prefix);
    } else {
      return std::unexpected(no_prefix(what, text) + ", and no word: @office, country:DE, asn:64500");
    }
  }
  side.prefixes = net::PrefixSet(std::move(list));
  return side;
}

std::optional<Wrong> add_network(NamedNetworks& to, std::string_view name, const Strings& prefixes) {
  if (!policy::good_name(name)) return "network: \"" + printable(name) + "\" is not a name: a-z, 0-9 and -, at most 63 of them";
  auto set = read_prefixes(prefixes, "network " + std::string(name));
  if (!set) return set.error();
  if (set->empty()) return "network " + std::string(name) + ": at least one prefix is expected";
  to.insert_or_assign(std::string(name), *std::move(set));
  return std::nullopt;
}

std::expected<NamedNetworks, Wrong> read_networks(std::span<const std::string> texts) {
  std::map<std::string, Strings, std::less<>> named;
  for (const auto& text : texts) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) return std::unexpected("--network: NAME=CIDR is expected, as office=10.0.0.0/8");
    named[text.substr(0, equals)].push_back(text.substr(equals + 1));
  }
  NamedNetworks networks;
  for (const auto& [name, prefixes] : named)
    if (const auto wrong = add_network(networks, name, prefixes)) return std::unexpected("--" + *wrong);
  return networks;
}

std::expected<Looked, int> look_up_networks(const Arguments& given, const Strings& words, NamedNetworks& known) {
  Looked looked;
  for (const auto& word : words)
    if (word.starts_with('@') && !known.contains(word.substr(1))) looked.unknown.push_back(word.substr(1));
  if (looked.unknown.empty() || !answers(reach(given))) return looked;
  looked.reached = true;
  const auto answer = ask(given, {.path = "/v1/networks"});
  if (!answer) return std::unexpected(answer.error());
  const auto* items = answer->find("items");
  if (items == nullptr || items->array() == nullptr) return looked;
  for (const auto& item : *items->array()) {
    const auto at = std::find(looked.unknown.begin(), looked.unknown.end(), item.string_at("name").value_or(""));
    if (at == looked.unknown.end()) continue;
    known.insert_or_assign(*at, net::PrefixSet(prefixes_of(item)));
    std::erase(looked.unknown, std::string(*at));
  }
  return looked;
}

}  // namespace jeton::cli
