// Device authorization (RFC 8628): a code on one device, a person at another.
#pragma once

#include "protocols/oauth/tokens.h"

namespace jeton::protocols::oauth {

// /oauth/device_authorization
void device_authorization(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

// What waits for a person's word.
struct Waiting {
  crypto::Sha256Digest id{};
  ledger::Client client;
  ledger::Api api;
  ledger::Scopes scopes;
  apis::Details details;
  std::string user_code;      // as it is shown
};
// By what the person typed: case and signs between do not matter. NotFound.
Result<Waiting> waiting_device(Rooms& rooms, std::string_view user_code, Instant now);
// The person said yes or no; once.
enum class Word : std::uint8_t { Yes, No };
Status decide_device(Rooms& rooms, const Waiting& device, const sessions::Session& session, Word word, const audit::Doing& doing);

}  // namespace jeton::protocols::oauth
