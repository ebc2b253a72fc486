#include "protocols/oauth/resource_metadata.h"

#include <array>

#include "blocks/json/writer.h"
#include "protocols/oauth/tokens.h"
#include "protocols/problem.h"
#include "protocols/proxy.h"

namespace jeton::protocols::oauth {
namespace {

// The address as the caller spelled it, as far as who hands it on is believed.
std::string called(const Rooms& rooms, const http::Request& request, std::string_view rest) {
  auto host = request.field("host").value_or("");
  std::string_view proto = request.origin.secure ? "https" : "http";
  if (is_proxy(request, rooms.facts.trusted_proxies)) {
    if (request.count("x-forwarded-host") == 1) host = *request.field("x-forwarded-host");
    if (request.count("x-forwarded-proto") == 1) proto = *request.field("x-forwarded-proto");
  }
  return std::string(proto) + "://" + std::string(host) + std::string(rest);
}

Or<std::optional<ledger::Api>> api_of(Rooms& rooms, const http::Request& request) {
  const auto rest = request.path.substr(kResourceMetadata.size());
  const auto address = called(rooms, request, rest);
  auto api = api_called(rooms, address);
  // [RFC9728 §3.1] a slash at the end of a host alone is not part of the address
  if (api && !*api && rest.empty()) api = api_called(rooms, address + "/");
  if (!api || *api || rest.size() < 2 || rest.find('/', 1) != std::string_view::npos) return api;
  const auto name = http::percent_decode(rest.substr(1), http::Plus::Literal);
  return name ? api_called(rooms, *name) : api;
}

}  // namespace

bool is_resource_metadata(std::string_view path) {
  return path.starts_with(kResourceMetadata) && (path.size() == kResourceMetadata.size() || path[kResourceMetadata.size()] == '/');
}

std::string resource_metadata_url(const Rooms& rooms, std::string_view api) {
  return rooms.facts.issuer + std::string(kResourceMetadata) + "/" + http::percent_encode(api);
}

void resource_metadata(Rooms& rooms, const http::Request& request, http::Response& response, Instant) {
  if (cors(request, response, "GET")) return;
  if (request.method != "GET" && request.method != "HEAD")
    return write(Error{405, "invalid_request", "GET is expected", {}}, request, response);
  const auto api = api_of(rooms, request);
  if (!api) return write(api.error(), request, response);
  // The installation's own APIs are not for applications to find.
  if (!*api || (*api)->name == apis::kManagement || (*api)->name == apis::kIdentity)
    return protocols::write({404, "not_found", "Not found", "no API has this address or name", {}}, request, response);
  const auto types = apis::DetailTypes(rooms.ledger, rooms.entropy).of((*api)->id);
  if (!types) return write(error_of(types.error(), "server_error"), request, response);
  ledger::Scopes details;
  for (const auto& one : *types) details.push_back(one.type);
  response.field("Content-Type", "application/json");
  response.field("Cache-Control", "public, max-age=300");
  json::Writer w(response.body);
  w.object().member("resource", (*api)->audience).strings("authorization_servers", std::array{rooms.facts.issuer});
  w.strings("scopes_supported", (*api)->scopes)
      .strings("bearer_methods_supported", std::array{"header"})
      .member("resource_name", (*api)->name);
  if (!details.empty()) w.strings("authorization_details_types_supported", details);
  w.strings("dpop_signing_alg_values_supported", kDpopAlgs).flag("tls_client_certificate_bound_access_tokens", true).end_object();
}

}  // namespace jeton::protocols::oauth
