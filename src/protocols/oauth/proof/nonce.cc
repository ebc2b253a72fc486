#include "protocols/oauth/proof/nonce.h"

#include "authority/policy/settings.h"
#include "ground/base64url.h"

namespace jeton::protocols::oauth {
namespace {

constexpr std::int64_t kWindow = 300;

// Keyed by a pepper, as everything is that this installation must know again. A token is never "dpop nonce
// …".
std::string nonce_of(const keys::PepperSet& peppers, std::size_t pepper, std::int64_t window) {
  return base64url::encode(peppers.hash(pepper, "dpop nonce " + std::to_string(window)));
}

}  // namespace

std::string dpop_nonce(const Rooms& rooms, Instant now) { return nonce_of(*rooms.peppers.snapshot(), 0, now.seconds() / kWindow); }

bool good_dpop_nonce(const Rooms& rooms, std::string_view nonce, Instant now) {
  const auto peppers = rooms.peppers.snapshot();
  bool good = false;
  for (std::size_t i = 0; i < peppers->size(); ++i)
    for (const auto window : {now.seconds() / kWindow, now.seconds() / kWindow - 1})
      good = equal_constant_time(as_bytes(nonce_of(*peppers, i, window)), as_bytes(nonce)) || good;
  return good;
}

Result<bool> dpop_nonce_needed(Rooms& rooms) {
  TRY(const auto settings, policy::read_settings(rooms.ledger));
  return settings.dpop_nonce == "required";
}

}  // namespace jeton::protocols::oauth
