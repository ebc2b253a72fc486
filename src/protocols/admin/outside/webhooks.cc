// Webhooks, and what became of everything that was sent.
#include "ground/secret_pass.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

std::string_view name(ledger::DeliveryState state) {
  static constexpr std::array<std::string_view, 3> kNames = {"waiting", "delivered", "dead"};
  return kNames[static_cast<std::size_t>(state)];
}

void open_webhook(json::Writer& w, const ledger::Webhook& webhook) {
  w.object().member("id", webhook.id.text()).member("url", webhook.url).strings("events", webhook.events);
  w.member("status", webhook.standing == ledger::Standing::Active ? "active" : "disabled").member("note", webhook.note);
  w.member("created", to_rfc3339(webhook.created));
}

// The text of a mail is nobody's to read: it may hold a link.
void render(json::Writer& w, const ledger::Delivery& d) {
  w.object().member("id", d.id.text());
  id_or_null(w, "webhook", d.webhook);
  id_or_null(w, "stream", d.stream);
  w.optional("recipient", d.recipient)
      .member("event", d.event)
      .member("state", name(d.state))
      .member("attempts", static_cast<std::int64_t>(d.attempts));
  d.status == 0 ? w.key("status").null() : w.member("status", d.status);
  w.optional("trouble", d.trouble).member("created", to_rfc3339(d.created));
  d.state == ledger::DeliveryState::Waiting ? w.member("next_attempt", to_rfc3339(d.next)) : w.key("next_attempt").null();
  d.state == ledger::DeliveryState::Waiting ? w.key("ended").null() : w.member("ended", to_rfc3339(d.next));
  w.key("body").raw(d.body.empty() ? std::string_view("null") : std::string_view(d.body)).end_object();
}

Status answer_delivery(Call& call, const ledger::Delivery& d, int status) {
  call.response.status = status;
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  render(w, d);
  return {};
}

}  // namespace

Status list_webhooks(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {}));
  TRY(const auto page, page_of<WebhookId>(query.page.cursor, query.page.limit));
  TRY(auto items, call.rooms.ledger.webhooks(page));
  return answer_page(call, items, query.page.limit, [](json::Writer& w, const ledger::Webhook& webhook) {
    open_webhook(w, webhook);
    w.end_object();
  });
}

Status create_webhook(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"url", "events", "note"}));
  ledger::Webhook draft;
  TRY(draft.url, body.needed("url"));
  TRY(auto events, body.list("events"));
  draft.events = std::move(events).value_or(std::vector<std::string>());
  TRY(auto note, body.text("note"));
  draft.note = std::move(note).value_or("");
  // Who gets the links of forgotten passwords can set everybody's.
  if (notify::takes_links(draft) && !call.caller.may("jeton:users:write"))
    return refuse(Refusal::Denied, "events: user.password_link takes jeton:users:write too");
  TRY_VOID(call.rooms.webhooks.create(std::move(draft), call.doing(), [&call](const notify::MadeWebhook& made) {
    return created(call, "/v1/webhooks/" + made.record.id.text(), [&](json::Writer& w) {
      open_webhook(w, made.record);
      w.member("secret", as_text(made.secret.read(Pass::key()))).end_object();
    });
  }));
  return {};
}

Status show_webhook(Call& call) {
  TRY(const auto webhook, call.rooms.webhooks.find(call.id));
  TRY(const auto waiting, call.rooms.ledger.waiting_deliveries(webhook.id));
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  open_webhook(w, webhook);
  w.member("waiting", static_cast<std::int64_t>(waiting)).end_object();
  return {};
}

Status delete_webhook(Call& call) {
  TRY(const auto webhook, call.rooms.webhooks.find(call.id));
  TRY_VOID(call.rooms.webhooks.remove(webhook.id, call.doing()));
  call.response.status = 204;
  return {};
}

Status test_webhook(Call& call) {
  TRY(const auto webhook, call.rooms.webhooks.find(call.id));
  TRY(const auto delivery, call.rooms.webhooks.test(webhook, call.doing()));
  return answer_delivery(call, delivery, 202);
}

Status list_deliveries(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {"webhook", "stream", "state"}));
  TRY(const auto page, page_of<DeliveryId>(query.page.cursor, query.page.limit));
  ledger::DeliveryFilter filter;
  if (const auto text = query.get("webhook")) {
    filter.webhook = *text == "mail" ? std::optional(WebhookId()) : WebhookId::parse(*text);
    if (!filter.webhook) return refuse(Refusal::Malformed, "webhook: an id, whk_…, or mail");
  }
  if (const auto text = query.get("stream")) {
    filter.stream = StreamId::parse(*text);
    if (!filter.stream) return refuse(Refusal::Malformed, "stream: an id, str_…");
  }
  if (const auto text = query.get("state")) {
    for (const auto state : {ledger::DeliveryState::Waiting, ledger::DeliveryState::Delivered, ledger::DeliveryState::Dead})
      if (name(state) == *text) filter.state = state;
    if (!filter.state) return refuse(Refusal::Malformed, "state: waiting, delivered or dead");
  }
  TRY(auto items, call.rooms.ledger.deliveries(filter, page));
  return answer_page(call, items, query.page.limit, [](json::Writer& w, const ledger::Delivery& d) { render(w, d); });
}

Status show_delivery(Call& call) {
  const auto id = DeliveryId::parse(call.id);
  TRY(const auto delivery, id ? call.rooms.ledger.delivery(*id) : std::optional<ledger::Delivery>());
  if (!delivery) return refuse(Refusal::NotFound, "no such delivery");
  return answer_delivery(call, *delivery, 200);
}

Status redeliver(Call& call) {
  TRY(const auto delivery, call.rooms.webhooks.redeliver(call.id, call.doing()));
  return answer_delivery(call, delivery, 202);
}

}  // namespace jeton::protocols::admin
