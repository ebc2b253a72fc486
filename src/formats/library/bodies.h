// What the handles of include/jeton hold. For the files of this room.
#pragma once

#include "formats/jose/jwk.h"
#include "jeton/keys.h"

namespace libjeton {

struct Keys::Body {
  jeton::jose::JwkSet set;
};

Reason reason_of(const jeton::Failure& failure);
inline std::unexpected<Reason> no(const jeton::Failure& failure) { return std::unexpected(reason_of(failure)); }

}  // namespace libjeton
