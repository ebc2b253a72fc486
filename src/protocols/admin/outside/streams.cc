// Streams of security events, as their operator sees them: everybody's.
#include "ground/secret.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

void open_stream(json::Writer& w, const ledger::Stream& s) {
  w.object().member("id", s.id.text()).member("owner", s.owner).member("audience", s.audience);
  w.optional("url", s.url).strings("events", signals::delivered(s)).member("format", s.by_email ? "email" : "iss_sub");
  w.member("status", signals::name(s.state)).optional("reason", s.reason).member("description", s.description);
  w.member("created", to_rfc3339(s.created));
}

// Whose the stream is to be: a service account's, a user's or an application's, by its id; the operator's own
// where nobody is named.
Result<std::string> owner_of(Call& call, const Body& body) {
  TRY(const auto named, body.text("owner"));
  if (!named) return std::string(signals::kOperator);
  if (const auto client = ClientId::parse(*named)) {
    TRY(const auto record, call.rooms.ledger.client(*client));
    if (record && record->standing != ledger::Standing::Deleted) return client->text();
  } else if (const auto id = PrincipalId::parse(*named)) {
    TRY(const auto principal, call.rooms.principals.find(id->text()));
    return principal.id.text();
  }
  return refuse(Refusal::Invalid, "owner: the id of a service account, a user or a client");
}

}  // namespace

Status list_streams(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {}));
  TRY(const auto page, page_of<StreamId>(query.page.cursor, query.page.limit));
  TRY(auto items, call.rooms.ledger.streams(page));
  return answer_page(call, items, query.page.limit, [](json::Writer& w, const ledger::Stream& s) {
    open_stream(w, s);
    w.end_object();
  });
}

Status create_stream(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"owner", "url", "audience", "events", "authorization", "format", "description"}));
  ledger::Stream draft;
  TRY(draft.owner, owner_of(call, body));
  TRY(auto url, body.text("url"));
  draft.url = std::move(url).value_or("");
  TRY(auto audience, body.text("audience"));
  // [SSF §8.1.1] what tells the receiver apart
  draft.audience = std::move(audience).value_or(draft.owner);
  if (draft.owner == signals::kOperator && (draft.url.empty() || draft.audience == draft.owner))
    return refuse(Refusal::Invalid, "owner: where none is named, url and audience are needed");
  TRY(auto events, body.list("events"));
  if (events) draft.events = *std::move(events);
  else draft.events.assign(signals::supported().begin(), signals::supported().end());
  // A receiver's own words may be of another version; an operator's are mistakes.
  if (signals::delivered(draft).size() != draft.events.size())
    return refuse(Refusal::Invalid, "events: URIs of event types that are supported, each once");
  TRY(const auto format, body.text("format"));
  if (format && *format != "email" && *format != "iss_sub") return refuse(Refusal::Invalid, "format: iss_sub or email");
  draft.by_email = format == "email";
  TRY(auto description, body.text("description"));
  draft.description = std::move(description).value_or("");
  signals::Authorization authorization;
  TRY(const auto header, body.text("authorization"));
  if (header) authorization = {signals::Authorization::What::Put, Secret::copy_of(as_bytes(*header))};
  TRY_VOID(call.rooms.streams.create(std::move(draft), authorization, call.doing(), [&call](const ledger::Stream& made) {
    return created(call, "/v1/streams/" + made.id.text(), [&made](json::Writer& w) {
      open_stream(w, made);
      w.end_object();
    });
  }));
  return {};
}

Status show_stream(Call& call) {
  TRY(const auto stream, call.rooms.streams.find(call.id, {}));
  TRY(const auto waiting, call.rooms.ledger.waiting_deliveries(stream.id));
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  open_stream(w, stream);
  w.member("waiting", static_cast<std::int64_t>(waiting)).end_object();
  return {};
}

Status delete_stream(Call& call) {
  TRY(const auto stream, call.rooms.streams.find(call.id, {}));
  TRY_VOID(call.rooms.streams.remove(stream.id, call.doing()));
  call.response.status = 204;
  return {};
}

}  // namespace jeton::protocols::admin
