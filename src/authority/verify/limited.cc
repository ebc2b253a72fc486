// What limits make of a decision.
#include "authority/networks/networks.h"
#include "authority/verify/verifier.h"

namespace jeton::verify {

// Of the installation's settings, those that checks must know.
void Verifier::hear(const ledger::Setting& setting) {
  if (setting.name == "policy.token_limit") limiter_.set_default(limits::Level::Token, setting.value);
  if (setting.name == "policy.address_limit") limiter_.set_default(limits::Level::Address, setting.value);
  if (!setting.name.starts_with(networks::kPrefix)) return;
  const auto network = networks::read(setting);
  // What cannot be read is not there: it allows nobody and denies everybody.
  const bool there = network && *network;
  places_.put(setting.name.substr(networks::kPrefix.size()),
              there ? std::make_unique<const net::PrefixSet>((*network)->prefixes) : nullptr);
}

std::vector<ledger::QuotaUse> Verifier::take_quotas() {
  const Writing lock(writing_);
  return limiter_.take_quotas();
}

std::uint64_t Verifier::credits_spent(limits::Level level, const Ulid& id) {
  const ReadSection inside(epochs_);
  return limiter_.credits_spent(level, level == limits::Level::Token ? payer(TokenId(id)) : id);
}

void Verifier::throttle(const TokenId& token, Instant until) {
  const Writing lock(writing_);
  limiter_.throttle(payer(token), until);
}

void Verifier::unthrottle(const TokenId& token) {
  const Writing lock(writing_);
  limiter_.unthrottle(payer(token));
}

// Who pays for a token's calls: an opaque access token's parent, and of what was rotated the whole family as one.
const Ulid& Verifier::payer(const TokenRecord& used) const {
  const auto* payer = &used;
  if (used.kind == opaque::Kind::At && !used.parent().none())
    if (const auto* parent = tokens_.by_id(used.parent())) payer = parent;
  return payer->own() != nullptr && !payer->own()->family.none() ? payer->own()->family.ulid() : payer->id;
}

Ulid Verifier::payer(const TokenId& token) const {
  const auto* known = tokens_.by_id(token);
  return known != nullptr ? payer(*known) : token.ulid();
}

void Verifier::set_atlas(std::unique_ptr<const geo::Database> atlas) {
  const Writing lock(writing_);
  places_.set_atlas(std::move(atlas));
}

bool Verifier::lets_in(const ledger::NetworkRule& rule, const net::Address& address) {
  const ReadSection inside(epochs_);
  return compile(rule, places_).lets_in(address);
}

std::optional<limits::Refused> Verifier::charge(const limits::Caller& caller, Instant now) {
  if (!limiter_.any()) return std::nullopt;
  const ReadSection inside(epochs_);
  return limiter_.charge(caller, now);
}

std::vector<std::pair<RuleId, std::uint64_t>> Verifier::observed() const {
  const ReadSection inside(epochs_);
  std::vector<std::pair<RuleId, std::uint64_t>> all;
  for (const auto& rule : world_.load()->rules)
    if (rule.observe) all.emplace_back(rule.id, rule.observed->load(std::memory_order_relaxed));
  return all;
}

std::optional<RuleId> Verifier::refusing_rule(const net::Address& address) const {
  const ReadSection inside(epochs_);
  for (const auto& rule : world_.load()->rules)
    if (!rule.observe && !rule.network.lets_in(address)) return rule.id;
  return std::nullopt;
}

geo::Place Verifier::place(const net::Address& address) const {
  const ReadSection inside(epochs_);
  const auto* atlas = places_.atlas();
  return atlas == nullptr ? geo::Place() : atlas->at(address);
}

std::vector<RuleId> Reading::observing(const net::Address& address) const {
  std::vector<RuleId> all;
  for (const auto& rule : world_.rules)
    if (rule.observe && !rule.network.lets_in(address)) all.push_back(rule.id);
  return all;
}

// Of calls that are let in, what a rule would have refused.
void Reading::observe(const Decision& d, const Asked& asked) const {
  if (!d.allow()) return;
  for (const auto& rule : world_.rules)
    if (rule.observe && !rule.network.lets_in(asked.address)) rule.observed->fetch_add(1, std::memory_order_relaxed);
}

// Calls that are let in count, for all they hang on; a signed token is known by what it was exchanged for. Of what is refused, only
// guesses count, and for themselves: a dead token that keeps calling gets its plain answer, and costs its network nothing.
void Reading::limit(Decision& d, const TokenRecord* used, const Asked& asked, Instant now) const {
  auto& limiter = verifier_.limiter_;
  std::optional<limits::Refused> refused;
  if (d.allow()) {
    const auto principal = d.token->principal();
    const auto client = d.token->client();
    const auto api = d.token->api();
    refused = limiter.charge({&verifier_.payer(*used), &principal.ulid(), &client.ulid(), &api.ulid(), asked.address}, now);
  } else if (d.reason == Reason::Malformed || d.reason == Reason::Unknown || d.reason == Reason::BadSignature) {
    refused = limiter.charge_guess(asked.address, now);
  }
  if (!refused) return;
  d.reason = Reason::RateLimited;
  d.limit = *refused;
}

}  // namespace jeton::verify
