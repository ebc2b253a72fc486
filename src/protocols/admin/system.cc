// Rules, records of what happened, and the installation's settings.
#include "authority/policy/names.h"
#include "authority/policy/settings.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

Status answer_settings(Call& call, const policy::Settings& s) {
  call.response.field("Content-Type", "application/json");
  json::Writer w(call.response.body);
  w.object().member("brand", s.brand).member("max_token_lifetime", to_text(s.max_token_lifetime));
  w.member("default_token_lifetime", to_text(s.default_token_lifetime)).member("default_overlap", to_text(s.default_overlap));
  w.member("key_rotation", to_text(s.key_rotation)).member("rsa_bits", s.rsa_bits).member("client_registration", s.client_registration);
  w.member("dpop_nonce", s.dpop_nonce).member("client_documents", s.client_documents);
  w.member("session_idle", to_text(s.session_idle)).member("session_lifetime", to_text(s.session_lifetime));
  w.member("refresh_idle", to_text(s.refresh_idle)).member("refresh_lifetime", to_text(s.refresh_lifetime));
  w.member("on_leak", s.on_leak)
      .member("on_reuse", policy::name(s.on_reuse))
      .member("watch_mute", s.watch_mute)
      .member("watch_revoke", s.watch_revoke);
  w.member("watch_action", s.watch_action).member("token_limit", s.token_limit).member("address_limit", s.address_limit).end_object();
  return {};
}

}  // namespace

Status list_rules(Call& call) {
  TRY_VOID(Query::parse(call.request.query, {}));
  TRY(const auto rules, call.rooms.ledger.rules());
  const auto observed = call.rooms.verifier.observed();
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  w.object().key("items").array();
  for (const auto& rule : rules) {
    open_rule(w, rule);
    for (const auto& [id, count] : observed)
      if (id == rule.id) w.member("observed", static_cast<std::int64_t>(count));
    w.end_object();
  }
  w.end_array().key("next").null().end_object();
  return {};
}

Status create_rule(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"name", "allow", "deny", "mode"}));
  ledger::Rule rule;
  TRY(auto name, body.text("name"));
  rule.name = std::move(name).value_or("");
  TRY_VOID(policy::good_label(rule.name));
  TRY_VOID(read_network(call, body, rule.network));
  TRY_VOID(policy::good_network(rule.network));
  if (rule.network.empty()) return refuse(Refusal::Invalid, "allow: a rule has at least one prefix in allow or deny");
  TRY(const auto mode, body.text("mode"));
  if (mode && mode != "enforce" && mode != "observe") return refuse(Refusal::Invalid, "mode: enforce or observe");
  rule.observe = mode == "observe";
  TRY(rule.id, RuleId::make(call.now, call.rooms.entropy));
  rule.created = rule.updated = call.now;
  TRY(auto event, audit::event(call.doing(), "rule.create", rule.id.text(), call.rooms.entropy));
  const auto kept = created<ledger::Rule>(call, "/v1/rules/");
  TRY(auto changes, audit::together<ledger::Rule>({ledger::Insert<ledger::Rule>{rule}, std::move(event)}, kept, rule));
  TRY_VOID(call.rooms.ledger.commit(std::move(changes)));
  return {};
}

Status show_rule(Call& call) {
  const auto id = RuleId::parse(call.id);
  TRY(const auto rule, id ? call.rooms.ledger.rule(*id) : std::optional<ledger::Rule>());
  if (!rule) return refuse(Refusal::NotFound, "no such rule");
  return answer(call, *rule);
}

Status delete_rule(Call& call) {
  const auto id = RuleId::parse(call.id);
  TRY(const auto rule, id ? call.rooms.ledger.rule(*id) : std::optional<ledger::Rule>());
  if (!rule) return refuse(Refusal::NotFound, "no such rule");
  TRY(auto event, audit::event(call.doing(), "rule.delete", id->text(), call.rooms.entropy));
  TRY_VOID(call.rooms.ledger.commit({*id, std::move(event)}));
  call.response.status = 204;
  return {};
}

Status list_alerts(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {}));
  TRY(const auto page, page_of<AlertId>(query.page.cursor, query.page.limit));
  TRY_VOID(call.rooms.upkeep.act_on_events(call.now));
  TRY(auto items, call.rooms.ledger.alerts(page));
  return answer_page(call, items, query.page.limit);
}

Status acknowledge_alert(Call& call) {
  const auto id = AlertId::parse(call.id);
  if (!id) return refuse(Refusal::NotFound, "no such alert");
  TRY(const auto alert, call.rooms.alerts.acknowledge(*id, call.doing()));
  return answer(call, alert);
}

Status read_feed(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {"after"}));
  ledger::Seq after = 0;
  if (const auto text = query.get("after")) {
    for (const char c : *text) {
      if (c < '0' || c > '9' || text->size() > 18) return refuse(Refusal::Malformed, "after: a sequence number");
      after = after * 10 + static_cast<ledger::Seq>(c - '0');
    }
  }
  TRY(const auto entries, call.rooms.ledger.feed(after, query.page.limit));
  TRY(const auto last, call.rooms.ledger.last_seq());
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  w.object().key("items").array();
  for (const auto& e : entries) render(w, e);
  w.end_array().member("last", static_cast<std::int64_t>(last)).member("epoch", call.rooms.facts.epoch).end_object();
  return {};
}

Status show_settings(Call& call) {
  TRY(const auto settings, policy::read_settings(call.rooms.ledger));
  return answer_settings(call, settings);
}

Status update_settings(Call& call) {
  TRY(const auto value, json::parse(call.request.body));
  if (value.object() == nullptr) return refuse(Refusal::Malformed, "a JSON object is expected");
  TRY(auto settings, policy::read_settings(call.rooms.ledger));
  for (const auto& [name, member] : *value.object()) {
    const auto text = member.string();
    if (!text) return refuse(Refusal::Invalid, "settings: values are text");
    const auto set = policy::set(settings, name, *text);
    if (!set) return set.error().is(Refusal::NotFound) ? Status(refuse(Refusal::Malformed, "no such setting")) : set;
  }
  auto changes = policy::write(settings);
  std::vector<std::string> names;
  for (const auto& [name, member] : *value.object()) names.push_back(name);
  std::string detail;
  json::Writer(detail).object().strings("settings", names).end_object();
  TRY(auto event, audit::event(call.doing(), "settings.update", "settings", call.rooms.entropy, std::move(detail)));
  changes.push_back(std::move(event));
  TRY_VOID(call.rooms.ledger.commit(std::move(changes)));
  return answer_settings(call, settings);
}

Status make_backup(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"name"}));
  TRY(const auto path, body.needed("name"));
  // A path of this machine, so only for callers of this machine.
  if (!call.request.origin.administrator) return refuse(Refusal::Denied, "backups are asked for on the server's own socket");
  if (!path.starts_with('/')) return refuse(Refusal::Invalid, "name: an absolute path of the server's machine");
  const auto wrong = call.rooms.program.backup(path);
  if (!wrong.empty()) return refuse(Refusal::Conflict, "the backup was not made: does the file exist, or is the folder not writable?");
  TRY(auto event, audit::event(call.doing(), "backup", "ledger", call.rooms.entropy));
  TRY_VOID(call.rooms.ledger.commit({std::move(event)}));
  call.response.status = 204;
  return {};
}

}  // namespace jeton::protocols::admin
