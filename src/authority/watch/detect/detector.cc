#include "authority/watch/detect/detector.h"

#include <algorithm>
#include <cstring>

#include "authority/watch/detect/places.h"

namespace jeton::watch {
namespace {

using namespace thresholds;
using verify::Reason;

bool guessed(Reason r) { return r == Reason::Malformed || r == Reason::Unknown || r == Reason::BadSignature || r == Reason::UnknownKey; }
bool probed(Reason r) { return r == Reason::Scope || r == Reason::NoRoute || r == Reason::WrongApi; }
bool revoked(Reason r) {
  return r == Reason::Revoked || r == Reason::PrincipalEnded || r == Reason::DeviceRevoked || r == Reason::ClientEnded;
}
// Ours, not the caller's: says nothing of the token.
bool tells_nothing(Reason r) {
  return r == Reason::NoToken || r == Reason::Unavailable || r == Reason::NoSuchApi || r == Reason::RateLimited ||
         r == Reason::Quarantined || r == Reason::StepUp;
}

}  // namespace

bool Quiet::breaks(Pattern pattern, std::uint32_t now) {
  if (now - since >= kQuiet) since = now, made = 0;
  const auto bit = 1u << static_cast<unsigned>(pattern);
  if ((made & bit) != 0) return false;
  made |= bit;
  return true;
}

// One observation being looked at.
struct Detector::Look {
  const Observation& o;
  std::uint32_t now;
  std::vector<Finding>& found;

  void find(Pattern pattern, Quiet& quiet, std::uint64_t count, const Fresh& fresh = {}) const {
    if (quiet.breaks(pattern, now)) found.push_back({pattern, o.at, o.token, o.principal, o.address, count, o.where, fresh});
  }
};

namespace {

// How many of these were used within the window of `many_networks`.
std::uint64_t networks_lately(const TokenHistory& h, std::uint32_t now) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < TokenHistory::kNetworks; ++i) n += h.networks[i] != 0 && now - h.network_used[i] < kManyWindow;
  return n;
}

// How many new networks an owner's tokens are used from now; 0 where many_networks tells it of one of them alone.
std::uint64_t new_networks_lately(const OwnerHistory& h, std::uint32_t now) {
  const auto counts = [&](std::size_t i) {
    return h.networks[i] != 0 && now - h.network_used[i] < kManyWindow && now - h.network_since[i] < kLearning;
  };
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < OwnerHistory::kNetworks; ++i) {
    if (!counts(i)) continue;
    ++n;
    std::uint32_t same = 0;
    for (std::size_t k = 0; k < OwnerHistory::kNetworks; ++k) same += counts(k) && h.network_token[k] == h.network_token[i];
    if (same >= kMany) return 0;
  }
  return n;
}

// Tells an owner's tokens apart: one in four thousand million is taken for another.
std::uint32_t mark_of(const TokenId& token) {
  std::uint32_t mark;
  std::memcpy(&mark, token.ulid().octets.data() + 12, sizeof mark);
  return mark;
}

// Counts a use into its hour; the hour's count where it is far above the usual one, else 0.
std::uint64_t count_hour(TokenHistory& h, std::uint32_t now) {
  const auto hour = now / 3600;
  if (hour != h.hour) {
    if (h.hour != 0) {
      h.usual = h.hours == 0 ? static_cast<float>(h.hour_count) : h.usual * 0.9f + static_cast<float>(h.hour_count) * 0.1f;
      ++h.hours;
    }
    h.hour = hour;
    h.hour_count = 0;
  }
  ++h.hour_count;
  return h.hours >= kRateHours && h.hour_count > kRateLeast && static_cast<float>(h.hour_count) > h.usual * kRateFactor ? h.hour_count : 0;
}

}  // namespace

// An allowed use, beside what is known of its token and of the token's owner.
struct Detector::Use {
  const Look& look;
  TokenHistory& token;
  OwnerHistory* owner;   // null: not told
  bool learned = false, owner_learned = false;   // for a day
  Novelty here = {}, there = {};   // to the token, to its owner

