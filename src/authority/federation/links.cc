#include "authority/federation/links.h"

#include "blocks/json/value.h"
#include "blocks/json/writer.h"

namespace jeton::federation {
namespace {

constexpr std::string_view kPrefix = "lnk_", kCreated = "created", kConnected = "connected";
constexpr auto gone() { return refuse(Refusal::NotFound, "no such link"); }

Link link_of(const ledger::Ticket& t) {
  Link link{std::string(kPrefix) + to_hex(t.id), t.principal, {}, {}, std::string(how_of(t)), t.created};
  const auto v = json::parse(t.data);
  if (!v) return link;
  link.provider = v->string_at("provider").value_or("");
  link.name = v->string_at("name").value_or("");
  return link;
}

std::optional<crypto::Sha256Digest> row_of(std::string_view id) {
  crypto::Sha256Digest row;
  if (!id.starts_with(kPrefix) || !from_hex(id.substr(kPrefix.size()), row)) return std::nullopt;
  return row;
}

}  // namespace

std::string link_text(std::string_view how, std::string_view provider, std::string_view identity) {
  std::string out;
  // The last line of an identity is the name; before it stands what kind of name it is.
  json::Writer(out)
      .object()
      .member("link", how)
      .member("provider", provider)
      .member("name", identity.substr(identity.rfind('\n') + 1))
      .end_object();
  return out;
}

std::string_view how_of(const ledger::Ticket& row) {
  for (const auto how : {kCreated, kConnected})
    if (row.data == how) return how;   // as it was before the provider was written down
  const auto v = json::parse(row.data);
  const auto said = v ? v->string_at("link").value_or("") : std::string_view();
  for (const auto how : {kCreated, kConnected})
    if (said == how) return how;
  return {};
}

Result<std::vector<Link>> Links::of(const PrincipalId& user, Instant now) {
  TRY(const auto rows, ledger_.lasting_of(user, now));
  std::vector<Link> out;
  for (const auto& row : rows)
    if (!how_of(row).empty()) out.push_back(link_of(row));
  return out;
}

Result<Link> Links::find(std::string_view id, Instant now) {
  const auto row = row_of(id);
  if (!row) return gone();
  TRY(const auto ticket, ledger_.ticket(*row));
  if (!ticket || ticket->kind != ledger::TicketKind::Lasting || ticket->expires <= now || how_of(*ticket).empty()) return gone();
  return link_of(*ticket);
}

Status Links::remove(std::string_view id, const audit::Doing& doing) {
  TRY(const auto link, find(id, doing.now));
  TRY(auto ticket, ledger_.ticket(*row_of(id)));
  if (!ticket) return gone();
  ticket->expires = doing.now;
  std::string detail;
  json::Writer(detail).object().member("provider", link.provider).end_object();
  TRY(auto event, audit::event(doing, "user.disconnect", link.user.text(), entropy_, detail));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Ticket>{*std::move(ticket)}, std::move(event)}));
  return {};
}

}  // namespace jeton::federation
