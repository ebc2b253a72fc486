// Every address of the server: request value in, response value out.
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols {

// How a request may be answered.
enum class Pace : std::uint8_t {
  AtOnce,    // never waits
  Hurried,   // mostly need not wait: tried in a Hurry, and where that is late again without one
  Patient,   // waits for the ledger, for others, or computes long
};

class Protocols {
 public:
  explicit Protocols(Rooms rooms) : rooms_(rooms) {}
  static Pace pace(const http::Request& request);
  void answer(const http::Request& request, http::Response& response, Instant now);

 private:
  Rooms rooms_;
};

}  // namespace jeton::protocols
