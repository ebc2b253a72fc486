#include "authority/watch/detect/places.h"

#include <cmath>
#include <numbers>

namespace jeton::watch {
namespace {

// FNV-1a over the first octets and the family.
std::uint64_t key_of(const net::Address& address, std::size_t octets) {
  std::uint64_t h = 0xcbf29ce484222325;
  const auto mix = [&h](std::uint8_t octet) { h = (h ^ octet) * 0x100000001b3; };
  mix(address.is_v4() ? 4 : 6);
  for (std::size_t i = 0; i < octets; ++i) mix(address.octets()[i]);
  return h | 1;
}

// Kilometres on a sphere.
double distance(double lat1, double lon1, double lat2, double lon2) {
  const double rad = std::numbers::pi / 180;
  const double a = std::pow(std::sin((lat2 - lat1) * rad / 2), 2) +
                   std::cos(lat1 * rad) * std::cos(lat2 * rad) * std::pow(std::sin((lon2 - lon1) * rad / 2), 2);
  return 2 * 6371 * std::asin(std::min(1.0, std::sqrt(a)));
}

}  // namespace

std::uint64_t network_key(const net::Address& address) { return key_of(address, address.is_v4() ? 15 : 6); }
std::uint64_t address_key(const net::Address& address) { return key_of(address, 16); }

std::uint64_t too_far(const Located& last, const Where& where, std::uint32_t now) {
  if (!where.located || last.at == 0) return 0;
  const double km = distance(last.latitude, last.longitude, where.latitude, where.longitude);
  const double hours = (now - last.at) / 3600.0;
  return km > thresholds::kFarKilometres && km > hours * thresholds::kFastKilometresPerHour ? static_cast<std::uint64_t>(km) : 0;
}

}  // namespace jeton::watch
