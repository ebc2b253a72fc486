// What every OAuth endpoint is given, and how it says no.
#pragma once

#include <array>
#include <expected>
#include <span>

#include "blocks/http/form.h"
#include "protocols/rooms.h"

namespace jeton::protocols::oauth {

inline constexpr std::string_view kExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
inline constexpr std::string_view kDeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

// What a DPoP proof may be signed with, as documents tell it.
inline constexpr std::array<std::string_view, 5> kDpopAlgs = {"ES256", "EdDSA", "RS256", "PS256", "ES384"};

// An OAuth error (RFC 6749 §5.2). Texts are literals: help for who writes a client, nothing for who attacks one.
struct Error {
  int status;
  std::string_view code, description;
  std::string dpop_nonce = {};          // to be used next time (RFC 9449 §8)
  std::optional<limits::Refused> limit = {};   // on 429
};
template <class T>
using Or = std::expected<T, Error>;
using Answer = Or<void>;
inline std::unexpected<Error> error(int status, std::string_view code, std::string_view description = {}) {
  return std::unexpected(Error{status, code, description, {}, {}});
}
// A fault is 503; a refusal gets `code`, with the refusal's detail.
Error error_of(const Failure& failure, std::string_view code);

struct Call {
  Rooms& rooms;
  const http::Request& request;
  http::Response& response;
  Instant now;
  http::Form form;
  net::Address address;      // where the call came from
};

// A POST of a form, with nothing in the query.
Or<Call> call_of(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
audit::Actor actor_of(const Call& call, std::string name);

void json_head(http::Response& response);
void write(const Error& error, const http::Request& request, http::Response& response);

// For scripts of other origins: these addresses take no cookie, so any origin may ask. Answers a preflight itself.
bool cors(const http::Request& request, http::Response& response, std::string_view methods);

// Binds a result of `expr` or returns its failure as an OAuth error.
#define OAUTH_TRY_NAMED(tmp, binding, expr, code)                \
  auto tmp = (expr);                                             \
  if (!tmp) return std::unexpected(error_of(tmp.error(), code)); \
  binding = std::move(*tmp)
#define OAUTH_TRY(binding, expr, code) OAUTH_TRY_NAMED(JETON_JOIN(try_, __LINE__), binding, expr, code)

#define OAUTH_TRY_VOID(expr)                                                                                            \
  do {                                                                                                                  \
    if (auto try_status = (expr); !try_status) return std::unexpected(error_of(try_status.error(), "invalid_request")); \
  } while (false)

}  // namespace jeton::protocols::oauth
