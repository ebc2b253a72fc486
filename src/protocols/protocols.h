// Every address of the server: request value in, response value out.
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols {

class Protocols {
 public:
  explicit Protocols(Rooms rooms) : rooms_(rooms) {}
  // Whether the request is answered without waiting, on the thread that read it.
  static bool is_inline(const http::Request& request);
  void answer(const http::Request& request, http::Response& response, Instant now);

 private:
  Rooms rooms_;
};

}  // namespace jeton::protocols
