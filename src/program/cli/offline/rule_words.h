// What commands that try rules make of a rule's texts: prefixes, and words such as "@office".
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "blocks/net/prefix_set.h"
#include "program/cli/command.h"

namespace jeton::cli {

// What is malformed, for people; a rule is no secret, its text may be repeated.
using Wrong = std::string;
using Strings = std::vector<std::string>;
// What "@name" stands for, by name.
using NamedNetworks = std::map<std::string, net::PrefixSet, std::less<>>;

// One side of a rule.
struct Side {
  net::PrefixSet prefixes;
  Strings words;   // "@office", "country:DE", "asn:64500"
  bool empty() const { return prefixes.empty() && words.empty(); }
};

// `what` names the list in what is wrong.
std::expected<net::PrefixSet, Wrong> read_prefixes(const Strings& texts, std::string_view what);
std::expected<Side, Wrong> read_side(const Strings& texts, std::string_view what);

// "office=10.0.0.0/8" each; of one name all count.
std::expected<NamedNetworks, Wrong> read_networks(std::span<const std::string> texts);
// Adds one set. Nothing where it is well.
std::optional<Wrong> add_network(NamedNetworks& to, std::string_view name, const Strings& prefixes);

// Adds those of `words` that are names and not in `known` yet, as the server has them. The names that nobody knows; where no server is
// reached, nothing. The error is an exit status: what is wrong was said.
struct Looked {
  bool reached = false;
  Strings unknown;
};
std::expected<Looked, int> look_up_networks(const Arguments& given, const Strings& words, NamedNetworks& known);

}  // namespace jeton::cli
