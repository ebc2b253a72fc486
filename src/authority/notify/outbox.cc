#include "authority/notify/outbox.h"

#include <charconv>

#include "authority/notify/password_link.h"
#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "ground/secret_pass.h"

namespace jeton::notify {
namespace {

constexpr std::string_view kCursor = "notify.cursor";
constexpr std::size_t kAtOnce = 200, kDue = 64;
// So often the place is kept though nothing was sent: a restart reads no more than this again.
constexpr std::uint64_t kKeepEvery = 1000;
constexpr int kGone = 410;

const audit::Actor& system_actor() {
  static const audit::Actor actor{.name = "system", .address = {}, .request_id = {}};
  return actor;
}

std::string callee(const ledger::Delivery& d) { return !d.stream.none() ? d.stream.text() : d.webhook.none() ? "mail" : d.webhook.text(); }

}  // namespace

// What is called by one thread at a time.
class Outbox::Claim {
 public:
  Claim(Outbox& outbox, std::string callee) : outbox_(outbox), callee_(std::move(callee)) {}
  ~Claim() {
    const std::lock_guard lock(outbox_.mutex_);
    outbox_.called_.erase(callee_);
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

 private:
  Outbox& outbox_;
  const std::string callee_;
};

std::string Outbox::body_of(const ledger::AuditEvent& e, const std::optional<ledger::Alert>& alert) const {
  std::string out;
  json::Writer w(out);
  w.object().member("type", e.action).member("timestamp", to_rfc3339(e.at)).key("data").object();
  w.member("id", e.id.text()).member("number", static_cast<std::int64_t>(e.number)).member("actor", e.actor).member("target", e.target);
  w.key("detail").raw(e.detail.empty() ? std::string_view("{}") : std::string_view(e.detail)).optional("address", e.address.text());
  w.member("request_id", e.request_id);
  if (alert) {
    static constexpr std::array<std::string_view, 3> kSeverities = {"info", "warning", "critical"};
    w.key("alert").object().member("id", alert->id.text()).member("rule", alert->rule);
    w.member("severity", kSeverities[static_cast<std::size_t>(alert->severity)])
        .optional("token", alert->token.none() ? "" : alert->token.text());
    w.optional("principal", alert->principal.none() ? "" : alert->principal.text());
    w.key("evidence").raw(alert->evidence.empty() ? std::string_view("{}") : std::string_view(alert->evidence)).end_object();
  }
  w.end_object().end_object();
  return out;
}

Result<bool> Outbox::has_room(const WebhookId& webhook, std::size_t more) {
  TRY(const auto waiting, ledger_.waiting_deliveries(webhook));
  return waiting + more < rules_.most_waiting;
}

Status Outbox::letters(const ledger::AuditEvent& e, std::vector<ledger::Change>& changes) {
  if (!mail_.enabled()) return {};
  std::optional<ledger::Principal> owner;
  std::optional<Letter> letter;
  if (e.action == "alert.raise") {
    const auto id = AlertId::parse(e.target);
    TRY(const auto alert, id ? ledger_.alert(*id) : std::optional<ledger::Alert>());
    if (!alert || alert->principal.none()) return {};
    TRY(owner, ledger_.principal(alert->principal));
    if (owner) letter = Mail::alert(*owner, *alert, rules_.issuer);
  } else if (e.action == "token.expiring") {
    const auto id = TokenId::parse(e.target);
    TRY(const auto token, id ? ledger_.token(*id) : std::optional<ledger::Token>());
    if (!token) return {};
    TRY(owner, ledger_.principal(token->principal));
    if (owner) letter = Mail::expiring(*owner, *token, rules_.issuer);
  }
  if (!letter || owner->standing != ledger::Standing::Active || !good_mailbox(letter->recipient)) return {};
  TRY(const bool room, has_room({}, changes.size()));
  if (!room) return ++dropped_, Status();
  TRY(auto change, mail_.letter(*letter, e.at));
  changes.push_back(std::move(change));
  return {};
}

Status Outbox::pump_event(const ledger::AuditEvent& e, const std::vector<ledger::Webhook>& webhooks, std::vector<ledger::Change>& changes) {
  std::string body;
  for (const auto& webhook : webhooks) {
    // What happened before it was there is not its business, also where the place was lost.
    if (!wants(webhook, e.action) || e.at < webhook.created) continue;
    TRY(const bool room, has_room(webhook.id, changes.size()));
    if (!room) {
      ++dropped_;
      continue;
    }
    if (body.empty()) {
      const auto alert_id = e.action == "alert.raise" ? AlertId::parse(e.target) : std::nullopt;
      TRY(const auto alert, alert_id ? ledger_.alert(*alert_id) : std::optional<ledger::Alert>());
      body = body_of(e, alert);
    }
    ledger::Delivery d;
    TRY(d.id, DeliveryId::make(e.at, entropy_));
    d.webhook = webhook.id;
    d.event = e.action;
    d.body = body;
    d.created = d.next = e.at;
    changes.emplace_back(ledger::Insert<ledger::Delivery>{std::move(d)});
  }
  if (e.action == "user.forgot_password") return password_links(e, webhooks, changes);
  return letters(e, changes);
}

Result<bool> Outbox::pump(Instant now) {
  if (!cursor_) {
    TRY(const auto kept, ledger_.setting(kCursor));
    std::uint64_t number = 0;
    if (kept) std::from_chars(kept->value.data(), kept->value.data() + kept->value.size(), number);
    cursor_ = kept_cursor_ = number;
  }
  TRY(const auto events, ledger_.audit_after(*cursor_, kAtOnce));
  if (events.empty()) return false;
  TRY(const auto webhooks, ledger_.webhooks({.before = std::nullopt, .limit = 100}));
  std::vector<ledger::Change> changes;
  const auto dropped = dropped_.load();
  for (const auto& e : events) TRY_VOID(pump_event(e, webhooks, changes));
  const auto last = events.back().number;
  if (dropped_ != dropped) {
    TRY(auto event,
        audit::event({system_actor(), now}, "webhook.dropped", "", entropy_, "{\"events\":" + std::to_string(dropped_ - dropped) + "}"));
    changes.push_back(std::move(event));
  }
  if (!changes.empty() || last - kept_cursor_ >= kKeepEvery) {
    // With what it stands for: a message is made once, whatever happens in between.
    changes.emplace_back(ledger::PutSetting{{std::string(kCursor), std::to_string(last), 0}});
    TRY_VOID(ledger_.commit(std::move(changes)));
    kept_cursor_ = last;
  }
  cursor_ = last;
  return events.size() == kAtOnce;
}

Result<Outcome> Outbox::push(const ledger::Delivery& d, Carrier& carrier, Instant now) {
  using enum signals::Push::What;
  if (transmitter_ == nullptr) return Outcome{false, 0, "nothing is pushed here", true};
  const auto push = transmitter_->hand(d, now);
  // With no key in service it waits for one, as for a receiver that is away.
  if (!push) return Outcome{false, 0, "it cannot be signed or opened now"};
  if (push->what == Later) return Outcome{.trouble = {}, .later = push->later};
  if (push->what == Never) return Outcome{false, 0, push->trouble, true};
  return carrier.push(*push);
}

Result<Outcome> Outbox::attempt(const ledger::Delivery& d, Carrier& carrier, Instant now) {
  if (!d.stream.none()) return push(d, carrier, now);
  if (d.webhook.none()) {
    const auto letter = mail_.open(d);
    if (!letter) return Outcome{false, 0, "its text cannot be opened any more"};
    if (!mail_.enabled()) return Outcome{false, 0, "no mail server is configured"};
    return carrier.mail(d.recipient, message(*letter, rules_.mail_from, d.id.text(), now));
  }
  TRY(const auto webhook, ledger_.webhook(d.webhook));
  if (!webhook || webhook->standing != ledger::Standing::Active) return Outcome{false, kGone, "the webhook is disabled"};
  // The configuration may have changed since it was made.
  if (!rules_.guard.lets(webhook->url)) return Outcome{false, 0, "the address is not allowed"};
  TRY(const auto secret, secret_of(*webhook, sealer_));
  auto body = d.body;
  if (d.event == kPasswordLink) {
    const auto opened = open_link(sealer_, d);
    if (!opened) return Outcome{false, 0, "its text cannot be opened any more"};
    body = as_text(opened->read(Pass::key()));
  }
  return carrier.post({webhook->url, d.id.text(), std::to_string(now.seconds()), signature(secret, d.id.text(), now, body), body});
}

Status Outbox::keep(ledger::Delivery d, const Outcome& outcome, Instant now) {
  if (outcome.later) {
    d.next = *outcome.later;
    const auto done = ledger_.commit({ledger::Update<ledger::Delivery>{std::move(d)}});
    return !done && done.error().is_fault() ? Status(std::unexpected(done.error())) : Status();
  }
  ++d.attempts;
  d.status = outcome.status;
  d.trouble = outcome.trouble;
  std::vector<ledger::Change> changes;
  const bool gone = outcome.status == kGone && !d.webhook.none();
  if (outcome.good) {
    d.state = ledger::DeliveryState::Delivered;
    d.next = now;
    // It has arrived; a link in it is nobody else's.
    d.sealed.clear();
  } else if (gone || outcome.final || d.attempts > rules_.retries.size()) {
    d.state = ledger::DeliveryState::Dead;
    d.next = now;
    TRY(auto event, audit::event({system_actor(), now}, d.stream.none() ? "webhook.dead" : "stream.dead", d.id.text(), entropy_,
                                 std::string(d.stream.none() ? "{\"webhook\":\"" : "{\"stream\":\"") + callee(d) +
                                     "\",\"status\":" + std::to_string(d.status) + "}"));
    changes.push_back(std::move(event));
  } else {
    d.next = now + rules_.retries[d.attempts - 1];
  }
  if (gone) {
    TRY(auto webhook, ledger_.webhook(d.webhook));
    if (webhook && webhook->standing == ledger::Standing::Active) {
      webhook->standing = ledger::Standing::Disabled;
      webhook->updated = now;
      TRY(auto event, audit::event({system_actor(), now}, "webhook.disable", webhook->id.text(), entropy_));
      changes.emplace_back(ledger::Update<ledger::Webhook>{*std::move(webhook)});
      changes.push_back(std::move(event));
    }
  }
  changes.emplace_back(ledger::Update<ledger::Delivery>{std::move(d)});
  const auto done = ledger_.commit(std::move(changes));
  // Removed with its webhook, or sent anew by hand, meanwhile.
  if (!done && done.error().is_fault()) return std::unexpected(done.error());
  return {};
}

Result<bool> Outbox::carry_one(Carrier& carrier, const std::function<Instant()>& clock) {
  TRY(auto due, ledger_.due_deliveries(clock(), kDue));
  for (auto& d : due) {
    {
      const std::lock_guard lock(mutex_);
      if (!called_.insert(callee(d)).second) continue;
    }
    const Claim claim(*this, callee(d));
    // Another thread may have carried it between the look and the claim.
    TRY(auto current, ledger_.delivery(d.id));
    if (!current || current->state != ledger::DeliveryState::Waiting || current->version != d.version) continue;
    TRY(const auto outcome, attempt(*current, carrier, clock()));
    TRY_VOID(keep(*std::move(current), outcome, clock()));
    return true;
  }
  return false;
}

}  // namespace jeton::notify
