#include "protocols/whereabouts.h"

namespace jeton::protocols {

bool let_in(Rooms& rooms, const net::Address& address) { return address.is_none() || !rooms.verifier.refusing_rule(address); }

Result<bool> may_enter(Rooms& rooms, const PrincipalId& principal, const net::Address& address) {
  if (!let_in(rooms, address)) return false;
  TRY(const auto record, rooms.ledger.principal(principal));
  return record && rooms.verifier.lets_in(record->network, address);
}

}  // namespace jeton::protocols
