#include "ground/id.h"

#include <bit>
#include <cstring>

namespace jeton {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

constexpr auto kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kCrockford.size(); ++i) values[static_cast<std::uint8_t>(kCrockford[i])] = static_cast<std::int8_t>(i);
  return values;
}();

using Wide = unsigned __int128;

Wide to_number(const Ulid& u) {
  std::uint64_t halves[2];
  std::memcpy(halves, u.octets.data(), sizeof halves);
  if constexpr (std::endian::native == std::endian::little)
    for (auto& half : halves) half = __builtin_bswap64(half);
  return Wide{halves[0]} << 64 | halves[1];
}

}  // namespace

Result<Ulid> Ulid::make(Instant now, Entropy& entropy) {
  Ulid u;
  TRY_VOID(entropy.fill(ByteSpan(u.octets).subspan(6)));
  const auto ms = static_cast<std::uint64_t>(now.millis());
  for (int i = 0; i < 6; ++i) u.octets[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  return u;
}

std::optional<Ulid> Ulid::parse(std::string_view text) {
  if (text.size() != 26 || text[0] > '7') return std::nullopt;
  Wide n = 0;
  for (const char c : text) {
    const int digit = kValues[static_cast<std::uint8_t>(c)];
    if (digit < 0) return std::nullopt;
    n = n << 5 | static_cast<unsigned>(digit);
  }
  Ulid u;
  for (int i = 15; i >= 0; --i, n >>= 8) u.octets[i] = static_cast<std::uint8_t>(n);
  return u;
}

void Ulid::write(char* out26) const {
  const Wide n = to_number(*this);
  // Twelve digits are 60 bits: shifted in one register each.
  constexpr std::uint64_t kTwelve = (std::uint64_t{1} << 60) - 1;
  auto low = static_cast<std::uint64_t>(n) & kTwelve, middle = static_cast<std::uint64_t>(n >> 60) & kTwelve;
  for (int i = 11; i >= 0; --i, low >>= 5, middle >>= 5) {
    out26[i + 14] = kCrockford[low & 31];
    out26[i + 2] = kCrockford[middle & 31];
  }
  const auto high = static_cast<unsigned>(n >> 120);
  out26[1] = kCrockford[high & 31];
  out26[0] = kCrockford[high >> 5];
}

std::string Ulid::text() const {
  std::string out(26, '0');
  write(out.data());
  return out;
}

Instant Ulid::created() const {
  std::int64_t ms = 0;
  for (int i = 0; i < 6; ++i) ms = ms << 8 | octets[i];
  return Instant::from_millis(ms);
}

Result<PrincipalId> PrincipalId::make(PrincipalKind kind, Instant now, Entropy& entropy) {
  TRY(const auto ulid, Ulid::make(now, entropy));
  return PrincipalId(kind, ulid);
}

std::optional<PrincipalId> PrincipalId::parse(std::string_view text) {
  const bool user = text.starts_with("usr_");
  if (!user && !text.starts_with("svc_")) return std::nullopt;
  const auto ulid = Ulid::parse(text.substr(4));
  if (!ulid) return std::nullopt;
  return PrincipalId(user ? PrincipalKind::User : PrincipalKind::Service, *ulid);
}

std::string PrincipalId::text() const { return (kind_ == PrincipalKind::User ? "usr_" : "svc_") + ulid_.text(); }

}  // namespace jeton