  bool of_user() const { return owner != nullptr && owner_learned && look.o.principal.kind() == PrincipalKind::User; }
  bool new_to_owner() const { return owner == nullptr || there.place(look.o.where.asn); }
  void begin();
  void place();
  void program();
  void journey();
};

void Detector::Use::begin() {
  if (token.first_use == 0) token.first_use = look.now;
  learned = look.now - token.first_use >= kLearning;
  if (owner != nullptr && owner->first_use == 0) owner->first_use = look.now;
}

void Detector::Use::place() {
  const auto& o = look.o;
  const auto now = look.now;
  const auto key = network_key(o.address);
  here = note_place(token, key, o.where, now);
  Fresh fresh{here.prefix, here.asn, here.country};
  if (owner != nullptr) {
    there = note_place(*owner, key, o.where, now);
    if (there.pushed_out_used) owner->crowded_at = now;
    if (there.prefix) owner->network_since[there.at] = now;
    owner->network_token[there.at] = mark_of(o.token);
    // More networks a day than are remembered: that one is not among them says nothing.
    owner_learned = now - owner->first_use >= kLearning && (owner->crowded_at == 0 || now - owner->crowded_at >= kLearning);
    fresh = {here.prefix, here.asn && there.asn, there.countries_known ? there.country : here.country, owner_learned};
  }
  if (here.place(o.where.asn) && new_to_owner() && (learned || owner_learned))
    look.find(fresh.country ? Pattern::NewCountry : Pattern::NewNetwork, token.quiet, 1, fresh);
  const auto n = networks_lately(token, now);
  if (n >= kMany) look.find(Pattern::ManyNetworks, token.quiet, n);
  if (!of_user() || now - owner->network_since[there.at] >= kLearning) return;
  if (const auto all = new_networks_lately(*owner, now); all >= kMany) look.find(Pattern::OwnerManyNetworks, owner->quiet, all);
}

void Detector::Use::program() {
  const bool token_knows = known(token.agents, look.o.agent);
  const bool owner_knows = owner != nullptr && known(owner->agents, look.o.agent);
  if (!token_knows && !owner_knows && learned) look.find(Pattern::NewAgent, token.quiet, 1);
}

// One traveller cannot be in both places. A user's programs can: that they are where they always were is no news.
void Detector::Use::journey() {
  const auto& where = look.o.where;
  if (!where.located) return;
  const Located now_here{look.now, where.latitude, where.longitude};
  if (const auto km = too_far(token.located, where, look.now)) look.find(Pattern::FarApart, token.quiet, km);
  token.located = now_here;
  if (owner == nullptr) return;
  const auto mark = mark_of(look.o.token);
  const auto km = of_user() && new_to_owner() && owner->located_token != mark ? too_far(owner->located, where, look.now) : 0;
  if (km != 0) look.find(Pattern::OwnerFarApart, owner->quiet, km);
  owner->located = now_here;
  owner->located_token = mark;
}

void Detector::allowed(const Look& look, TokenHistory& h) {
  const auto& o = look.o;
  const auto now = look.now;
  Use use{look, h, o.principal.none() ? nullptr : &owners_.of(o.principal.ulid())};
  use.begin();
  if (h.last_use != 0 && now - h.last_use >= kSilence) look.find(Pattern::WokeUp, h.quiet, (now - h.last_use) / 86400);
  h.last_use = now;
  if (!o.address.is_none()) use.place();
  if (o.agent != 0) use.program();
  if (const auto n = count_hour(h, now)) look.find(Pattern::RateJump, h.quiet, n);
  if (!o.address.is_none()) use.journey();
}

void Detector::refused_token(const Look& look, TokenHistory& h) {
  const auto reason = look.o.reason;
  if (revoked(reason)) look.find(Pattern::UseAfterRevocation, h.quiet, 1);
  if (reason == Reason::RotatedOut) look.find(Pattern::UseAfterRotation, h.quiet, 1);
  if (reason == Reason::Expired)
    if (const auto n = h.expired.add(look.now, kExpiredWindow); n >= kExpired) look.find(Pattern::UseAfterExpiry, h.quiet, n);
  if (probed(reason))
    if (const auto n = h.probes.add(look.now, kProbeWindow); n >= kProbes) look.find(Pattern::ScopeProbing, h.quiet, n);
  if (const auto n = h.refusals.add(look.now, kBurstWindow); n >= kTokenBurst) look.find(Pattern::RefusalBurst, h.quiet, n);
}

