// Letters in plain text: composed here, carried by the program, kept until they are.
#pragma once

#include "authority/notify/webhooks.h"

namespace jeton::notify {

struct Letter {
  std::string recipient, event, subject;
  std::string text;    // UTF-8, lines ended by LF
};

// One mailbox, "name@host": nothing that could end a header's line, name a second recipient or mean something to a shell. Invalid otherwise.
Status good_mailbox(std::string_view mailbox);

// The whole message (RFC 5322), lines ended by CRLF. `id` makes its Message-ID.
std::string message(const Letter& letter, std::string_view from, std::string_view id, Instant at);

// Any thread.
class Mail {
 public:
  Mail(ledger::Ledger& ledger, const keys::Sealer& sealer, Entropy& entropy, const Rules& rules)
      : ledger_(ledger), sealer_(sealer), entropy_(entropy), rules_(rules) {}
  bool enabled() const { return !rules_.mail_from.empty(); }

  // The change that puts a letter on its way. Its text is sealed: it may hold a link that lets somebody in.
  Result<ledger::Change> letter(const Letter& letter, Instant now);
  Result<Letter> open(const ledger::Delivery& delivery) const;

  // What people are told. `link` is the whole address.
  static Letter invitation(const ledger::Principal& user, std::string_view link, Instant expires);
  static Letter replacement(const ledger::Principal& user, std::string_view link, Instant expires);
  static Letter alert(const ledger::Principal& owner, const ledger::Alert& alert, std::string_view issuer);
  static Letter expiring(const ledger::Principal& owner, const ledger::Token& token, std::string_view issuer);

 private:
  ledger::Ledger& ledger_;
  const keys::Sealer& sealer_;
  Entropy& entropy_;
  const Rules& rules_;
};

}  // namespace jeton::notify
