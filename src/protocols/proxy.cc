#include "protocols/proxy.h"

#include <array>

#include "blocks/http/trace.h"
#include "blocks/net/forwarded.h"

namespace jeton::protocols {

bool is_proxy(const http::Request& request, const net::PrefixSet& trusted) {
  return request.origin.peer.is_none() || trusted.holds(request.origin.peer);
}

net::Address caller_address(const http::Request& request, const net::PrefixSet& trusted) {
  std::array<net::HeaderField, 16> fields;
  std::size_t count = 0;
  for (const auto& f : request.fields) {
    if (!http::iequals(f.name, "x-forwarded-for") && !http::iequals(f.name, "forwarded")) continue;
    // More fields than any honest chain has: believe none.
    if (count == fields.size()) return request.origin.peer;
    fields[count++] = {f.name, f.value};
  }
  return net::client_address(request.origin.peer, std::span(fields).first(count), trusted);
}

audit::Actor actor_for(const http::Request& request, const net::Address& address, std::string name) {
  return {.name = std::move(name),
          .address = address,
          .request_id = std::string(request.request_id),
          .trace_id = std::string(http::trace_id(request))};
}

}  // namespace jeton::protocols
