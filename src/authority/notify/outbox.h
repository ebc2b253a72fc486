// From events on record to messages on their way, and what becomes of each. All of it is in the ledger, so a restart loses nothing.
#pragma once

#include <atomic>
#include <mutex>
#include <set>

#include "authority/notify/mail.h"
#include "authority/people/people.h"
#include "authority/signals/transmitter.h"

namespace jeton::notify {

// What came of one attempt.
struct Outcome {
  bool good = false;
  int status = 0;             // of the answer; 0 where there was none
  std::string_view trouble;   // a literal; empty where it is good
  bool final = false;         // trying again is of no use
  std::optional<Instant> later = {};   // nothing was tried: its time is then
};

// Carries messages; the program's.
class Carrier {
 public:
  virtual ~Carrier() = default;
  struct Post {
    std::string url, id, timestamp, signature, body;
  };
  virtual Outcome post(const Post& post) = 0;
  // A security event token (RFC 8935). Nothing but 202 is good.
  virtual Outcome push(const signals::Push& push) = 0;
  virtual Outcome mail(std::string_view recipient, const std::string& message) = 0;
};

class Outbox {
 public:
  // Without a transmitter nothing is pushed to receivers of security events.
  Outbox(ledger::Ledger& ledger, const keys::Sealer& sealer, Entropy& entropy, const Rules& rules,
         signals::Transmitter* transmitter = nullptr)
      : ledger_(ledger),
        sealer_(sealer),
        entropy_(entropy),
        rules_(rules),
        mail_(ledger, sealer, entropy, rules),
        transmitter_(transmitter) {}
  // Whose links replace passwords that were forgotten; without them none are sent. Before the first pump. Not owned.
  void links_of(people::People* people) { people_ = people; }

  // Looks at what was put on record since the last time and makes deliveries of it. True while there may be more. One thread.
  Result<bool> pump(Instant now);
  // Carries one delivery whose time has come, to a webhook or receiver that nobody else is calling; false where there is none. Any thread; waits for the
  // other side, never longer than the carrier does.
  Result<bool> carry_one(Carrier& carrier, const std::function<Instant()>& clock);
  // Events that found no room since the start.
  std::uint64_t dropped() const { return dropped_; }

 private:
  class Claim;
  Status pump_event(const ledger::AuditEvent& event, const std::vector<ledger::Webhook>& webhooks, std::vector<ledger::Change>& changes);
  Status letters(const ledger::AuditEvent& event, std::vector<ledger::Change>& changes);
  Status password_links(const ledger::AuditEvent& event, const std::vector<ledger::Webhook>& webhooks,
                        std::vector<ledger::Change>& changes);
  Status password_link(const PrincipalId& user, Instant at, const std::vector<ledger::Webhook>& webhooks,
                       std::vector<ledger::Change>& changes);
  Result<bool> has_room(const WebhookId& webhook, std::size_t more);
  Result<Outcome> push(const ledger::Delivery& delivery, Carrier& carrier, Instant now);
  Result<Outcome> attempt(const ledger::Delivery& delivery, Carrier& carrier, Instant now);
  Status keep(ledger::Delivery delivery, const Outcome& outcome, Instant now);
  std::string body_of(const ledger::AuditEvent& event, const std::optional<ledger::Alert>& alert) const;

  ledger::Ledger& ledger_;
  const keys::Sealer& sealer_;
  Entropy& entropy_;
  const Rules& rules_;
  Mail mail_;
  signals::Transmitter* const transmitter_;
  people::People* people_ = nullptr;
  std::optional<std::uint64_t> cursor_;
  std::uint64_t kept_cursor_ = 0;
  std::atomic<std::uint64_t> dropped_{0};
  std::mutex mutex_;
  std::set<std::string> called_;  // webhooks, streams and recipients that are being called
};

}  // namespace jeton::notify