// What is about an address names no token: the next one from there is about another.
void Detector::refused(const Look& look) {
  if (look.o.address.is_none()) return;
  const Observation of_address{look.o.at, {}, {}, look.o.reason, look.o.address, 0, look.o.where};
  const Look about{of_address, look.now, look.found};
  const auto address = address_key(look.o.address);
  auto& a = addresses_.of(address);
  if (const auto n = a.refusals.add(look.now, kBurstWindow); n >= kAddressBurst) about.find(Pattern::AddressBurst, a.quiet, n);
  auto& w = networks_.of(network_key(look.o.address));
  w.several = w.several || (w.address != 0 && w.address != address);
  w.address = address;
  // One address alone was told as such.
  if (const auto n = w.refusals.add(look.now, kBurstWindow); n >= kNetworkBurst && w.several) about.find(Pattern::NetworkBurst, w.quiet, n);
  if (!guessed(look.o.reason)) return;
  if (const auto n = w.guesses.add(look.now, kBurstWindow); n >= kGuesses) about.find(Pattern::TokenGuessing, w.quiet, n);
}

// Of an account's wrong passwords, by whom they were tried: one guesser in many places stays below what one network may do.
void Detector::guessed_account(const Look& look) {
  auto& a = accounts_.of(look.o.principal.ulid());
  const auto key = network_key(look.o.address);
  std::size_t place = 0;
  for (std::size_t i = 0; i < a.networks.size() && a.networks[place] != key; ++i)
    if (a.networks[i] == key || a.network_used[i] < a.network_used[place]) place = i;
  a.networks[place] = key;
  a.network_used[place] = look.now;
  std::uint32_t networks = 0;
  for (std::size_t i = 0; i < a.networks.size(); ++i) networks += a.networks[i] != 0 && look.now - a.network_used[i] < kAccountWindow;
  const auto guesses = a.guesses.add(look.now, kAccountWindow);
  if (networks >= kAccountNetworks || (networks > 1 && guesses >= kAccountGuesses)) look.find(Pattern::AccountGuessing, a.quiet, guesses);
}

void Detector::guessed_secret(const Look& look) {
  if (look.o.address.is_none() || look.o.reason == Reason::Allowed) return;
  const bool password = look.o.tried == verify::Tried::Password;
  // What is about a network names nobody.
  const Observation of_network{look.o.at, {}, {}, look.o.reason, look.o.address, 0, look.o.where};
  const Look about{of_network, look.now, look.found};
  auto& w = networks_.of(network_key(look.o.address));
  const auto n = (password ? w.passwords : w.device_codes).add(look.now, kSecretWindow);
  if (n >= (password ? kPasswordGuesses : kDeviceCodeGuesses))
    about.find(password ? Pattern::PasswordGuessing : Pattern::DeviceCodeGuessing, w.quiet, n);
  if (password && !look.o.principal.none()) guessed_account(look);
}

void Detector::see(const Observation& o, std::vector<Finding>& found) {
  // What several threads saw comes a little out of order: nothing here reckons with a time that goes back, unless the clock was set so.
  const auto now = static_cast<std::uint32_t>(o.at.seconds());
  if (now > latest_ || latest_ - now > kOutOfOrder) latest_ = now;
  const Look look{o, latest_, found};
  if (o.tried != verify::Tried::Token) return guessed_secret(look);
  if (tells_nothing(o.reason)) return;
  if (o.reason != Reason::Allowed) refused(look);
  if (o.token.none()) return;
  auto& h = tokens_.of(o.token.ulid());
  if (o.reason == Reason::Allowed) allowed(look, h);
  else refused_token(look, h);
}

}  // namespace jeton::watch
