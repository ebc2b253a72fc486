#include "authority/signals/transmitter.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "authority/signals/set.h"
#include "blocks/json/writer.h"
#include "formats/jose/jws.h"

namespace jeton::signals {
namespace {

// Where in the audit and in the feed the last round ended: two numbers.
constexpr std::string_view kPlace = "signals.place";
constexpr std::size_t kAtOnce = 100;
// So often the place is kept though nothing was made: a restart reads no more than this again.
constexpr std::uint64_t kKeepEvery = 1000;
constexpr Seconds kPausedLook{600}, kPolledLook{86400};
constexpr std::string_view kFull = "too many events wait for the receiver", kDropped = "too many events wait; later ones were dropped";
constexpr int kAccepted = 202, kTries = 3;

const audit::Actor kSystem{.name = "system", .address = {}, .request_id = {}};

bool removed(const ledger::Stream& s, std::string_view subject) {
  return !subject.empty() && std::binary_search(s.without.begin(), s.without.end(), subject);
}

}  // namespace

Status Transmitter::begin() {
  TRY(const auto kept, ledger_.setting(kPlace));
  if (kept) {
    const auto* end = kept->value.data() + kept->value.size();
    const auto first = std::from_chars(kept->value.data(), end, audit_);
    if (first.ptr != end) std::from_chars(first.ptr + 1, end, feed_);
  } else {
    TRY(const auto newest, ledger_.audit({.before = std::nullopt, .limit = 1}));
    TRY(feed_, ledger_.last_seq());
    audit_ = newest.empty() ? 0 : newest[0].number;
    TRY_VOID(ledger_.commit({ledger::PutSetting{{std::string(kPlace), std::to_string(audit_) + " " + std::to_string(feed_), 0}}}));
  }
  kept_audit_ = audit_, kept_feed_ = feed_;
  begun_ = true;
  return {};
}

Instant Transmitter::stamp(Instant now) {
  last_stamp_ = std::max(now, last_stamp_ + Millis(1));
  return last_stamp_;
}

Result<std::vector<Signal>> Transmitter::read(ledger::Seq& feed, std::uint64_t& audit, bool& more) {
  TRY(const auto events, ledger_.audit_after(audit, kAtOnce));
  TRY(const auto entries, ledger_.feed(feed, kAtOnce));
  more = events.size() == kAtOnce || entries.size() == kAtOnce;
  std::vector<Signal> out;
  for (const auto& event : events) {
    audit = event.number;
    for (auto& signal : signals_of(event)) out.push_back(std::move(signal));
  }
  for (const auto& entry : entries) {
    feed = entry.seq;
    if (entry.kind != "token_ended") continue;
    const auto id = TokenId::parse(entry.subject);
    if (!id) return fault(Fault::StoreCorrupt);
    TRY(const auto token, ledger_.token(*id));
    if (token && token->kind == opaque::Kind::Ses) out.push_back(ended(entry, *token));
  }
  // In the order in which it happened, as far as instants tell.
  std::vector<std::pair<Instant, std::size_t>> order;
  for (std::size_t i = 0; i < out.size(); ++i) order.emplace_back(out[i].at, i);
  std::sort(order.begin(), order.end());
  std::vector<Signal> sorted;
  sorted.reserve(out.size());
  for (const auto& [at, i] : order) sorted.push_back(std::move(out[i]));
  return sorted;
}

Result<const std::optional<ledger::Principal>*> Transmitter::person(const PrincipalId& id) {
  auto at = people_.find(id);
  if (at == people_.end()) {
    TRY(auto found, ledger_.principal(id));
    at = people_.emplace(id, std::move(found)).first;
  }
  return &at->second;
}

// Whoever may not act is told nothing.
Result<Transmitter::Owner> Transmitter::owner_of(const ledger::Stream& stream) {
  if (stream.owner == kOperator) return Owner::There;
  std::optional<ledger::Standing> standing;
  if (const auto client = ClientId::parse(stream.owner)) {
    TRY(const auto record, ledger_.client(*client));
    if (record) standing = record->standing;
  } else if (const auto principal = PrincipalId::parse(stream.owner)) {
    TRY(const auto record, ledger_.principal(*principal));
    if (record) standing = record->standing;
  }
  if (!standing || *standing == ledger::Standing::Deleted) return Owner::Gone;
  return *standing == ledger::Standing::Active ? Owner::There : Owner::Away;
}

// What waits is handed out yet, and last of all that it is the end: the receiver knows from which moment on
// it was told nothing. One that paused its stream asked for nothing to be sent: it stays paused.
Status Transmitter::overflow(ledger::Stream s, Instant now, std::vector<ledger::Change>& changes) {
  const bool paused = s.state == ledger::StreamState::Paused;
  if (paused && s.reason == kDropped) return {};
  if (!paused) s.state = ledger::StreamState::Overflowed;
  s.reason = paused ? kDropped : kFull;
  s.updated = now;
  std::string event;
  json::Writer(event).object().member("status", name(s.state)).member("reason", s.reason).end_object();
  TRY(const auto id, DeliveryId::make(stamp(now), entropy_));
  auto last = delivery(rules_.issuer, s, {kStreamUpdated, {}, subject_of(s), event}, id, now);
  changes.emplace_back(ledger::Insert<ledger::Delivery>{std::move(last)});
  TRY(auto record, audit::event({kSystem, now}, "stream.overflow", s.id.text(), entropy_));
  changes.push_back(std::move(record));
  changes.emplace_back(ledger::Update<ledger::Stream>{std::move(s)});
  ++overflowed_;
  return {};
}

Status Transmitter::offer(const ledger::Stream& s, const std::vector<Signal>& signals, Instant now, std::vector<ledger::Change>& changes) {
  if (s.state == ledger::StreamState::Disabled || s.state == ledger::StreamState::Overflowed) return {};
  TRY(const auto owner, owner_of(s));
  if (owner == Owner::Gone) {
    TRY(auto record, audit::event({kSystem, now}, "stream.delete", s.id.text(), entropy_));
    changes.emplace_back(s.id);
    changes.push_back(std::move(record));
    return {};
  }
  std::optional<std::size_t> room;
  const auto wanted = delivered(s);
  for (const auto& signal : signals) {
    // What happened before it was there is not its business.
    if (signal.at < s.created || std::find(wanted.begin(), wanted.end(), signal.type) == wanted.end()) continue;
    TRY(const auto* who, person(signal.who));
    if (!*who || removed(s, signal.who.text()) || removed(s, (*who)->email)) continue;
    if (!room) {
      TRY(const auto waiting, ledger_.waiting_deliveries(s.id));
      room = rules_.most_waiting - std::min(waiting, rules_.most_waiting);
    }
    if (*room == 0) return overflow(s, now, changes);
    --*room;
    TRY(const auto id, DeliveryId::make(stamp(now), entropy_));
    const auto subject = subject_of(rules_.issuer, s, **who, signal.session);
    auto d = delivery(rules_.issuer, s, {signal.type, signal.txn, subject, signal.event}, id, now);
    changes.emplace_back(ledger::Insert<ledger::Delivery>{std::move(d)});
  }
  return {};
}

Result<bool> Transmitter::pump(Instant now) {
  if (!begun_) TRY_VOID(begin());
  // Read before the streams are: what stands before these places happened before any stream that is made from
  // here on.
  TRY(const auto newest, ledger_.audit({.before = std::nullopt, .limit = 1}));
  TRY(const auto last, ledger_.last_seq());
  TRY(const auto streams, ledger_.streams({.before = std::nullopt, .limit = kMostStreams}));
  auto audit = audit_;
  auto feed = feed_;
  bool more = false, told = false;
  std::vector<ledger::Change> changes;
  if (streams.empty()) {
    audit = std::max(audit, newest.empty() ? 0 : newest[0].number);
    feed = std::max(feed, last);
  } else {
    TRY(const auto signals, read(feed, audit, more));
    people_.clear();
    told = !signals.empty();
    if (told)
      for (const auto& stream : streams) TRY_VOID(offer(stream, signals, now, changes));
  }
  // Also where nobody wanted it: one who asks for such events later does not get it after a restart.
  if (told || audit - kept_audit_ >= kKeepEvery || feed - kept_feed_ >= kKeepEvery) {
    // With what it stands for: an event is told once, whatever happens in between.
    changes.emplace_back(ledger::PutSetting{{std::string(kPlace), std::to_string(audit) + " " + std::to_string(feed), 0}});
    std::set<StreamId> offered;
    for (const auto& change : changes)
      if (const auto* made = std::get_if<ledger::Insert<ledger::Delivery>>(&change)) offered.insert(made->record.stream);
    const auto done = ledger_.commit(std::move(changes));
    // A stream was changed or deleted at this moment: all of it once more, soon.
    if (!done && !done.error().is_fault()) return false;
    if (!done) return std::unexpected(done.error());
    kept_audit_ = audit, kept_feed_ = feed;
    for (const auto& id : offered) rules_.has_news(id);
  }
  audit_ = audit, feed_ = feed;
  return more;
}

Result<std::string> Transmitter::sign(std::string_view claims, Instant now) {
  auto ring = keys_.ring();
  if (ring->signer(crypto::SignAlg::RS256, ApiId()) == nullptr) {
    TRY_VOID(keys_.ensure(crypto::SignAlg::RS256, {kSystem, now}));
    ring = keys_.ring();
  }
  const auto* key = ring->signer(crypto::SignAlg::RS256, ApiId());
  if (key == nullptr) return fault(Fault::Config, "there is no active signing key");
  // [SSF §4.1.1] explicit typing
  return jose::sign_compact(R"("typ":"secevent+jwt","kid":")" + key->kid + "\"", as_bytes(claims), *key->sign);
}

