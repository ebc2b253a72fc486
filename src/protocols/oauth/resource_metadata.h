// What an API tells its callers of itself (RFC 9728): who gives tokens for it, and which.
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::oauth {

inline constexpr std::string_view kResourceMetadata = "/.well-known/oauth-protected-resource";

// /.well-known/oauth-protected-resource, alone or with a path behind it.
bool is_resource_metadata(std::string_view path);
// Of the API whose audience is the address that was called, without the well-known part (a gateway hands it
// on from the API's own host); or of the one that the last part names, by name, id or percent-encoded
// audience.
void resource_metadata(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
// Where that document is for an API that a gateway asks about.
std::string resource_metadata_url(const Rooms& rooms, std::string_view api);

}  // namespace jeton::protocols::oauth
