#include "authority/watch/detect/detector.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "authority/watch/detect/thresholds.h"

namespace jeton::watch {
namespace {

using namespace thresholds;
using verify::Reason;

// FNV-1a over the first octets and the family.
std::uint64_t key_of(const net::Address& address, std::size_t octets) {
  std::uint64_t h = 0xcbf29ce484222325;
  const auto mix = [&h](std::uint8_t octet) { h = (h ^ octet) * 0x100000001b3; };
  mix(address.is_v4() ? 4 : 6);
  for (std::size_t i = 0; i < octets; ++i) mix(address.octets()[i]);
  return h | 1;
}

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

// Kilometres on a sphere.
double distance(double lat1, double lon1, double lat2, double lon2) {
  const double rad = std::numbers::pi / 180;
  const double a = std::pow(std::sin((lat2 - lat1) * rad / 2), 2) +
                   std::cos(lat1 * rad) * std::cos(lat2 * rad) * std::pow(std::sin((lon2 - lon1) * rad / 2), 2);
  return 2 * 6371 * std::asin(std::min(1.0, std::sqrt(a)));
}

// True where `value` was among them; it is from now on, in place of an empty one or of the last.
template <class List>
bool known(List& list, typename List::value_type value) {
  const auto at = std::find(list.begin(), list.end(), value);
  if (at != list.end()) return true;
  const auto empty = std::find(list.begin(), list.end(), 0);
  if (empty != list.end()) {
    *empty = value;
  } else {
    std::rotate(list.begin(), list.end() - 1, list.end());
    list.front() = value;
  }
  return false;
}

}  // namespace

std::uint64_t network_key(const net::Address& address) { return key_of(address, address.is_v4() ? 15 : 6); }

bool Quiet::breaks(Pattern pattern, std::uint32_t now) {
  if (now - since >= kQuiet) since = now, made = 0;
  const auto bit = static_cast<std::uint16_t>(1u << static_cast<unsigned>(pattern));
  if ((made & bit) != 0) return false;
  made |= bit;
  return true;
}

// One observation being looked at.
struct Detector::Look {
  const Observation& o;
  std::uint32_t now;
  std::vector<Finding>& found;

  void find(Pattern pattern, Quiet& quiet, std::uint64_t count) const {
    if (quiet.breaks(pattern, now)) found.push_back({pattern, o.at, o.token, o.principal, o.address, count});
  }
};

namespace {

// Notes the network of a use; the place it has. `is_new` where it was not known.
std::size_t note_network(TokenHistory& h, std::uint64_t network, std::uint32_t now, bool& is_new) {
  std::size_t place = 0;
  for (std::size_t i = 0; i < TokenHistory::kNetworks; ++i) {
    if (h.networks[i] == network) {
      place = i, is_new = false;
      h.network_used[i] = now;
      return place;
    }
    if (h.network_used[i] < h.network_used[place]) place = i;
  }
  is_new = true;
  h.networks[place] = network;
  h.network_used[place] = now;
  return place;
}

std::uint64_t networks_lately(const TokenHistory& h, std::uint32_t now) {
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < TokenHistory::kNetworks; ++i) n += h.networks[i] != 0 && now - h.network_used[i] < kManyWindow;
  return n;
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

// Kilometres from the last located use where nobody travels so fast, else 0.
std::uint64_t too_far(TokenHistory& h, const Where& where, std::uint32_t now) {
  if (!where.located) return 0;
  const bool before = h.located_at != 0;
  const double km = before ? distance(h.latitude, h.longitude, where.latitude, where.longitude) : 0;
  const double hours = (now - h.located_at) / 3600.0;
  h.latitude = where.latitude, h.longitude = where.longitude, h.located_at = now;
  return before && km > kFarKilometres && km > hours * kFastKilometresPerHour ? static_cast<std::uint64_t>(km) : 0;
}

}  // namespace

void Detector::allowed(const Look& look, TokenHistory& h) {
  const auto& o = look.o;
  const auto now = look.now;
  if (h.first_use == 0) h.first_use = now;
  const bool learning = now - h.first_use < kLearning;
  if (h.last_use != 0 && now - h.last_use >= kSilence) look.find(Pattern::WokeUp, h.quiet, (now - h.last_use) / 86400);
  h.last_use = now;
  if (!o.address.is_none()) {
    bool is_new = false;
    note_network(h, network_key(o.address), now, is_new);
    const bool same_operator = o.where.asn != 0 && known(h.operators, o.where.asn);
    if (is_new && !same_operator && !learning) look.find(Pattern::NewNetwork, h.quiet, 1);
    if (const auto n = networks_lately(h, now); n >= kMany) look.find(Pattern::ManyNetworks, h.quiet, n);
  }
  if (o.agent != 0 && !known(h.agents, o.agent) && !learning) look.find(Pattern::NewAgent, h.quiet, 1);
  if (const auto n = count_hour(h, now)) look.find(Pattern::RateJump, h.quiet, n);
  if (const auto km = too_far(h, o.where, now)) look.find(Pattern::FarApart, h.quiet, km);
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
  const Observation of_address{look.o.at, {}, {}, look.o.reason, look.o.address, 0, {}};
  const Look about{of_address, look.now, look.found};
  const auto address = key_of(look.o.address, 16);
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

// A network's wrong passwords and codes: whose they were to be is nobody's to know from here.
void Detector::guessed_secret(const Look& look) {
  if (look.o.address.is_none() || look.o.reason == Reason::Allowed) return;
  auto& w = networks_.of(network_key(look.o.address));
  const bool password = look.o.tried == verify::Tried::Password;
  const auto n = (password ? w.passwords : w.device_codes).add(look.now, kSecretWindow);
  if (n >= (password ? kPasswordGuesses : kDeviceCodeGuesses))
    look.find(password ? Pattern::PasswordGuessing : Pattern::DeviceCodeGuessing, w.quiet, n);
}

void Detector::see(const Observation& o, std::vector<Finding>& found) {
  const Look look{o, static_cast<std::uint32_t>(o.at.seconds()), found};
  if (o.tried != verify::Tried::Token) return guessed_secret(look);
  if (tells_nothing(o.reason)) return;
  if (o.reason != Reason::Allowed) refused(look);
  if (o.token.none()) return;
  auto& h = tokens_.of(o.token.ulid());
  if (o.reason == Reason::Allowed) allowed(look, h);
  else refused_token(look, h);
}

}  // namespace jeton::watch
