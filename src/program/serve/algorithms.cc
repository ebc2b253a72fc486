#include "program/serve/algorithms.h"

#include <algorithm>
#include <map>

#include "authority/watch/crypto_report.h"
#include "blocks/crypto/selftest/known_answers.h"

namespace jeton::serve {
namespace {

std::vector<crypto::Tested> out() {
  std::vector<crypto::Tested> list;
  for (const auto what : crypto::all_tested())
    if (!crypto::in_service(what)) list.push_back(what);
  return list;
}

bool needed(crypto::Tested what) {
  const auto all = watch::needed_always();
  return std::find(all.begin(), all.end(), what) != all.end();
}

}  // namespace

std::vector<protocols::HealthPart> algorithm_parts() {
  std::vector<protocols::HealthPart> parts;
  for (const auto what : out())
    parts.push_back({"algorithm " + std::string(crypto::name(what)), false, "out of service: it failed its self-test", needed(what)});
  if (parts.empty()) parts.push_back({"algorithms", true, "all passed their self-tests"});
  return parts;
}

std::string out_of_service() {
  std::string text;
  for (const auto what : out())
    text.append(text.empty() ? "" : ", ").append(crypto::name(what)).append(" (").append(crypto::selftest::source(what)).append(")");
  return text;
}

std::vector<metrics::Sample> algorithm_samples(protocols::Rooms& rooms) {
  std::vector<metrics::Sample> samples;
  for (const auto& entry : rooms.selftests.latest()) {
    const std::string name(crypto::name(entry.outcome.what));
    samples.push_back({"jeton_algorithm_in_service", "1 while the algorithm passes its self-tests.", "algorithm", name,
                       crypto::in_service(entry.outcome.what) ? 1.0 : 0.0});
    samples.push_back({"jeton_selftest_last_run_timestamp_seconds", "When the algorithm was tested last.", "algorithm", name,
                       static_cast<double>(entry.at.millis()) / 1000});
  }
  return samples;
}

std::vector<metrics::Sample> policy_samples(protocols::Rooms& rooms) {
  std::vector<metrics::Sample> samples;
  using limits::Level;
  for (const auto level : {Level::Token, Level::Principal, Level::Client, Level::Api, Level::Address})
    samples.push_back({"jeton_limited_calls", "Calls refused because they were over a limit, since the start.", "level",
                       std::string(limits::name(level)), static_cast<double>(rooms.verifier.limiter().refused(level))});
  for (const auto& [rule, count] : rooms.verifier.observed())
    samples.push_back({"jeton_observed_refusals", "Calls that a rule in observe mode would have refused, since the start.", "rule",
                       rule.text(), static_cast<double>(count)});
  return samples;
}

std::vector<metrics::Sample> report_samples(protocols::Rooms& rooms, Instant now) {
  std::vector<metrics::Sample> samples;
  const auto report = watch::report_crypto(rooms.ledger, rooms.data_keys, rooms.pepper_lives, rooms.decryption, now);
  if (!report) return samples;
  std::map<std::string, double> verdicts{{"allowed", 0}, {"discouraged", 0}, {"forbidden", 0}};
  double attention = 0;
  using Kind = watch::ReportItem::Kind;
  for (const auto& i : report->items) {
    if (i.kind != Kind::Algorithm) ++verdicts[std::string(policy::name(i.judgement.now))];
    attention += i.attention;
    if (i.kind == Kind::StoredHashes)
      samples.push_back({"jeton_stored_hashes", "Live opaque tokens, by the pepper they are hashed under.", "pepper", i.name.substr(7),
                         static_cast<double>(i.count)});
    if (i.kind == Kind::SigningKey && i.activated)
      samples.push_back({"jeton_signing_key_age_seconds", "Since the key became active.", "key", i.name,
                         static_cast<double>((now - *i.activated).count()) / 1000});
  }
  for (const auto& [verdict, count] : verdicts)
    samples.push_back(
        {"jeton_crypto_items", "Keys and token populations, by what the policy says of their algorithm.", "verdict", verdict, count});
  samples.push_back({"jeton_crypto_attention", "Items of the crypto report that somebody should look at.", "report", "crypto", attention});
  return samples;
}

}  // namespace jeton::serve
