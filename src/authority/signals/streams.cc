#include "authority/signals/streams.h"

#include <algorithm>

#include "authority/signals/events.h"
#include "authority/signals/set.h"
#include "blocks/json/writer.h"
#include "ground/secret_pass.h"

namespace jeton::signals {
namespace {

constexpr std::size_t kMostEvents = 50, kLongestEvent = 256, kLongestText = 256, kMostRemoved = 1000, kLongestAuthorization = 4096,
                      kAtOnce = 100;
constexpr int kTries = 3;

keys::Place place(const std::string& row) { return {"streams", "sealed_authorization", row}; }

// One field's value: nothing in it can end the line.
bool good_authorization(std::string_view text) {
  if (text.empty() || text.size() > kLongestAuthorization || text.front() == ' ' || text.back() == ' ') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

std::string_view name(ledger::StreamState state) {
  switch (state) {
    case ledger::StreamState::Enabled: return "enabled";
    case ledger::StreamState::Paused: return "paused";
    case ledger::StreamState::Disabled:
    case ledger::StreamState::Overflowed: break;
  }
  return "disabled";
}

Result<Secret> authorization_of(const ledger::Stream& stream, const keys::Sealer& sealer) {
  if (stream.sealed_authorization.empty()) return Secret();
  return sealer.open(place(stream.id.text()), stream.sealed_authorization);
}

Status Streams::check(const ledger::Stream& s) const {
  if (!s.url.empty()) TRY_VOID(rules_.guard.may_keep(s.url));
  if (s.events.size() > kMostEvents) return refuse(Refusal::Invalid, "events_requested: at most 50");
  for (const auto& e : s.events)
    if (e.size() > kLongestEvent) return refuse(Refusal::Invalid, "events_requested: URIs of at most 256 octets");
  if (s.description.size() > kLongestText) return refuse(Refusal::Invalid, "description: at most 256 octets");
  if (s.reason.size() > kLongestText) return refuse(Refusal::Invalid, "reason: at most 256 octets");
  if (s.audience.empty() || s.audience.size() > kLongestText) return refuse(Refusal::Invalid, "audience: from 1 to 256 octets");
  if (s.without.size() > kMostRemoved) return refuse(Refusal::Invalid, "subject: at most 1,000 are removed from a stream");
  return {};
}

Status Streams::seal(ledger::Stream& s, const Authorization& a) {
  if (a.what == Authorization::What::Drop || s.url.empty()) s.sealed_authorization.clear();
  if (a.what != Authorization::What::Put) return {};
  if (s.url.empty()) return refuse(Refusal::Invalid, "authorization_header: there is nothing to push to");
  const auto octets = a.text.read(Pass::key());
  if (!good_authorization(as_text(octets))) return refuse(Refusal::Invalid, "authorization_header: visible ASCII, at most 4096 octets");
  TRY(s.sealed_authorization, sealer_.seal(place(s.id.text()), octets, entropy_));
  return {};
}

Result<ledger::Stream> Streams::create(ledger::Stream draft, const Authorization& authorization, const audit::Doing& doing,
                                       const audit::With<ledger::Stream>& with) {
  TRY_VOID(check(draft));
  TRY(const auto all, ledger_.streams({.before = std::nullopt, .limit = kMostStreams}));
  if (all.size() >= kMostStreams) return refuse(Refusal::Conflict, "there are 100 streams already");
  const auto owned = std::count_if(all.begin(), all.end(), [&draft](const auto& s) { return s.owner == draft.owner; });
  if (static_cast<std::size_t>(owned) >= kMostOwned) return refuse(Refusal::Conflict, "you have 10 streams already");
  TRY(draft.id, StreamId::make(doing.now, entropy_));
  draft.created = draft.updated = doing.now;
  TRY_VOID(seal(draft, authorization));
  // [CAEP interoperability profile §2.6] made here and not at the first event: it takes its time
  TRY_VOID(keys_.ensure(crypto::SignAlg::RS256, doing));
  TRY(auto event, audit::event(doing, "stream.create", draft.id.text(), entropy_));
  TRY(auto changes, audit::together({ledger::Insert<ledger::Stream>{draft}, std::move(event)}, with, draft));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return draft;
}

Result<ledger::Stream> Streams::find(std::string_view id, std::string_view owner) {
  const auto parsed = StreamId::parse(id);
  TRY(auto stream, parsed ? ledger_.stream(*parsed) : std::optional<ledger::Stream>());
  if (!stream || (!owner.empty() && stream->owner != owner)) return refuse(Refusal::NotFound, "no such stream");
  return *std::move(stream);
}

Result<std::vector<ledger::Stream>> Streams::of(std::string_view owner) {
  TRY(auto all, ledger_.streams({.before = std::nullopt, .limit = kMostStreams}));
  std::erase_if(all, [owner](const ledger::Stream& s) { return s.owner != owner; });
  return all;
}

Result<ledger::Stream> Streams::put(ledger::Stream s, std::string_view action, const audit::Doing& doing) {
  s.updated = doing.now;
  TRY(auto event, audit::event(doing, action, s.id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Stream>{s}, std::move(event)}));
  ++s.version;
  return s;
}

Status Streams::each_waiting(const StreamId& id, const std::function<void(ledger::Delivery&)>& change) {
  for (int tries = 0; tries < kTries; ++tries) {
    TRY(auto waiting, ledger_.waiting_for(id, rules_.most_waiting + kAtOnce));
    bool all = true;
    for (std::size_t from = 0; from < waiting.size(); from += kAtOnce) {
      std::vector<ledger::Change> changes;
      for (auto at = from; at < std::min(from + kAtOnce, waiting.size()); ++at) {
        change(waiting[at]);
        changes.emplace_back(ledger::Update<ledger::Delivery>{std::move(waiting[at])});
      }
      const auto done = ledger_.commit(std::move(changes));
      if (!done && done.error().is_fault()) return std::unexpected(done.error());
      // Somebody carries or acknowledges one of them at this moment.
      all = all && done;
    }
    if (all) break;
  }
  return {};
}

Result<ledger::Stream> Streams::update(ledger::Stream changed, const Authorization& authorization, const audit::Doing& doing) {
  TRY_VOID(check(changed));
  TRY_VOID(seal(changed, authorization));
  TRY(auto stream, put(std::move(changed), "stream.update", doing));
  if (!stream.url.empty() && stream.state == ledger::StreamState::Enabled)
    TRY_VOID(each_waiting(stream.id, [&doing](ledger::Delivery& d) { d.next = doing.now; }));
  rules_.has_news(stream.id);
  return stream;
}

Result<ledger::Stream> Streams::set_state(ledger::Stream s, ledger::StreamState state, std::string reason, const audit::Doing& doing) {
  s.state = state;
  s.reason = std::move(reason);
  TRY_VOID(check(s));
  TRY(auto stream, put(std::move(s),
                       std::string("stream.") + (state == ledger::StreamState::Enabled  ? "enable"
                                                 : state == ledger::StreamState::Paused ? "pause"
                                                                                        : "disable"),
                       doing));
  if (state == ledger::StreamState::Enabled && !stream.url.empty())
    TRY_VOID(each_waiting(stream.id, [&doing](ledger::Delivery& d) { d.next = doing.now; }));
  // [SSF §8.1.2.1] nothing is held for later
  if (state == ledger::StreamState::Disabled)
    TRY_VOID(each_waiting(stream.id, [&doing](ledger::Delivery& d) {
      d.state = ledger::DeliveryState::Dead;
      d.trouble = "the stream is disabled";
      d.next = doing.now;
    }));
  rules_.has_news(stream.id);
  return stream;
}

Status Streams::remove(const StreamId& id, const audit::Doing& doing) {
  TRY(auto event, audit::event(doing, "stream.delete", id.text(), entropy_));
  const auto done = ledger_.commit({id, std::move(event)});
  if (!done && done.error().is(Refusal::NotFound)) return refuse(Refusal::NotFound, "no such stream");
  if (!done) return std::unexpected(done.error());
  rules_.has_news(id);
  return {};
}

Status Streams::verify(ledger::Stream stream, const std::optional<std::string>& state, const audit::Doing& doing) {
  if (stream.state == ledger::StreamState::Disabled || stream.state == ledger::StreamState::Overflowed)
    return refuse(Refusal::Invalid, "stream_id: the stream is disabled");
  if (stream.verified && doing.now < *stream.verified + kVerifyEvery) return refuse(Refusal::RateLimited, "state: once in 10 seconds");
  TRY(const auto waiting, ledger_.waiting_deliveries(stream.id));
  if (waiting >= rules_.most_waiting) return refuse(Refusal::Conflict, "too many events wait already");
  std::string event;
  json::Writer w(event);
  w.object();
  if (state) w.member("state", *state);
  w.end_object();
  TRY(const auto id, DeliveryId::make(doing.now, entropy_));
  auto d = delivery(rules_.issuer, stream, {kVerification, {}, subject_of(stream), event}, id, doing.now);
  stream.verified = doing.now;
  const auto of = stream.id;
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Stream>{std::move(stream)}, ledger::Insert<ledger::Delivery>{std::move(d)}}));
  rules_.has_news(of);
  return {};
}

}  // namespace jeton::signals
