#include "program/serve/self.h"

#include "ground/hurry.h"
#include "program/fetch/fetch.h"
#include "program/serve/algorithms.h"
#include "program/serve/memory.h"

namespace jeton::serve {
namespace {

bool any_signer(const keys::KeyRing& ring) {
  for (const auto& key : ring.entries())
    if (key.sign) return true;
  return false;
}

// Of keys whose token is away.
std::string silent_keys(const keys::KeyRing& ring) {
  std::string out;
  for (const auto& key : ring.entries())
    if (!key.trouble.empty()) out += (out.empty() ? "" : "; ") + key.id.text() + " signs nothing: " + std::string(key.trouble);
  return out;
}

std::string text_of(const Failure& failure) { return std::string(failure.detail().empty() ? failure.name() : failure.detail()); }

}  // namespace

std::vector<protocols::HealthPart> Self::health(Instant) {
  auto& rooms = building_->rooms();
  const auto store = rooms.ledger.healthy();
  const bool loaded = rooms.verifier.complete();
  const auto ring = rooms.signing_keys.ring();
  // What waits for a token stops nothing that is checked.
  const auto silent = silent_keys(*ring);
  std::vector<protocols::HealthPart> parts{{"store", store.has_value(), store ? "" : text_of(store.error())},
                                           {"signing_keys", any_signer(*ring) && silent.empty(), silent, silent.empty()},
                                           {"tokens", !unreadable_,
                                            unreadable_ ? "the ledger cannot be read to its end; restore a backup"
                                            : loaded    ? "all in memory"
                                                        : "loading; looked up one by one until then"}};
  parts.push_back(
      {"memory", true,
       memory_locked() ? "locked" : "may be swapped: no limit on locked memory (LimitMEMLOCK=infinity) would let it be locked"});
  for (auto& part : audit_parts()) parts.push_back(std::move(part));
  for (auto& part : algorithm_parts()) parts.push_back(std::move(part));
  return parts;
}

// None of it stops a check: the server is ready without.
std::vector<protocols::HealthPart> Self::audit_parts() {
  std::vector<protocols::HealthPart> parts;
  const bool broken = building_->audit_found() == audit::Found::Broken;
  const bool written = building_->chain().written();
  parts.push_back({"audit", !broken && written,
                   broken    ? "the audit was not the one that was left: run jeton audit verify"
                   : written ? ""
                             : "the checkpoint beside the database cannot be written",
                   false});
  const auto* outside = outside_.load();
  if (outside == nullptr || !outside->has_sink()) return parts;
  const bool reached = outside->sink_reached();
  parts.push_back({"audit_sink", reached,
                   reached                        ? ""
                   : outside->management_closed() ? "events are not taken; management is refused until they are"
                                                  : "events are not taken; they wait",
                   false});
  return parts;
}

void Self::count(Instant now) {
  auto counted = report_samples(building_->rooms(), now);
  const std::lock_guard lock(counted_mutex_);
  counted_ = std::move(counted);
}

std::vector<metrics::Sample> Self::outside_samples() {
  std::vector<metrics::Sample> samples;
  const auto part = [&](std::string name, bool ok) {
    samples.push_back({"jeton_audit_ok", "1 while that part of the audit is sound.", "part", std::move(name), ok ? 1.0 : 0.0});
  };
  part("chain", building_->audit_found() != audit::Found::Broken);
  part("checkpoint", building_->chain().written());
  if (const auto* outside = outside_.load(); outside != nullptr && outside->has_sink()) {
    part("sink", outside->sink_reached());
    samples.push_back({"jeton_audit_sink_behind", "Events that the audit's sink has not taken yet.", "sink", "syslog",
                       static_cast<double>(outside->sink_behind())});
  }
  samples.push_back({"jeton_deliveries_dropped", "Messages that found no room since the start.", "queue", "all",
                     static_cast<double>(building_->outbox().dropped())});
  return samples;
}

// Those of shared signals, by what became of them.
std::vector<metrics::Sample> Self::stream_samples() {
  std::array<std::pair<std::string_view, double>, 4> states{{{"enabled", 0}, {"paused", 0}, {"disabled", 0}, {"stopped", 0}}};
  const auto streams = building_->rooms().ledger.streams({.before = std::nullopt, .limit = signals::kMostStreams});
  if (!streams) return {};
  for (const auto& stream : *streams) ++states[static_cast<std::size_t>(stream.state)].second;
  std::vector<metrics::Sample> samples;
  for (const auto& [name, n] : states)
    samples.push_back({"jeton_shared_signals_streams",
                       "Streams of security events; the transmitter stopped those whose receiver took nothing.", "state", std::string(name),
                       n});
  return samples;
}

std::string Self::metrics() {
  auto& v = building_->rooms().verifier;
  auto samples = algorithm_samples(building_->rooms());
  for (auto& sample : outside_samples()) samples.push_back(std::move(sample));
  for (auto& sample : stream_samples()) samples.push_back(std::move(sample));
  for (auto& sample : policy_samples(building_->rooms())) samples.push_back(std::move(sample));
  {
    const std::lock_guard lock(counted_mutex_);
    samples.insert(samples.end(), counted_.begin(), counted_.end());
  }
  const auto cache = v.cache_figures();
  return metrics_.text({.tokens_held = v.tokens_held(),
                        .connections = server_ ? server_->connections() : 0,
                        .requests_waiting = server_ ? server_->waiting() : 0,
                        .feed_seq = v.as_of().seq,
                        .dropped_uses = v.uses().dropped(),
                        .tokens_loaded = v.complete(),
                        .cache_hits = cache.hits,
                        .cache_misses = cache.misses,
                        .cached_jwts = cache.held,
                        .samples = std::move(samples)});
}

std::string Self::backup(const std::string& path) {
  const auto done = building_->rooms().ledger.backup(path);
  return done ? std::string() : "failed";
}

Result<std::string> Self::fetch(const std::string& url, std::size_t most) {
  TRY_VOID(Hurry::may_wait());
  constexpr auto forbidden = Refusal::Invalid;
  const auto& guard = outbound_.guard();
  if (!guard.lets(url)) return refuse(forbidden, "metadata_url: not an address that this server calls (setting outbound.allow)");
  const auto got = fetch::send({.url = url,
                                .fields = {"Accept: application/samlmetadata+xml, application/xml, text/xml"},
                                .timeout = Seconds(10),
                                .most = most,
                                .guard = &guard});
  if (!got && got.error() == fetch::Trouble::Forbidden)
    return refuse(forbidden, "metadata_url: not an address that this server calls (setting outbound.allow)");
  if (!got)
    return refuse(forbidden, got.error() == fetch::Trouble::TooLarge ? "metadata_url: what is there is too large"
                                                                     : "metadata_url: nobody answers there as expected");
  // A redirect is no answer: what it leads to is another address.
  if (got->status != 200) return refuse(forbidden, "metadata_url: the answer there is not 200");
  return got->body;
}

Result<std::string> Self::rotate_master_key(const std::string& source, const audit::Doing& doing) {
  TRY(const auto next, building_->keychain().change_master(source, doing));
  return std::string(next);
}

}  // namespace jeton::serve
