#include "authority/policy/settings.h"

#include <algorithm>

#include "authority/limits/limit.h"
#include "formats/opaque/token.h"

namespace jeton::policy {
namespace {

constexpr std::string_view kPrefix = "policy.";

Status set_duration(Seconds& to, std::string_view value, Seconds least) {
  const auto d = parse_duration(value);
  if (!d || *d < least) return refuse(Refusal::Invalid, "settings: a duration such as 30d or 12h");
  to = *d;
  return {};
}

// Names of rules by spaces. Which rules there are the watch knows; one that it does not know mutes nothing.
Status rule_names(std::string_view value) {
  for (const char c : value)
    if (!((c >= 'a' && c <= 'z') || c == '_' || c == ' '))
      return refuse(Refusal::Invalid, "settings: names of watch rules, separated by spaces");
  return value.size() <= 512 ? Status() : refuse(Refusal::TooLarge, "settings: at most 512 characters");
}

// Names of rules, and ids of tokens.
Status muted(std::string_view value) {
  if (value.size() > 4096) return refuse(Refusal::TooLarge, "settings: at most 4096 characters");
  while (!value.empty()) {
    const auto word = value.substr(0, value.find(' '));
    value.remove_prefix(std::min(word.size() + 1, value.size()));
    if (!word.starts_with("tok_")) TRY_VOID(rule_names(word));
    else if (!TokenId::parse(word))
      return refuse(Refusal::Invalid, "watch_mute: names of watch rules and ids of tokens, separated by spaces");
  }
  return {};
}

std::optional<LeakAction> action(std::string_view word) {
  if (word == "notify") return LeakAction::Notify;
  if (word == "quarantine") return LeakAction::Quarantine;
  if (word == "revoke") return LeakAction::Revoke;
  return std::nullopt;
}

// Calls f(kind or empty, action) for each word; false where one is wrong.
template <class F>
bool each_leak_rule(std::string_view text, F&& f) {
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const auto equals = word.find('=');
    const auto kind = equals == std::string_view::npos ? std::string_view() : word.substr(0, equals);
    const auto what = action(equals == std::string_view::npos ? word : word.substr(equals + 1));
    if (!what || (equals != std::string_view::npos && !opaque::kind(kind))) return false;
    f(kind, *what);
  }
  return true;
}

// A rate alone: quotas belong to somebody.
Status set_rate(std::string& to, std::string_view value) {
  TRY(const auto limit, limits::Limit::parse(value));
  if (limit.per_day != 0 || limit.per_month != 0 || limit.credits != 0)
    return refuse(Refusal::Invalid, "limits: a rate such as 100/1m burst 20 is expected");
  to = limit.text();
  return {};
}

constexpr std::string_view kActions[] = {"notify", "throttle", "challenge", "quarantine", "revoke"};

// rule=action, by spaces.
Status rule_actions(std::string_view value) {
  if (value.size() > 1024) return refuse(Refusal::TooLarge, "settings: at most 1024 characters");
  while (!value.empty()) {
    const auto pair = value.substr(0, value.find(' '));
    value.remove_prefix(std::min(pair.size() + 1, value.size()));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0 ||
        std::find(std::begin(kActions), std::end(kActions), pair.substr(equals + 1)) == std::end(kActions))
      return refuse(Refusal::Invalid,
                    "watch_action: rule=action by spaces; the actions are notify, throttle, challenge, quarantine and revoke");
    TRY_VOID(rule_names(pair.substr(0, equals)));
  }
  return {};
}

}  // namespace

LeakAction leak_action(const Settings& settings, opaque::Kind kind) {
  auto all = LeakAction::Revoke;
  std::optional<LeakAction> own;
  (void)each_leak_rule(settings.on_leak, [&](std::string_view of, LeakAction what) {
    if (of.empty()) all = what;
    else if (of == opaque::name(kind)) own = what;
  });
  return own.value_or(all);
}

std::string_view name(ledger::OnReuse on_reuse) { return on_reuse == ledger::OnReuse::Alert ? "alert" : "revoke_family"; }

std::optional<ledger::OnReuse> on_reuse(std::string_view text) {
  if (text == "alert") return ledger::OnReuse::Alert;
  if (text == "revoke_family") return ledger::OnReuse::RevokeFamily;
  return std::nullopt;
}

