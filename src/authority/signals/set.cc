#include "authority/signals/set.h"

#include "authority/sessions/sessions.h"
#include "authority/signals/events.h"
#include "blocks/json/writer.h"

namespace jeton::signals {
namespace {

// One that is polled is nobody's to carry; it is looked at so seldom.
constexpr Seconds kPolled{86400};

struct Code {
  std::string_view err, words;
  bool again;
};
constexpr Code kCodes[] = {
    {"invalid_request", "the receiver says: invalid_request", false},
    {"invalid_key", "the receiver says: invalid_key", false},
    {"invalid_issuer", "the receiver says: invalid_issuer", false},
    {"invalid_audience", "the receiver says: invalid_audience", false},
    {"invalid_state", "the receiver says: invalid_state", false},
    {"authentication_failed", "the receiver says: authentication_failed", true},
    {"access_denied", "the receiver says: access_denied", true},
};

void person(json::Writer& w, std::string_view issuer, const ledger::Stream& stream, const ledger::Principal& who) {
  if (stream.by_email && !who.email.empty()) {
    w.object().member("format", "email").member("email", who.email).end_object();
  } else {
    w.object().member("format", "iss_sub").member("iss", issuer).member("sub", who.id.text()).end_object();
  }
}

}  // namespace

std::string subject_of(std::string_view issuer, const ledger::Stream& stream, const ledger::Principal& who, const TokenId& session) {
  std::string out;
  json::Writer w(out);
  if (session.none()) {
    person(w, issuer, stream, who);
    return out;
  }
  w.object().member("format", "complex").key("user");
  person(w, issuer, stream, who);
  // The `sid` of ID tokens.
  w.key("session").object().member("format", "opaque").member("id", sessions::id_text(session)).end_object().end_object();
  return out;
}

std::string subject_of(const ledger::Stream& stream) {
  std::string out;
  json::Writer(out).object().member("format", "opaque").member("id", stream.id.text()).end_object();
  return out;
}

// [SSF §4.1] no `sub`, no `exp`
ledger::Delivery delivery(std::string_view issuer, const ledger::Stream& stream, const Words& words, const DeliveryId& id, Instant now) {
  ledger::Delivery d;
  d.id = id;
  d.stream = stream.id;
  d.event = words.type;
  json::Writer w(d.body);
  w.object().member("iss", issuer).member("jti", d.id.text()).member("iat", now.seconds()).member("aud", stream.audience);
  if (!words.txn.empty()) w.member("txn", words.txn);
  w.key("sub_id").raw(words.subject).key("events").object().key(words.type).raw(words.event).end_object().end_object();
  d.created = now;
  d.next = stream.url.empty() ? now + kPolled : now;
  return d;
}

std::string_view meaning(std::string_view err) {
  for (const auto& code : kCodes)
    if (code.err == err) return code.words;
  return "the receiver does not take it";
}

bool may_pass(std::string_view err) {
  for (const auto& code : kCodes)
    if (code.err == err) return code.again;
  return false;
}

}  // namespace jeton::signals
