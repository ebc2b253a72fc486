#include "authority/keys/sealer.h"

namespace jeton::keys {
namespace {

// version (1) · data key's number (4, big-endian) · nonce, cipher text and tag
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHead = 5;

std::uint32_t number_of(ByteView sealed) {
  return std::uint32_t{sealed[1]} << 24 | std::uint32_t{sealed[2]} << 16 | std::uint32_t{sealed[3]} << 8 | sealed[4];
}

}  // namespace

std::string Sealer::associated(std::uint32_t number, const Place& place) const {
  std::string out = "jeton-sealed-1";
  const std::string key = std::to_string(number);
  for (const std::string_view part : {std::string_view(installation_), std::string_view(key), place.table, place.column, place.row}) {
    // The length in front keeps "a"+"bc" and "ab"+"c" apart.
    out += '\n' + std::to_string(part.size()) + ':';
    out += part;
  }
  return out;
}

std::shared_ptr<const Sealer::Keys> Sealer::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

void Sealer::use(std::vector<DataKey> keys) {
  auto next = std::make_shared<const Keys>(std::move(keys));
  const std::lock_guard lock(mutex_);
  keys_ = std::move(next);
}

Result<Bytes> Sealer::seal(const Place& place, ByteView plain, Entropy& entropy) const {
  const auto held = keys();
  if (held->empty()) return fault(Fault::Config, "there is no data key to seal with");
  const auto& key = held->back();
  TRY(const auto body, crypto::seal(key.octets, as_bytes(associated(key.number, place)), plain, entropy));
  const auto n = key.number;
  Bytes out{kVersion, static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
            static_cast<std::uint8_t>(n)};
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

Result<Secret> Sealer::open(const Place& place, ByteView sealed) const {
  if (sealed.size() < kHead || sealed[0] != kVersion) return refuse(Refusal::BadSignature, "not sealed by this program, or damaged");
  const auto number = number_of(sealed);
  // Held for as long as it is read: a change swaps the list.
  const auto held = keys();
  for (const auto& key : *held)
    if (key.number == number) return crypto::open(key.octets, as_bytes(associated(number, place)), sealed.subspan(kHead));
  return refuse(Refusal::UnknownKey, "sealed under a data key that is not here");
}

std::uint32_t Sealer::active() const {
  const auto held = keys();
  return held->empty() ? 0 : held->back().number;
}

bool Sealer::is_current(ByteView sealed) const {
  const auto held = keys();
  return !held->empty() && sealed.size() >= kHead && sealed[0] == kVersion && number_of(sealed) == held->back().number;
}

}  // namespace jeton::keys