Status set(Settings& s, std::string_view name, std::string_view value) {
  if (name == "max_token_lifetime") return set_duration(s.max_token_lifetime, value, Seconds(60));
  if (name == "default_token_lifetime") return set_duration(s.default_token_lifetime, value, Seconds(60));
  if (name == "default_overlap") return set_duration(s.default_overlap, value, Seconds(0));
  if (name == "key_rotation") {
    // Not more often than a next key needs to become known.
    if (parse_duration(value) == Seconds(0)) return set_duration(s.key_rotation, value, Seconds(0));
    return set_duration(s.key_rotation, value, Seconds(3600));
  }
  if (name == "rsa_bits") {
    if (value != "2048" && value != "3072" && value != "4096") return refuse(Refusal::Invalid, "rsa_bits: 2048, 3072 or 4096");
    s.rsa_bits = value;
    return {};
  }
  if (name == "session_idle") return set_duration(s.session_idle, value, Seconds(60));
  if (name == "session_lifetime") return set_duration(s.session_lifetime, value, Seconds(60));
  if (name == "refresh_idle") return set_duration(s.refresh_idle, value, Seconds(60));
  if (name == "refresh_lifetime") return set_duration(s.refresh_lifetime, value, Seconds(60));
  if (name == "client_registration") {
    if (value != "open" && value != "closed") return refuse(Refusal::Invalid, "client_registration: open or closed");
    s.client_registration = value;
    return {};
  }
  if (name == "dpop_nonce") {
    if (value != "optional" && value != "required") return refuse(Refusal::Invalid, "dpop_nonce: optional or required");
    s.dpop_nonce = value;
    return {};
  }
  if (name == "client_documents") {
    if (value != "open" && value != "closed") return refuse(Refusal::Invalid, "client_documents: open or closed");
    s.client_documents = value;
    return {};
  }
  if (name == "brand") {
    if (!opaque::good_brand(value)) return refuse(Refusal::Invalid, "brand: 2 to 12 of a-z 0-9, beginning with a letter, not with ey");
    s.brand = value;
    return {};
  }
  if (name == "watch_mute") {
    TRY_VOID(muted(value));
    s.watch_mute = value;
    return {};
  }
  if (name == "watch_revoke") {
    TRY_VOID(rule_names(value));
    s.watch_revoke = value;
    return {};
  }
  if (name == "on_leak") {
    if (value.empty() || value.size() > 256 || !each_leak_rule(value, [](std::string_view, LeakAction) {}))
      return refuse(Refusal::Invalid, "on_leak: notify, quarantine or revoke, or a list such as pat=quarantine key=notify");
    s.on_leak = value;
    return {};
  }
  if (name == "watch_action") {
    TRY_VOID(rule_actions(value));
    s.watch_action = value;
    return {};
  }
  if (name == "token_limit") return set_rate(s.token_limit, value);
  if (name == "address_limit") return set_rate(s.address_limit, value);
  if (name == "on_reuse") {
    const auto choice = on_reuse(value);
    if (!choice) return refuse(Refusal::Invalid, "on_reuse: alert or revoke_family");
    s.on_reuse = *choice;
    return {};
  }
  return refuse(Refusal::NotFound, "no such setting");
}

Result<Settings> read_settings(ledger::Ledger& ledger) {
  TRY(const auto all, ledger.settings(kPrefix));
  Settings settings;
  for (const auto& one : all)
    if (one.name.starts_with(kPrefix)) TRY_VOID(set(settings, std::string_view(one.name).substr(kPrefix.size()), one.value));
  return settings;
}

std::vector<ledger::Change> write(const Settings& s) {
  std::vector<ledger::Change> changes;
  const auto put = [&](std::string_view name, std::string value) {
    changes.emplace_back(ledger::PutSetting{{std::string(kPrefix) + std::string(name), std::move(value), 0}});
  };
  put("brand", s.brand);
  put("max_token_lifetime", to_text(s.max_token_lifetime));
  put("default_token_lifetime", to_text(s.default_token_lifetime));
  put("default_overlap", to_text(s.default_overlap));
  put("key_rotation", to_text(s.key_rotation));
  put("rsa_bits", s.rsa_bits);
  put("client_registration", s.client_registration);
  put("dpop_nonce", s.dpop_nonce);
  put("client_documents", s.client_documents);
  put("session_idle", to_text(s.session_idle));
  put("session_lifetime", to_text(s.session_lifetime));
  put("refresh_idle", to_text(s.refresh_idle));
  put("refresh_lifetime", to_text(s.refresh_lifetime));
  put("on_reuse", std::string(name(s.on_reuse)));
  put("on_leak", s.on_leak);
  put("watch_mute", s.watch_mute);
  put("watch_revoke", s.watch_revoke);
  put("watch_action", s.watch_action);
  put("token_limit", s.token_limit);
  put("address_limit", s.address_limit);
  return changes;
}

}  // namespace jeton::policy
