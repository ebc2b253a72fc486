// What registrations of both sides have in common: where their metadata comes from.
#pragma once

#include "authority/federation/source.h"
#include "protocols/admin/body.h"
#include "protocols/admin/endpoint.h"

namespace jeton::protocols::admin {

// `metadata`, or `metadata_url` and perhaps `metadata_certificate`, from where it is fetched now. One of the two is needed.
Status read_source(Call& call, const Body& body, std::string& metadata, federation::Source& from);
void render(json::Writer& w, const federation::Source& from);
// Invalid where there is no such client.
Result<ClientId> client_named(Call& call, std::string_view id);

}  // namespace jeton::protocols::admin
