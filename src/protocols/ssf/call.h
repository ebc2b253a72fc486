// What a receiver of security events calls with, and whether it may.
#pragma once

#include <span>

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "protocols/admin/door.h"

namespace jeton::protocols::ssf {

struct Call {
  Rooms& rooms;
  const http::Request& request;
  http::Response& response;
  Instant now;
  admin::Caller caller;
  std::string owner;  // of streams: the application the token was given to, else whose token it is
  audit::Doing doing() const { return {caller.actor, now}; }
  // Begins an answer in JSON.
  json::Writer answer(int status = 200);
};

enum class Wants : std::uint8_t { Read, Change };
struct Method {
  std::string_view name;
  Wants wants;
  Status (*answer)(Call&);
};

// Finds the method, lets the caller in or not, and writes what went wrong.
void serve(Rooms& rooms, const http::Request& request, http::Response& response, Instant now, std::span<const Method> methods);

// The body as an object, an empty one where there is none; members that are not known are nobody's business
// [SSF]. Malformed otherwise.
Result<json::Value> body_of(const Call& call);
// Nothing where the member is absent or null. Invalid where it is of another type.
Result<std::optional<std::string>> text(const json::Value& body, std::string_view name, std::string_view wrong);
Result<std::optional<std::vector<std::string>>> texts(const json::Value& body, std::string_view name, std::string_view wrong);
// The caller's own stream, by the body's or the query's `stream_id`.
Result<ledger::Stream> stream_of(const Call& call, const json::Value& body);

}  // namespace jeton::protocols::ssf
