// webhook: addresses that are told of events, and what became of what they were sent.
#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

constexpr Column kWebhookColumns[] = {{"ID", "id"}, {"URL", "url"}, {"EVENTS", "events"}, {"STATUS", "status"}, {"NOTE", "note"}};
constexpr Column kDeliveryColumns[] = {{"ID", "id"},           {"WEBHOOK", "webhook"},   {"EVENT", "event"},
                                       {"STATE", "state"},     {"ATTEMPTS", "attempts"}, {"STATUS", "status"},
                                       {"TROUBLE", "trouble"}, {"NEXT", "next_attempt"}};

std::string path_of(const Arguments& given, std::string_view end = {}) {
  return "/v1/webhooks/" + http::percent_encode(*given.get("WEBHOOK")) + std::string(end);
}

int create_webhook(const Arguments& given) {
  Body body;
  body.text("url", given.get("URL")).texts("events", given.all("--event")).text("note", given.get("--note"));
  const auto made = create(given, "/v1/webhooks", body.done());
  if (made) remark(given, "The secret is shown this once: the receiver verifies signatures with it.");
  return show_answer(given, made);
}

int list_webhooks(const Arguments& given) { return list(given, "/v1/webhooks", kWebhookColumns); }
int show_webhook(const Arguments& given) { return show_answer(given, ask(given, {.path = path_of(given)})); }
int test_webhook(const Arguments& given) { return show_answer(given, ask(given, {.method = "POST", .path = path_of(given, "/test")})); }
int delete_webhook(const Arguments& given) { return done(given, ask(given, {.method = "DELETE", .path = path_of(given)}), "Deleted."); }

int list_deliveries(const Arguments& given) {
  std::string path = "/v1/deliveries";
  add_query(path, "webhook", given.get("--webhook"));
  add_query(path, "stream", given.get("--stream"));
  add_query(path, "state", given.get("--state"));
  return list(given, path, kDeliveryColumns);
}

int redeliver(const Arguments& given) {
  return show_answer(
      given, ask(given, {.method = "POST", .path = "/v1/deliveries/" + http::percent_encode(*given.get("DELIVERY")) + "/redeliver"}));
}

constexpr Operand kUrl[] = {{"URL", "where events are sent, https://"}};
constexpr Operand kWebhook[] = {{"WEBHOOK", "its id, whk_…"}};
constexpr Operand kDelivery[] = {{"DELIVERY", "its id, dlv_…"}};
constexpr Option kCreate[] = {
    {"--event", "EVENT", "events it is told of, as token.revoke, alert.* or *; every one where not given", Count::Many},
    {"--note", "TEXT", "what it is for"},
    kIdempotencyKey,
};
constexpr Option kPage[] = {kLimit, kCursor, kAll};
constexpr Option kDeliveries[] = {
    {"--webhook", "WEBHOOK", "those of that one; mail for mail"},
    {"--stream", "STREAM", "those of that stream of security events"},
    {"--state", "waiting|delivered|dead", "those that wait, arrived, or were given up"},
    kLimit,
    kCursor,
    kAll,
};

constexpr Command kCommands[] = {
    {"webhook create", "Have events sent to an address, signed as Standard Webhooks are",
     "jeton webhook create https://hooks.example.com/jeton --event 'alert.*' --event token.revoke", kUrl, kCreate, create_webhook,
     "This machine and private networks are refused but for the hosts that outbound.allow in the "
     "configuration names."},
    {"webhook list", "List webhooks", "jeton webhook list", {}, kPage, list_webhooks},
    {"webhook show", "Show a webhook", "jeton webhook show whk_01JD0000000000000000000000", kWebhook, {}, show_webhook},
    {"webhook test", "Send an event webhook.test", "jeton webhook test whk_01JD0000000000000000000000", kWebhook, {}, test_webhook},
    {"webhook delete",
     "Delete a webhook and what waits for it",
     "jeton webhook delete whk_01JD0000000000000000000000",
     kWebhook,
     {},
     delete_webhook},
    {"webhook deliveries",
     "List what was sent, and what became of it",
     "jeton webhook deliveries --state dead",
     {},
     kDeliveries,
     list_deliveries},
    {"webhook redeliver",
     "Send a delivery once more, under the same id",
     "jeton webhook redeliver dlv_01JD0000000000000000000000",
     kDelivery,
     {},
     redeliver},
};

}  // namespace

std::span<const Command> webhook_commands() { return kCommands; }

}  // namespace jeton::cli