Status Transmitter::settle(const ledger::Stream& stream, std::string_view jti, std::string_view err, Instant now) {
  const auto id = DeliveryId::parse(jti);
  for (int tries = 0; id && tries < kTries; ++tries) {
    TRY(auto d, ledger_.delivery(*id));
    // Another's, or one that was settled: there is nothing to say [RFC8936 §2.4]
    if (!d || d->stream != stream.id || d->state != ledger::DeliveryState::Waiting) return {};
    std::vector<ledger::Change> changes;
    ++d->attempts;
    d->next = now;
    d->state = err.empty() ? ledger::DeliveryState::Delivered : ledger::DeliveryState::Dead;
    d->status = err.empty() ? kAccepted : 0;
    d->trouble = err.empty() ? std::string_view() : meaning(err);
    if (!err.empty()) {
      TRY(auto record,
          audit::event({kSystem, now}, "stream.dead", d->id.text(), entropy_, "{\"stream\":\"" + stream.id.text() + "\",\"status\":0}"));
      changes.push_back(std::move(record));
    }
    changes.emplace_back(ledger::Update<ledger::Delivery>{*std::move(d)});
    const auto done = ledger_.commit(std::move(changes));
    if (done) return {};
    if (done.error().is_fault()) return std::unexpected(done.error());
  }
  return {};
}

