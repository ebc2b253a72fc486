// Dynamic client registration (RFC 7591) and its management (RFC 7592).
#pragma once

#include "blocks/json/value.h"
#include "protocols/rooms.h"

namespace jeton::protocols::oauth {

// Who says what a client is: a stranger (the application itself), or somebody whom the installation trusts with clients.
enum class Asker : std::uint8_t { Stranger, Trusted };
// A client's metadata (RFC 7591 §2) into its record, all but its name. Invalid with the member in front.
Status read_metadata(Rooms& rooms, const json::Value& metadata, Asker asker, ledger::Client& client);
// What people are shown. Names are unique here: two applications of one name are told apart by the end of their numbers.
std::string shown_name(const json::Value& metadata, const ClientId& id);

// /oauth/register
void register_client(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
// /oauth/register/{client_id}: GET, PUT, DELETE with the registration access token
void registered_client(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
inline constexpr std::string_view kRegistered = "/oauth/register/";

}  // namespace jeton::protocols::oauth
