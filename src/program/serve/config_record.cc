#include "program/serve/config_record.h"

#include "blocks/json/writer.h"

namespace jeton::serve {
namespace {

constexpr std::string_view kSeen = "config.seen";

// A line a setting: its key and the beginning of a hash of its value, which tells that it changed and not
// what it is.
std::string line_of(const std::string& key, const config::Value& value) {
  std::string text = key;
  for (const auto& item : value.items) text += '\n' + item;
  return key + ' ' + to_hex(crypto::sha256(as_bytes(text))).substr(0, 16) + '\n';
}

}  // namespace

Status record_config(const config::Config& config, protocols::Rooms& rooms, Instant now) {
  TRY(const auto seen, rooms.ledger.setting(kSeen));
  std::string all;
  std::vector<std::string> changed;
  for (const auto& [key, value] : config.all()) {
    const auto line = line_of(key, value);
    all += line;
    // A setting that is new in this version, at its default, is no change of the operator's.
    const bool known = seen && ("\n" + seen->value).find("\n" + key + " ") != std::string::npos;
    if (seen && ("\n" + seen->value).find("\n" + line) == std::string::npos && (known || value.origin != "default")) changed.push_back(key);
  }
  if (seen && seen->value == all) return {};
  std::vector<ledger::Change> changes{ledger::PutSetting{{std::string(kSeen), all, 0}}};
  if (!changed.empty()) {
    const audit::Actor system{.name = "system", .address = {}, .request_id = {}};
    std::string detail;
    json::Writer(detail).object().strings("settings", changed).end_object();
    TRY(auto event, audit::event({system, now}, "config.change", "configuration", rooms.entropy, std::move(detail)));
    changes.push_back(std::move(event));
  }
  TRY_VOID(rooms.ledger.commit(std::move(changes)));
  return {};
}

}  // namespace jeton::serve
