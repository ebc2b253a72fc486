// The configuration file. toml++ is large: this is the one place that sees it.
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "program/config/config.h"

namespace jeton::config {
namespace {

std::string at(const std::string& path, const toml::source_region& where) { return path + ":" + std::to_string(where.begin.line); }

// The value's items as text; nothing where it is of a kind that no setting has.
std::optional<std::vector<std::string>> items_of(const toml::node& node) {
  const auto scalar = [](const toml::node& n) -> std::optional<std::string> {
    if (const auto* s = n.as_string()) return s->get();
    if (const auto* i = n.as_integer()) return std::to_string(i->get());
    if (const auto* b = n.as_boolean()) return b->get() ? "true" : "false";
    return std::nullopt;
  };
  if (const auto* list = node.as_array()) {
    std::vector<std::string> items;
    for (const auto& element : *list) {
      const auto text = scalar(element);
      if (!text) return std::nullopt;
      items.push_back(*text);
    }
    return items;
  }
  const auto text = scalar(node);
  if (!text) return std::nullopt;
  return std::vector{*text};
}

std::expected<void, Problem> take(Config& config, const toml::table& table, const std::string& prefix, const std::string& path) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    const auto where = at(path, node.source());
    if (const auto* inner = node.as_table()) {
      if (auto done = take(config, *inner, key + ".", path); !done) return done;
      continue;
    }
    auto items = items_of(node);
    if (!items) return std::unexpected(where + ": " + key + ": text, a whole number, true, false or a list of text is expected");
    if (auto done = config.set(key, *std::move(items), where); !done) return done;
  }
  return {};
}

}  // namespace

std::expected<void, Problem> Config::read_file(const std::string& path) {
  const auto parsed = toml::parse_file(path);
  if (!parsed) {
    const auto& error = parsed.error();
    return std::unexpected(at(path, error.source()) + ": " + std::string(error.description()));
  }
  return take(*this, parsed.table(), {}, path);
}

}  // namespace jeton::config
