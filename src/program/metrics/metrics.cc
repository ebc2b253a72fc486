#include "program/metrics/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <bit>

#include "authority/verify/epochs/epochs.h"

namespace jeton::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily family(std::string name, std::string help, MetricType type) {
  MetricFamily f;
  f.name = std::move(name);
  f.help = std::move(help);
  f.type = type;
  return f;
}

MetricFamily gauge(std::string name, std::string help, double value) {
  auto f = family(std::move(name), std::move(help), MetricType::Gauge);
  ClientMetric m;
  m.gauge.value = value;
  f.metric.push_back(m);
  return f;
}

MetricFamily counter(std::string name, std::string help, std::uint64_t n) {
  auto f = family(std::move(name), std::move(help), MetricType::Counter);
  ClientMetric m;
  m.counter.value = static_cast<double>(n);
  f.metric.push_back(m);
  return f;
}

void counted(MetricFamily& f, std::string label, std::string value, std::uint64_t n) {
  ClientMetric m;
  m.label.push_back({std::move(label), std::move(value)});
  m.counter.value = static_cast<double>(n);
  f.metric.push_back(std::move(m));
}

std::vector<MetricFamily> labelled(const std::vector<Sample>& samples) {
  std::vector<MetricFamily> families;
  for (const auto& s : samples) {
    auto at = std::find_if(families.begin(), families.end(), [&](const MetricFamily& f) { return f.name == s.family; });
    if (at == families.end()) at = families.insert(at, family(s.family, s.help, MetricType::Gauge));
    ClientMetric m;
    m.label.push_back({s.label, s.value_of_label});
    m.gauge.value = s.value;
    at->metric.push_back(std::move(m));
  }
  return families;
}

}  // namespace

void Metrics::request(int status, bool verdict, std::chrono::nanoseconds took) {
  const unsigned number = std::min<unsigned>(verify::thread_number(), kLanes - 1);
  Lane& lane = lanes_[number];
  // A lane of its own has one writer, so a load and a store are enough; in the last one many may meet.
  const auto add = [shared = number == kLanes - 1](std::atomic<std::uint64_t>& to, std::uint64_t n) {
    if (shared) to.fetch_add(n, std::memory_order_relaxed);
    else to.store(to.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  };
  auto& classes = verdict ? lane.verdicts : lane.by_class;
  add(classes[static_cast<std::size_t>(status / 100) % classes.size()], 1);
  const auto quads = static_cast<std::uint64_t>(took.count()) >> 12;
  add(lane.took[std::min<std::size_t>((std::bit_width(quads) + 1) / 2, lane.took.size() - 1)], 1);
  add(lane.nanoseconds, static_cast<std::uint64_t>(took.count()));
}

std::string Metrics::text(const Gauges& g) const {
  auto requests = family("jeton_http_requests_total", "Requests answered, by class of status.", MetricType::Counter);
  auto verdicts = family("jeton_verdicts_total", "Answers of /verify, by class of status.", MetricType::Counter);
  auto took = family("jeton_http_request_duration_seconds", "From a request's last octet to its answer.", MetricType::Histogram);
  ClientMetric histogram;
  std::uint64_t all = 0, nanoseconds = 0;
  for (std::size_t i = 0; i < lanes_[0].by_class.size(); ++i) {
    std::uint64_t other = 0, verify = 0;
    for (const auto& lane : lanes_) other += lane.by_class[i], verify += lane.verdicts[i];
    if (i == 0) continue;
    counted(requests, "class", std::to_string(i) + "xx", other);
    counted(verdicts, "class", std::to_string(i) + "xx", verify);
  }
  for (std::size_t i = 0; i < lanes_[0].took.size(); ++i) {
    for (const auto& lane : lanes_) all += lane.took[i];
    const bool last = i + 1 == lanes_[0].took.size();
    histogram.histogram.bucket.push_back(
        {all, last ? std::numeric_limits<double>::infinity() : 4.096e-6 * static_cast<double>(1u << (2 * i))});
  }
  for (const auto& lane : lanes_) nanoseconds += lane.nanoseconds;
  histogram.histogram.sample_count = all;
  histogram.histogram.sample_sum = static_cast<double>(nanoseconds) / 1e9;
  took.metric.push_back(histogram);
  const auto sought = g.cache_hits + g.cache_misses;
  const double ratio = sought == 0 ? 0 : static_cast<double>(g.cache_hits) / static_cast<double>(sought);
  std::vector<MetricFamily> families{
      requests,
      verdicts,
      took,
      gauge("jeton_tokens_held", "Tokens in memory.", static_cast<double>(g.tokens_held)),
      gauge("jeton_tokens_loaded", "1 once every token of the ledger is in memory.", g.tokens_loaded ? 1 : 0),
      gauge("jeton_connections", "Open connections.", static_cast<double>(g.connections)),
      gauge("jeton_requests_waiting", "Requests that wait for something to happen.", static_cast<double>(g.requests_waiting)),
      gauge("jeton_feed_seq", "The newest entry of the revocation feed.", static_cast<double>(g.feed_seq)),
      gauge("jeton_uses_dropped", "Last uses and events that found no room.", static_cast<double>(g.dropped_uses)),
      counter("jeton_jwt_cache_hits_total", "JWTs found again, their signature verified before.", g.cache_hits),
      counter("jeton_jwt_cache_misses_total", "JWTs whose signature had to be verified.", g.cache_misses),
      gauge("jeton_jwt_cache_hit_ratio", "Share of JWTs found again, since the start.", ratio),
      gauge("jeton_jwt_cache_tokens", "Verified JWTs kept to be found again.", static_cast<double>(g.cached_jwts))};
  for (auto& f : labelled(g.samples)) families.push_back(std::move(f));
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace jeton::metrics