Result<Polled> Transmitter::poll(const ledger::Stream& stream, const Poll& asked, Instant now) {
  for (const auto& jti : asked.taken) TRY_VOID(settle(stream, jti, {}, now));
  for (const auto& [jti, err] : asked.refused) TRY_VOID(settle(stream, jti, err.empty() ? "unknown" : std::string_view(err), now));
  Polled out;
  if (stream.state == ledger::StreamState::Paused || stream.state == ledger::StreamState::Disabled) return out;
  TRY(const auto waiting, ledger_.waiting_for(stream.id, asked.most + 1));
  out.more = waiting.size() > asked.most;
  for (const auto& d : waiting) {
    if (out.sets.size() == asked.most) break;
    TRY(auto set, sign(d.body, now));
    out.sets.emplace_back(d.id.text(), std::move(set));
  }
  return out;
}

Result<Push> Transmitter::hand(const ledger::Delivery& d, Instant now) {
  using enum Push::What;
  TRY(const auto stream, ledger_.stream(d.stream));
  if (!stream || stream->state == ledger::StreamState::Disabled)
    return Push{.what = Never, .url = {}, .set = {}, .trouble = "the stream is disabled"};
  if (stream->url.empty()) return Push{.what = Later, .url = {}, .set = {}, .later = now + kPolledLook};
  TRY(const auto owner, owner_of(*stream));
  if (owner != Owner::There || stream->state == ledger::StreamState::Paused)
    return Push{.what = Later, .url = {}, .set = {}, .later = now + kPausedLook};
  // The configuration may have changed since it was made.
  if (!rules_.guard.lets(stream->url)) return Push{.what = Never, .url = {}, .set = {}, .trouble = "the address is not allowed"};
  Push push{.what = Send, .url = stream->url, .set = {}};
  TRY(push.set, sign(d.body, now));
  TRY(push.authorization, authorization_of(*stream, sealer_));
  return push;
}

}  // namespace jeton::signals
