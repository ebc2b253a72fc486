// A link to replace a forgotten password, as webhooks are told it. For this room alone.
#pragma once

#include "authority/notify/webhooks.h"

namespace jeton::notify {

// The text of such a delivery. BadSignature or Malformed where it is there no more.
Result<Secret> open_link(const keys::Sealer& sealer, const ledger::Delivery& delivery);

}  // namespace jeton::notify
