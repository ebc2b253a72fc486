// /.well-known/ssf-configuration (OpenID SSF 1.0 §7.1)
#include <array>

#include "blocks/json/writer.h"
#include "protocols/oauth/call.h"
#include "protocols/problem.h"
#include "protocols/ssf/ssf.h"

namespace jeton::protocols::ssf {

void metadata(Rooms& rooms, const http::Request& request, http::Response& response, Instant) {
  if (oauth::cors(request, response, "GET")) return;
  if (request.method != "GET" && request.method != "HEAD") {
    write({405, "method_not_allowed", "Method not allowed", {}, {}}, request, response);
    return response.field("Allow", "GET, HEAD");
  }
  response.field("Content-Type", "application/json");
  response.field("Cache-Control", "public, max-age=300");
  const auto& issuer = rooms.facts.issuer;
  json::Writer w(response.body);
  w.object().member("spec_version", "1_0").member("issuer", issuer).member("jwks_uri", issuer + "/.well-known/jwks.json");
  w.strings("delivery_methods_supported", std::array<std::string_view, 2>{"urn:ietf:rfc:8935", "urn:ietf:rfc:8936"});
  w.member("configuration_endpoint", issuer + "/ssf/streams").member("status_endpoint", issuer + "/ssf/status");
  w.member("add_subject_endpoint", issuer + "/ssf/subjects:add").member("remove_subject_endpoint", issuer + "/ssf/subjects:remove");
  w.member("verification_endpoint", issuer + "/ssf/verify");
  w.key("authorization_schemes").array().object().member("spec_urn", "urn:ietf:rfc:6749").end_object();
  w.object().member("spec_urn", "urn:ietf:rfc:6750").end_object().end_array();
  w.member("default_subjects", "ALL").end_object();
}

}  // namespace jeton::protocols::ssf
