#include "authority/verify/decision.h"

namespace jeton::verify {

std::string_view name(Reason reason) {
  switch (reason) {
    case Reason::Allowed: return "allowed";
    case Reason::NoToken: return "no_token";
    case Reason::Malformed: return "malformed";
    case Reason::Unknown: return "unknown";
    case Reason::BadSignature: return "bad_signature";
    case Reason::UnknownKey: return "unknown_key";
    case Reason::Expired: return "expired";
    case Reason::NotYetValid: return "not_yet_valid";
    case Reason::Revoked: return "revoked";
    case Reason::RotatedOut: return "rotated_out";
    case Reason::PrincipalEnded: return "principal_ended";
    case Reason::DeviceRevoked: return "device_revoked";
    case Reason::ClientEnded: return "client_ended";
    case Reason::WrongApi: return "wrong_api";
    case Reason::NoSuchApi: return "no_such_api";
    case Reason::NoRoute: return "no_route";
    case Reason::PathUnsaid: return "path_unsaid";
    case Reason::BadPath: return "bad_path";
    case Reason::Network: return "network";
    case Reason::Scope: return "scope";
    case Reason::Unbound: return "unbound";
    case Reason::Unavailable: return "unavailable";
    case Reason::OutOfService: return "algorithm_out_of_service";
    case Reason::RateLimited: return "rate_limited";
    case Reason::Quarantined: return "quarantined";
    case Reason::StepUp: return "step_up";
  }
  return "refused";
}

}  // namespace jeton::verify
