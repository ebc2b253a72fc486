// config show and config check: what the server would go by.
#include <algorithm>

#include "blocks/json/writer.h"
#include "program/cli/local/settings.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) out += (out.empty() ? "" : ",") + item;
  return out;
}

int show_config(const Arguments& given) {
  const auto data = data_folder(given);
  const auto config = read_config(given, data.path);
  if (!config) return fail(kUsage, config.error(), "See docs/guide/configuration.md for every setting.");
  std::string text;
  json::Writer w(text);
  w.object().key("items").array();
  const auto one = [&](std::string_view key, const std::string& value, const std::string& origin) {
    w.object().member("id", key).member("value", value).member("origin", origin).end_object();
  };
  one("data", data.path, data.origin);
  for (const auto& setting : config::settings()) {
    const auto& value = config->all().find(setting.key)->second;
    one(setting.key, joined(value.items), value.origin);
  }
  w.end_array().key("next").null().end_object();
  constexpr Column kWithOrigin[] = {{"SETTING", "id"}, {"VALUE", "value"}, {"ORIGIN", "origin"}};
  const std::span<const Column> columns(kWithOrigin, given.has("--origin") ? 3 : 2);
  return show_list(given, *json::parse(text), columns);
}

int check_config(const Arguments& given) {
  const auto config = read_config(given, data_folder(given).path);
  if (!config) return fail(kNo, config.error(), "See docs/guide/configuration.md for every setting.");
  remark(given, "The configuration is sound.");
  return kYes;
}

constexpr Option kFile{"--config", "FILE", "the configuration file; jeton.toml in the data folder where not given (JETON_CONFIG)"};
constexpr Option kShow[] = {kFile, {"--origin", "", "name where each value comes from: flag, variable, file and line, or default"}};
constexpr Option kCheck[] = {kFile};

constexpr Command kCommands[] = {
    {"config show",
     "Show every setting the server would go by",
     "jeton config show --origin",
     {},
     kShow,
     show_config,
     "A flag goes before a JETON_* variable, a variable before the configuration file, the file before the default."},
    {"config check",
     "Check the configuration file and variables",
     "jeton config check --config jeton.toml",
     {},
     kCheck,
     check_config,
     "Unknown settings and values of the wrong kind are named with their line. Exit status 0: sound; 1: not."},
};

}  // namespace

std::span<const Command> config_commands() { return kCommands; }

}  // namespace jeton::cli
