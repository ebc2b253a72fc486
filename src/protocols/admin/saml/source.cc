#include "protocols/admin/saml/source.h"

#include "authority/federation/fetched.h"

namespace jeton::protocols::admin {

Status read_source(Call& call, const Body& body, std::string& metadata, federation::Source& from) {
  TRY(const auto text, body.text("metadata"));
  TRY(const auto url, body.text("metadata_url"));
  TRY(const auto certificate, body.text("metadata_certificate"));
  if (text.has_value() == url.has_value()) return refuse(Refusal::Invalid, "metadata: it, or metadata_url");
  if (text) {
    if (certificate) return refuse(Refusal::Invalid, "metadata_certificate: goes with metadata_url");
    metadata = *text;
    return {};
  }
  from.url = *url;
  from.certificate = certificate.value_or("");
  TRY_VOID(federation::check(from));
  TRY(const auto document, call.rooms.program.fetch(from.url, federation::kMostFetched));
  // The first time, the administrator's word that this is the address is what it is believed for, and the certificate's where there is one.
  TRY(metadata, federation::first_fetched(document, from, call.now));
  from.fetched = call.now;
  return {};
}

void render(json::Writer& w, const federation::Source& from) {
  w.key("metadata_url");
  from.url.empty() ? w.null() : w.string(from.url);
  w.key("metadata_fetched");
  from.url.empty() ? w.null() : w.string(to_rfc3339(from.fetched));
  w.key("metadata_trouble");
  from.trouble.empty() ? w.null() : w.string(from.trouble);
}

Result<ClientId> client_named(Call& call, std::string_view id) {
  const auto parsed = ClientId::parse(id);
  if (!parsed || !call.rooms.clients.find(*parsed)) return refuse(Refusal::Invalid, "client: no such client");
  return *parsed;
}

}  // namespace jeton::protocols::admin
