// Records as JSON, each in one place.
#pragma once

#include "authority/personal/tokens.h"
#include "blocks/json/writer.h"
#include "protocols/admin/endpoint.h"

namespace jeton::protocols::admin {

void render(json::Writer& w, const ledger::Api& api);
void render(json::Writer& w, const ledger::Principal& principal);
void render(json::Writer& w, const ledger::Device& device);
void render(json::Writer& w, const ledger::Client& client);
void render(json::Writer& w, const ledger::SigningKey& key);
void render(json::Writer& w, const ledger::Rule& rule);
void render(json::Writer& w, const ledger::Alert& alert);
void render(json::Writer& w, const ledger::AuditEvent& event);
void render(json::Writer& w, const ledger::FeedEntry& entry);
// Leaves the object open: age and what is due may follow.
void open_key(json::Writer& w, const ledger::SigningKey& key);
// Leaves the object open: what was observed may follow.
void open_rule(json::Writer& w, const ledger::Rule& rule);
// Leaves the object open: a new token's text, or its API's name, may follow.
void open_token(json::Writer& w, const ledger::Token& token, std::string_view api_name, Instant now);

std::string_view name(ledger::TokenFormat format);
std::optional<ledger::TokenFormat> token_format(std::string_view name);
std::string_view name(ledger::EndReason reason);

void time_or_null(json::Writer& w, std::string_view name, const std::optional<Instant>& time);
template <class Id>
void id_or_null(json::Writer& w, std::string_view name, const Id& id) {
  w.optional(name, id.none() ? std::string() : id.text());
}

// Answers with one record.
template <class Record>
Status answer(Call& call, const Record& record, int status = 200) {
  call.response.status = status;
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  render(w, record);
  return {};
}

// Writes the answer to a create: 201, Location, and what `each` renders. Where the call has an Idempotency-Key the answer is
// kept, in the commit of the record it tells of.
Result<std::vector<ledger::Change>> created(Call& call, std::string location, const std::function<void(json::Writer&)>& each);
// The same for a record whose id is in it and that renders itself.
template <class Record>
audit::With<Record> created(Call& call, std::string_view folder) {
  return [&call, folder](const Record& record) {
    return created(call, std::string(folder) + record.id.text(), [&](json::Writer& w) { render(w, record); });
  };
}

// {"items":[…],"next":…}: `items` holds one more than the page where there is a next one.
template <class Records, class Each>
Status answer_page(Call& call, Records& items, std::size_t limit, Each&& each) {
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  const bool more = items.size() > limit;
  if (more) items.resize(limit);
  json::Writer w(call.response.body);
  w.object().key("items").array();
  for (const auto& item : items) each(w, item);
  w.end_array().optional("next", more ? items.back().id.text() : std::string()).end_object();
  return {};
}
template <class Records>
Status answer_page(Call& call, Records& items, std::size_t limit) {
  return answer_page(call, items, limit, [](json::Writer& w, const auto& item) { render(w, item); });
}

// The page a query asks for, one record longer so that the next page is known of. Malformed where the cursor is none.
template <class Id>
Result<ledger::PageOf<Id>> page_of(const std::optional<std::string>& cursor, std::size_t limit) {
  ledger::PageOf<Id> page{.before = std::nullopt, .limit = limit + 1};
  if (!cursor) return page;
  page.before = Id::parse(*cursor);
  if (!page.before) return refuse(Refusal::Malformed, "cursor: not one that a listing gave");
  return page;
}

}  // namespace jeton::protocols::admin
