// A call counts once, for limits and for what is known of its tokens, however often it is answered (ground/hurry.h).
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols {

// What a call is counted for.
enum class CountedFor : std::uint8_t { Address = 1, Client = 2, Token = 4, Actor = 8 };

// What a call shows, decided with a trace of its use where it is counted for it now.
verify::Decision decide(const verify::Reading& reading, const http::Request& request, CountedFor what, std::string_view token,
                        const verify::Asked& asked, Instant now);
// For calls that show no token. Nothing where they may go on.
std::optional<limits::Refused> charge(Rooms& rooms, const http::Request& request, CountedFor what, const limits::Caller& caller,
                                      Instant now);

}  // namespace jeton::protocols
