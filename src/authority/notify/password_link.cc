#include "authority/notify/password_link.h"

#include "authority/notify/outbox.h"
#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "ground/secret_pass.h"

namespace jeton::notify {
namespace {

// Sealed: it lets somebody in.
Result<ledger::Change> told(const people::Replacement& link, std::string_view url, const WebhookId& webhook, const keys::Sealer& sealer,
                            Entropy& entropy, Instant now) {
  ledger::Delivery d;
  TRY(d.id, DeliveryId::make(now, entropy));
  d.webhook = webhook;
  d.event = kPasswordLink;
  d.created = d.next = now;
  std::string body;
  json::Writer w(body);
  w.object().member("type", kPasswordLink).member("timestamp", to_rfc3339(now)).key("data").object();
  w.member("user", link.user.id.text()).member("name", link.user.name).optional("email", link.user.email);
  w.member("url", url).member("expires", to_rfc3339(link.expires)).end_object().end_object();
  TRY(d.sealed, sealer.seal({"deliveries", "sealed", d.id.text()}, as_bytes(body), entropy));
  wipe({reinterpret_cast<std::uint8_t*>(body.data()), body.size()});
  return ledger::Insert<ledger::Delivery>{std::move(d)};
}

// Whose password it was: the target, or several in the detail.
std::vector<PrincipalId> meant(const ledger::AuditEvent& e) {
  std::vector<PrincipalId> out;
  const auto add = [&out](std::string_view text) {
    if (const auto id = PrincipalId::parse(text)) out.push_back(*id);
  };
  add(e.target);
  const auto detail = json::parse(e.detail.empty() ? std::string_view("{}") : std::string_view(e.detail));
  const auto* users = detail ? detail->find("users") : nullptr;
  if (users == nullptr || users->array() == nullptr) return out;
  for (const auto& user : *users->array()) add(user.string().value_or(""));
  return out;
}

}  // namespace

Result<Secret> open_link(const keys::Sealer& sealer, const ledger::Delivery& d) {
  if (d.sealed.empty()) return refuse(Refusal::Malformed, "nothing is sealed");
  return sealer.open({"deliveries", "sealed", d.id.text()}, d.sealed);
}

Status Outbox::password_links(const ledger::AuditEvent& e, const std::vector<ledger::Webhook>& webhooks,
                              std::vector<ledger::Change>& changes) {
  if (people_ == nullptr) return {};
  for (const auto& id : meant(e)) TRY_VOID(password_link(id, e.at, webhooks, changes));
  return {};
}

// To the webhooks that take links; by mail where there are none.
Status Outbox::password_link(const PrincipalId& id, Instant at, const std::vector<ledger::Webhook>& webhooks,
                             std::vector<ledger::Change>& changes) {
  TRY(auto link, people_->replacement(id, at));
  if (!link) return {};
  auto url = rules_.issuer + "/invite?token=" + std::string(as_text(link->text.read(Pass::key())));
  std::vector<ledger::Change> made;
  bool any = false;
  for (const auto& webhook : webhooks) {
    if (!takes_links(webhook)) continue;
    any = true;
    TRY(const bool room, has_room(webhook.id, changes.size()));
    if (!room) {
      ++dropped_;
      continue;
    }
    TRY(auto change, told(*link, url, webhook.id, sealer_, entropy_, at));
    made.push_back(std::move(change));
  }
  if (!any && mail_.enabled() && good_mailbox(link->user.email)) {
    TRY(const bool room, has_room({}, changes.size()));
    if (room) {
      TRY(auto change, mail_.letter(Mail::replacement(link->user, url, link->expires), at));
      made.push_back(std::move(change));
    } else {
      ++dropped_;
    }
  }
  wipe({reinterpret_cast<std::uint8_t*>(url.data()), url.size()});
  if (made.empty()) return {};
  changes.push_back(std::move(link->change));
  for (auto& change : made) changes.push_back(std::move(change));
  return {};
}

}  // namespace jeton::notify
