#include "ground/result.h"

namespace jeton {

std::string_view name(Refusal r) {
  switch (r) {
    case Refusal::Malformed: return "malformed";
    case Refusal::TooLarge: return "too_large";
    case Refusal::Unsupported: return "unsupported";
    case Refusal::WeakKey: return "weak_key";
    case Refusal::BadSignature: return "bad_signature";
    case Refusal::UnknownKey: return "unknown_key";
    case Refusal::Expired: return "expired";
    case Refusal::NotYetValid: return "not_yet_valid";
    case Refusal::WrongIssuer: return "wrong_issuer";
    case Refusal::WrongAudience: return "wrong_audience";
    case Refusal::WrongType: return "wrong_type";
    case Refusal::Revoked: return "revoked";
    case Refusal::Denied: return "denied";
    case Refusal::NotFound: return "not_found";
    case Refusal::Conflict: return "conflict";
    case Refusal::Invalid: return "invalid";
    case Refusal::RateLimited: return "rate_limited";
  }
  return "refused";
}

std::string_view name(Fault f) {
  switch (f) {
    case Fault::StoreUnavailable: return "store_unavailable";
    case Fault::StoreCorrupt: return "store_corrupt";
    case Fault::NoEntropy: return "no_entropy";
    case Fault::Crypto: return "crypto";
    case Fault::SelfTest: return "self_test";
    case Fault::Io: return "io";
    case Fault::Shutdown: return "shutdown";
    case Fault::Config: return "config";
  }
  return "fault";
}

std::string_view Failure::name() const { return fault_ ? jeton::name(fault()) : jeton::name(refusal()); }

}  // namespace jeton
