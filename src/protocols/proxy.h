// Who called, behind our own proxies.
#pragma once

#include "authority/audit/event.h"
#include "blocks/http/message.h"
#include "blocks/net/prefix_set.h"

namespace jeton::protocols {

// Whether what the peer says of the original request (X-Forwarded-*, X-Original-*) is believed: a peer on a Unix socket, or
// one of the configured proxies.
bool is_proxy(const http::Request& request, const net::PrefixSet& trusted);
// The address the call came from (blocks/net/forwarded.h). None for a local caller on the Unix socket.
net::Address caller_address(const http::Request& request, const net::PrefixSet& trusted);

// Who makes a change by that request.
audit::Actor actor_for(const http::Request& request, const net::Address& address, std::string name);

}  // namespace jeton::protocols
