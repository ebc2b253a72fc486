#include "authority/notify/mail.h"

#include <ctime>

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "blocks/xml/base64.h"
#include "ground/secret_pass.h"

namespace jeton::notify {
namespace {

constexpr std::size_t kLongestLine = 76;

bool is_ascii(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) >= 0x7f || (static_cast<unsigned char>(c) < 0x20 && c != '\n')) return false;
  return true;
}

// No octet of a name or a subject may end the line it stands on.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return out;
}

// [RFC2047 §2] in pieces of whole characters, each an encoded word of at most 75 octets.
std::string header_text(std::string_view raw) {
  const auto text = one_line(raw);
  if (is_ascii(text)) return text;
  constexpr std::size_t kPiece = 42;
  std::string out;
  for (std::size_t from = 0; from < text.size();) {
    auto to = std::min(text.size(), from + kPiece);
    while (to < text.size() && (static_cast<unsigned char>(text[to]) & 0xc0) == 0x80) --to;
    out.append(out.empty() ? "" : "\r\n ")
        .append("=?UTF-8?B?")
        .append(base64::encode(as_bytes(std::string_view(text).substr(from, to - from))))
        .append("?=");
    from = to;
  }
  return out;
}

// [RFC5322 §3.3]
std::string date(Instant at) {
  const std::time_t seconds = at.seconds();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  const int n = std::snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d +0000", kDays[parts.tm_wday], parts.tm_mday,
                              kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {text, static_cast<std::size_t>(n)};
}

bool short_lines(std::string_view text) {
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    if (end - from > 900) return false;
    from = end + 1;
  }
  return true;
}

void append_body(std::string& out, std::string_view text) {
  if (is_ascii(text) && short_lines(text)) {
    out += "Content-Transfer-Encoding: 7bit\r\n\r\n";
    for (const char c : text) c == '\n' ? out.append("\r\n") : out.append(1, c);
    return;
  }
  out += "Content-Transfer-Encoding: base64\r\n\r\n";
  const auto encoded = base64::encode(as_bytes(text));
  for (std::size_t from = 0; from < encoded.size(); from += kLongestLine) out.append(encoded, from, kLongestLine).append("\r\n");
}

std::string place_row(const DeliveryId& id) { return id.text(); }

std::string greeting(const ledger::Principal& p) { return "Hello " + one_line(p.name) + ",\n\n"; }

}  // namespace

Status good_mailbox(std::string_view mailbox) {
  const auto at = mailbox.find('@');
  const auto wrong = refuse(Refusal::Invalid, "email: an address such as ada@example.com");
  if (mailbox.size() > 254 || at == 0 || at == std::string_view::npos || at > 64 || at + 1 >= mailbox.size()) return wrong;
  for (const char c : mailbox.substr(0, at)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) == std::string_view::npos) return wrong;
  }
  for (const char c : mailbox.substr(at + 1))
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.')) return wrong;
  return mailbox.front() == '-' || mailbox[at + 1] == '-' || mailbox[at + 1] == '.' ? Status(wrong) : Status();
}

std::string message(const Letter& letter, std::string_view from, std::string_view id, Instant at) {
  const auto host = from.substr(from.find('@') + 1);
  std::string out;
  out.append("From: ").append(one_line(from)).append("\r\nTo: ").append(one_line(letter.recipient));
  out.append("\r\nSubject: ").append(header_text(letter.subject)).append("\r\nDate: ").append(date(at));
  out.append("\r\nMessage-ID: <").append(id).append("@").append(one_line(host));
  // [RFC3834 §5] nobody is to answer by machine
  out.append(
      ">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
      "charset=utf-8\r\n");
  append_body(out, letter.text);
  return out;
}

Result<ledger::Change> Mail::letter(const Letter& letter, Instant now) {
  TRY_VOID(good_mailbox(letter.recipient));
  ledger::Delivery d;
  TRY(d.id, DeliveryId::make(now, entropy_));
  d.recipient = letter.recipient;
  d.event = letter.event;
  d.created = d.next = now;
  std::string plain;
  json::Writer(plain).object().member("subject", letter.subject).member("text", letter.text).end_object();
  TRY(d.sealed, sealer_.seal({"deliveries", "sealed", place_row(d.id)}, as_bytes(plain), entropy_));
  wipe({reinterpret_cast<std::uint8_t*>(plain.data()), plain.size()});
  return ledger::Insert<ledger::Delivery>{std::move(d)};
}

Result<Letter> Mail::open(const ledger::Delivery& d) const {
  TRY(const auto plain, sealer_.open({"deliveries", "sealed", place_row(d.id)}, d.sealed));
  TRY(const auto value, json::parse(as_text(plain.read(Pass::key()))));
  return Letter{d.recipient, d.event, std::string(value.string_at("subject").value_or("")),
                std::string(value.string_at("text").value_or(""))};
}

Letter Mail::invitation(const ledger::Principal& user, std::string_view link, Instant expires) {
  Letter l{user.email, "user.invite", "Choose your password", greeting(user)};
  l.text.append("with this link you choose your password. It works once, until ")
      .append(to_rfc3339(expires))
      .append(":\n\n  ")
      .append(link);
  l.text.append(
      "\n\nWhoever has the link can use it: do not pass it on. If you expected no such letter, do "
      "nothing.\n");
  return l;
}

Letter Mail::replacement(const ledger::Principal& user, std::string_view link, Instant expires) {
  Letter l{user.email, std::string(kPasswordLink), "Choose a new password", greeting(user)};
  // Who asked by address may have forgotten the name, and may have more than one.
  l.text.append("somebody said that the password of your account was forgotten. Its user name is\n\n  ").append(one_line(user.name));
  l.text.append("\n\nIf it was you, choose a new password with this link. It works once, until ")
      .append(to_rfc3339(expires))
      .append(":\n\n  ")
      .append(link);
  l.text.append("\n\nIf it was not you, do nothing: your password stays what it is. Do not pass the link on.\n");
  return l;
}

Letter Mail::alert(const ledger::Principal& owner, const ledger::Alert& a, std::string_view issuer) {
  Letter l{owner.email, "alert.raise", "Alert: " + a.rule, greeting(owner)};
  l.text.append(a.token.none() ? "something about your account needs a look: " : "something about a token of yours needs a look: ");
  l.text.append(a.rule).append(".\n\n");
  if (!a.token.none()) l.text.append("  token     ").append(a.token.text()).append("\n");
  l.text.append("  alert     ")
      .append(a.id.text())
      .append("\n  at        ")
      .append(to_rfc3339(a.first))
      .append("\n  evidence  ")
      .append(one_line(a.evidence));
  l.text.append("\n\nIf this was not you, ").append(a.token.none() ? "" : "revoke the token, or ");
  l.text.append("tell whoever runs ").append(issuer).append(".\n");
  return l;
}

Letter Mail::expiring(const ledger::Principal& owner, const ledger::Token& t, std::string_view issuer) {
  Letter l{owner.email, "token.expiring", "A token of yours expires soon", greeting(owner)};
  l.text.append("a token of yours expires soon.\n\n  token      ").append(t.id.text()).append("\n");
  if (!t.name.empty()) l.text.append("  name       ").append(one_line(t.name)).append("\n");
  l.text.append("  expires    ")
      .append(t.expires ? to_rfc3339(*t.expires) : "never")
      .append("\n  last used  ")
      .append(t.last_used ? to_rfc3339(*t.last_used) : "never");
  l.text.append("\n\nRotate it before then if it is still needed, at ").append(issuer).append(".\n");
  return l;
}

}  // namespace jeton::notify
