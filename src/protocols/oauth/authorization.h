// The authorization request (RFC 6749 §4.1.1, OIDC Core §3.1.2.1): read, held against the client, answered.
#pragma once

#include "protocols/oauth/rich/rich.h"
#include "protocols/oauth/tokens.h"

namespace jeton::protocols::pages {
struct Visit;
}

namespace jeton::protocols::oauth {

enum class ResponseMode : std::uint8_t { Query, Fragment, FormPost };

// A request that may be asked of a person: everything in it was checked.
struct Authorization {
  Client client;
  std::string redirect;            // where the answer goes
  std::string presented_redirect;  // as the request had it; empty where it had none
  std::string state;
  ResponseMode mode = ResponseMode::Query;
  ledger::Api api;
  ledger::Scopes scopes;
  std::string nonce, challenge, login_hint, claims, dpop_jkt;
  bool login = false, consent = false, none = false;   // prompt
  std::optional<Seconds> max_age;
  bool two_factors = false;        // acr_values or claims ask for it
  bool acr_essential = false;      // and one factor will not do
  std::string subject;             // it must be this person (id_token_hint, claims); empty: whoever is there
  ledger::Scopes disclosed;        // what single claims show beyond `scopes`: agreed to like scopes, and no power of the token
  apis::Details details;           // authorization_details (RFC 9396)
  std::optional<crypto::Sha256Digest> pushed;   // the pushed request it came of
};

// Why it may not be asked. Where `redirect` is set, the client is told there; where not, the person is, and nobody else.
struct Unfit {
  Error error;
  std::string redirect, state;
  ResponseMode mode = ResponseMode::Query;
};

// Whether that is a parameter which an authorization request is read for; no other needs to be kept.
bool is_parameter(std::string_view name);
// `form`: the parameters, wherever they stood. A request_uri is looked up; an unknown one is Unfit.
std::expected<Authorization, Unfit> read_authorization(Rooms& rooms, const http::Form& form, Instant now);
// What read_authorization does with the parameters themselves, for a client that is known (and for pushed requests).
std::expected<Authorization, Unfit> check_authorization(Rooms& rooms, Client client, const http::Form& form);

// Sends the person back to the client with these parameters, `iss` and `state` (RFC 9207).
struct Back {
  std::string_view redirect, state;
  ResponseMode mode;
  std::vector<std::pair<std::string_view, std::string>> parameters;
};
void send_back(const Rooms& rooms, const Back& back, http::Response& response);
void send_back(const Rooms& rooms, const Unfit& unfit, http::Response& response);
void send_back(const Rooms& rooms, const Authorization& a, std::string_view code, std::string_view description, http::Response& response);

// The origin of a redirect URI, for form-action of the pages on the way; the scheme of a private one.
std::string origin_of(std::string_view redirect);

// Whether the person is to log in before anything is granted: nobody did, it was somebody else, or not as the request wants it. `form`: the
// parameters as they came, with the stamp of the login that was asked for.
Result<bool> needs_login(const pages::Visit& v, const Authorization& a, const http::Form& form);
// The parameters as an address has them, without that stamp.
std::string without_stamp(const http::Form& form);

// /oauth/authorize
void authorize(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
// Grants what was asked, and sends the code back. Invalid: it is not the person, or not the login, that was asked for.
Status approve(Rooms& rooms, const Authorization& a, const sessions::Session& session, const audit::Doing& doing, http::Response& response);

}  // namespace jeton::protocols::oauth
