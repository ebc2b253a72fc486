#include "authority/notify/webhooks.h"

#include <algorithm>

#include "blocks/crypto/hash.h"
#include "blocks/json/writer.h"
#include "blocks/xml/base64.h"
#include "ground/secret_pass.h"

namespace jeton::notify {
namespace {

constexpr std::size_t kMostWebhooks = 100, kMostFilters = 50, kLongestFilter = 64;
constexpr std::string_view kPrefix = "whsec_";

// "token.revoke", "token.*", "*".
bool good_filter(std::string_view f) {
  if (f == "*") return true;
  if (f.empty() || f.size() > kLongestFilter) return false;
  if (f.ends_with(".*")) f.remove_suffix(2);
  for (const char c : f)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.')) return false;
  return !f.empty() && f.front() != '.';
}

keys::Place place(const std::string& row) { return {"webhooks", "sealed_secret", row}; }

}  // namespace

bool wants(const ledger::Webhook& webhook, std::string_view action) {
  if (webhook.standing != ledger::Standing::Active || action.starts_with("webhook.")) return false;
  for (const std::string_view f : webhook.events) {
    if (f == "*" || f == action) return true;
    if (f.ends_with(".*") && action.starts_with(f.substr(0, f.size() - 1))) return true;
  }
  return webhook.events.empty();
}

bool takes_links(const ledger::Webhook& webhook) {
  return webhook.standing == ledger::Standing::Active &&
         std::find(webhook.events.begin(), webhook.events.end(), kPasswordLink) != webhook.events.end();
}

std::string signature(const Secret& secret, std::string_view id, Instant at, std::string_view body) {
  std::string text(id);
  text.append(".").append(std::to_string(at.seconds())).append(".").append(body);
  return "v1," + base64::encode(crypto::HmacSha256(secret)(as_bytes(text)));
}

Result<Secret> secret_of(const ledger::Webhook& webhook, const keys::Sealer& sealer) {
  return sealer.open(place(webhook.id.text()), webhook.sealed_secret);
}

Result<MadeWebhook> Webhooks::create(ledger::Webhook draft, const audit::Doing& doing, const audit::With<MadeWebhook>& with) {
  TRY_VOID(rules_.guard.may_keep(draft.url));
  if (draft.events.size() > kMostFilters) return refuse(Refusal::Invalid, "events: at most 50");
  for (const auto& f : draft.events)
    if (!good_filter(f)) return refuse(Refusal::Invalid, "events: names such as token.revoke, token.* or *");
  if (draft.note.size() > 256) return refuse(Refusal::Invalid, "note: at most 256 octets");
  TRY(const auto there, ledger_.webhooks({.before = std::nullopt, .limit = kMostWebhooks}));
  if (there.size() >= kMostWebhooks) return refuse(Refusal::Conflict, "there are 100 webhooks already");
  TRY(draft.id, WebhookId::make(doing.now, entropy_));
  draft.created = draft.updated = doing.now;
  Secret octets(32);
  TRY_VOID(entropy_.fill(octets.write(Pass::key())));
  TRY(draft.sealed_secret, sealer_.seal(place(draft.id.text()), octets.read(Pass::key()), entropy_));
  const auto text = std::string(kPrefix) + base64::encode(octets.read(Pass::key()));
  MadeWebhook made{std::move(draft), Secret::copy_of(as_bytes(text))};
  TRY(auto event, audit::event(doing, "webhook.create", made.record.id.text(), entropy_));
  TRY(auto changes, audit::together({ledger::Insert<ledger::Webhook>{made.record}, std::move(event)}, with, made));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return made;
}

Result<ledger::Webhook> Webhooks::find(std::string_view id) {
  const auto parsed = WebhookId::parse(id);
  TRY(auto webhook, parsed ? ledger_.webhook(*parsed) : std::optional<ledger::Webhook>());
  if (!webhook) return refuse(Refusal::NotFound, "no such webhook");
  return *std::move(webhook);
}

Status Webhooks::remove(const WebhookId& id, const audit::Doing& doing) {
  TRY(auto event, audit::event(doing, "webhook.delete", id.text(), entropy_));
  TRY_VOID(ledger_.commit({id, std::move(event)}));
  return {};
}

Result<ledger::Delivery> Webhooks::test(const ledger::Webhook& webhook, const audit::Doing& doing) {
  ledger::Delivery d;
  TRY(d.id, DeliveryId::make(doing.now, entropy_));
  d.webhook = webhook.id;
  d.event = "webhook.test";
  json::Writer w(d.body);
  w.object().member("type", d.event).member("timestamp", to_rfc3339(doing.now)).key("data").object();
  w.member("webhook", webhook.id.text()).member("actor", doing.by.name).end_object().end_object();
  d.created = d.next = doing.now;
  TRY(auto event, audit::event(doing, "webhook.test", webhook.id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Insert<ledger::Delivery>{d}, std::move(event)}));
  return d;
}

Result<ledger::Delivery> Webhooks::redeliver(std::string_view id, const audit::Doing& doing) {
  const auto parsed = DeliveryId::parse(id);
  TRY(auto d, parsed ? ledger_.delivery(*parsed) : std::optional<ledger::Delivery>());
  if (!d) return refuse(Refusal::NotFound, "no such delivery");
  if (d->state == ledger::DeliveryState::Waiting) return refuse(Refusal::Conflict, "it is on its way already");
  d->state = ledger::DeliveryState::Waiting;
  d->attempts = 0;
  d->next = doing.now;
  TRY(auto event, audit::event(doing, "webhook.redeliver", d->id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Delivery>{*d}, std::move(event)}));
  ++d->version;
  return *d;
}

Result<bool> Webhooks::any_takes_links() {
  TRY(const auto all, ledger_.webhooks({.before = std::nullopt, .limit = kMostWebhooks}));
  return std::any_of(all.begin(), all.end(), takes_links);
}

}  // namespace jeton::notify
