// Webhooks: addresses that are told of events, as Standard Webhooks 1.0 has it (docs/formats/webhooks.md).
#pragma once

#include "authority/audit/event.h"
#include "authority/keys/sealer.h"
#include "blocks/net/guard.h"
#include "ground/secret.h"

namespace jeton::notify {

// What the installation's configuration says of everything that is sent.
struct Rules {
  net::Guard guard = {};                           // where webhooks may go
  std::vector<Seconds> retries = {};               // between attempts; after the last one a delivery is dead
  std::size_t most_waiting = 1000;                 // for one webhook; more are dropped, and that is told
  std::string mail_from = {};                      // empty: no mail is sent
  std::string issuer = {};
};

struct MadeWebhook {
  ledger::Webhook record;
  Secret secret;   // "whsec_…", told once
};

// Any thread.
class Webhooks {
 public:
  Webhooks(ledger::Ledger& ledger, const keys::Sealer& sealer, Entropy& entropy, const Rules& rules)
      : ledger_(ledger), sealer_(sealer), entropy_(entropy), rules_(rules) {}

  // Invalid: an address that events may not go to, or a filter that is none. Conflict: there are 100 already.
  Result<MadeWebhook> create(ledger::Webhook draft, const audit::Doing& doing, const audit::With<MadeWebhook>& with = {});
  Result<ledger::Webhook> find(std::string_view id);
  // Removes it and all that waits for it.
  Status remove(const WebhookId& id, const audit::Doing& doing);
  // Puts an event "webhook.test" on its way, whatever the filters say.
  Result<ledger::Delivery> test(const ledger::Webhook& webhook, const audit::Doing& doing);
  // From its first attempt on, under the same id. Conflict where it waits already.
  Result<ledger::Delivery> redeliver(std::string_view id, const audit::Doing& doing);
  // Whether there is one that takes links.
  Result<bool> any_takes_links();

 private:
  ledger::Ledger& ledger_;
  const keys::Sealer& sealer_;
  Entropy& entropy_;
  const Rules& rules_;
};

// Whether the webhook is told of events of that name. Events about webhooks are never sent: they would make more of themselves.
bool wants(const ledger::Webhook& webhook, std::string_view action);
// What carries a link that lets somebody in. No filter means it but its own name: who takes every event is not to be let in everywhere.
inline constexpr std::string_view kPasswordLink = "user.password_link";
bool takes_links(const ledger::Webhook& webhook);
// "webhook-signature" of a message (Standard Webhooks 1.0): "v1," and the base64 of an HMAC-SHA-256.
std::string signature(const Secret& secret, std::string_view id, Instant at, std::string_view body);
// Opens a webhook's secret: the 32 octets, not their text.
Result<Secret> secret_of(const ledger::Webhook& webhook, const keys::Sealer& sealer);

}  // namespace jeton::notify
