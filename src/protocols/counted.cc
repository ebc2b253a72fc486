#include "protocols/counted.h"

namespace jeton::protocols {
namespace {

bool is_counted(const http::Request& request, CountedFor what) {
  return request.counted != nullptr && (*request.counted & static_cast<std::uint8_t>(what)) != 0;
}
void note(const http::Request& request, CountedFor what) {
  if (request.counted != nullptr) *request.counted |= static_cast<std::uint8_t>(what);
}

}  // namespace

verify::Decision decide(const verify::Reading& reading, const http::Request& request, CountedFor what, std::string_view token,
                        const verify::Asked& asked, Instant now) {
  if (is_counted(request, what)) return reading.judge(token, asked, now);
  const auto d = reading.decide(token, asked, now);
  // Of what could not be looked up there is no trace.
  if (d.reason != verify::Reason::Unavailable) note(request, what);
  return d;
}

std::optional<limits::Refused> charge(Rooms& rooms, const http::Request& request, CountedFor what, const limits::Caller& caller,
                                      Instant now) {
  if (is_counted(request, what)) return std::nullopt;
  note(request, what);
  return rooms.verifier.charge(caller, now);
}

}  // namespace jeton::protocols
