// Leak reports: the form of GitHub's secret scanning partners, signed; or the same from a caller who may.
#include "blocks/json/value.h"
#include "protocols/admin/body.h"
#include "protocols/admin/door.h"
#include "protocols/admin/render.h"
#include "protocols/proxy.h"

namespace jeton::protocols::admin {
namespace {

constexpr std::size_t kMostReports = 100'000;
constexpr Seconds kRemembered{7 * 86400};

// What was sent, owning its text.
struct Received {
  json::Value value;
  std::vector<leaks::Report> reports;
  std::vector<std::string_view> types;
};

Result<Received> received(std::string_view body) {
  Received r;
  TRY(r.value, json::parse(body, {.size = body.size() + 1, .depth = 4, .members = 64}));
  const auto* list = r.value.array() != nullptr          ? r.value.array()
                     : r.value.find("tokens") != nullptr ? r.value.find("tokens")->array()
                                                         : nullptr;
  if (list == nullptr) return refuse(Refusal::Malformed, "a list of findings is expected");
  if (list->size() > kMostReports) return refuse(Refusal::TooLarge, "at most 100000 findings at once");
  for (const auto& item : *list) {
    const auto token = item.string_at("token");
    if (!token || token->empty()) return refuse(Refusal::Malformed, "token: each finding has one");
    leaks::Report report{*token, std::nullopt, item.string_at("url").value_or(""), item.string_at("source").value_or("")};
    // Who has looked it up names it by its id, and sends no secret.
    if (const auto id = TokenId::parse(*token)) report.id = id, report.token = {};
    r.reports.push_back(report);
    r.types.push_back(item.string_at("type").value_or(""));
  }
  return r;
}

// [GitHub secret scanning partner program] the token comes back hashed, so that an answer on its way gives
// nothing away.
Status answer_findings(Call& call, const Received& r, std::span<const leaks::Found> found) {
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  w.array();
  for (std::size_t i = 0; i < found.size(); ++i) {
    w.object();
    if (!r.reports[i].id) w.member("token_hash", to_hex(crypto::sha256(as_bytes(r.reports[i].token))));
    else w.member("token", r.reports[i].id->text());
    w.member("token_type", r.types[i]).member("label", found[i] == leaks::Found::NotOurs ? "false_positive" : "true_positive");
    // Partners are told what they asked; callers of our own what was done.
    if (!call.caller.actor.name.starts_with("partner:")) w.member("done", leaks::name(found[i]));
    w.end_object();
  }
  w.end_array();
  return {};
}

crypto::Sha256Digest report_id(const Call& call) { return crypto::sha256(as_bytes("leak report " + std::string(call.request.body))); }

// Whether this very report was taken before. Told once more, it changes nothing and is answered from what is known now.
Result<bool> seen_before(const Call& call) {
  TRY(const auto ticket, call.rooms.ledger.ticket(report_id(call)));
  return ticket && ticket->kind == ledger::TicketKind::Seen && ticket->expires > call.now;
}

// Once all of it was acted on, not before: a report that failed half way is taken when it comes again.
Status remember(const Call& call) {
  ledger::Ticket t;
  t.id = report_id(call);
  t.kind = ledger::TicketKind::Seen;
  t.created = call.now;
  t.expires = call.now + kRemembered;
  const auto noted = call.rooms.ledger.commit({ledger::Insert<ledger::Ticket>{std::move(t)}});
  return noted || noted.error().is(Refusal::Conflict) ? Status() : std::unexpected(noted.error());
}

// Labels alone: nothing is done, nobody is told.
std::vector<leaks::Found> known_already(Call& call, const Received& r) {
  std::vector<leaks::Found> found;
  const verify::Reading reading(call.rooms.verifier);
  for (const auto& report : r.reports)
    found.push_back(report.id || reading.judge(report.token, {}, call.now).token ? leaks::Found::Ended : leaks::Found::NotOurs);
  return found;
}

Status identify_reporter(Call& call) {
  const auto identifier = call.request.field("github-public-key-identifier");
  if (identifier) {
    const auto signature = call.request.field("github-public-key-signature");
    if (!signature || call.request.count("github-public-key-signature") > 1 || call.request.count("github-public-key-identifier") > 1)
      return refuse(Refusal::BadSignature);
    TRY_VOID(call.rooms.facts.leak_keys.verify(*identifier, *signature, call.request.body));
    call.caller.actor = actor_for(call.request, caller_address(call.request, call.rooms.facts.trusted_proxies), "partner:github");
    return {};
  }
  TRY(call.caller, identify(call.rooms, call.request, call.now));
  return call.caller.may("jeton:leaks:write") ? Status() : refuse(Refusal::Denied);
}

}  // namespace

Status report_leaks(Call& call) {
  if (const auto who = identify_reporter(call); !who) {
    if (who.error().is_fault()) return who;
    // One answer for every reason: nothing of keys, tokens or scopes is told.
    if (call.caller.actor.name.empty())
      call.caller.actor = actor_for(call.request, caller_address(call.request, call.rooms.facts.trusted_proxies), "anonymous");
    call.rooms.refusals.note(call.doing(), "management.refuse", {}, "{\"operation\":\"reportLeaks\",\"status\":401}");
    write({401,
           "unauthenticated",
           "Who are you?",
           "a report is signed by a partner's key, or comes with a token that holds jeton:leaks:write",
           {}},
          call.request, call.response);
    return {};
  }
  TRY(const auto r, received(call.request.body));
  TRY(const bool before, seen_before(call));
  if (before) return answer_findings(call, r, known_already(call, r));
  TRY(const auto found, call.rooms.leaks.take(r.reports, call.doing()));
  TRY_VOID(remember(call));
  return answer_findings(call, r, found);
}

}  // namespace jeton::protocols::admin
