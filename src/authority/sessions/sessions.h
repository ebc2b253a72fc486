// Browser sessions: a login that is kept on the server and named by a cookie.
#pragma once

#include "authority/audit/event.h"
#include "authority/mint/handle.h"
#include "authority/verify/uses.h"

namespace jeton::sessions {

// A live session. `id` is a token's id; people see it as "ses_…".
struct Session {
  TokenId id;
  PrincipalId principal;
  std::string user;            // the user's name
  Instant authenticated;       // when the person last proved who they are
  std::string methods;         // how: RFC 8176 words, space separated ("pwd otp"; a passkey is "pop user")
  std::string agent;           // "Firefox on Linux"
  Instant created, last_used;
  std::optional<Instant> expires;
  net::Address address;
  // "2" after two factors or a passkey, else "1".
  std::string_view acr() const;
};
std::string id_text(const TokenId& id);                        // "ses_…"
std::optional<TokenId> parse_id(std::string_view text);        // of "ses_…"

struct Login {
  PrincipalId principal;
  std::string methods;
  std::string agent;
  std::optional<Instant> authenticated = {};   // where it was elsewhere and earlier; now where absent
  std::optional<Instant> until = {};           // no longer than this, where who says so elsewhere sets an end
};

// A session that was begun, or goes on under a new cookie: the cookie's value.
struct Begun {
  TokenId id;
  Secret cookie;
};

// Any thread.
class Sessions {
 public:
  Sessions(ledger::Ledger& ledger, const keys::Peppers& peppers, verify::Uses& uses, Entropy& entropy)
      : ledger_(ledger), peppers_(peppers), uses_(uses), entropy_(entropy) {}

  // A person proved who they are. Where `before` is that person's session it goes on under a new cookie, with what hangs on it;
  // another person's ends.
  Result<Begun> log_in(const Login& login, const std::optional<Session>& before, const audit::Doing& doing);
  // The session of a cookie while it may act: not ended, within both timeouts, its user active. Notes the use.
  Result<std::optional<Session>> find(std::string_view cookie, const net::Address& address, Instant now);
  // The session of that id while it may act.
  Result<std::optional<Session>> find(const TokenId& id, Instant now);
  // Ends it, and all that hangs on it.
  Status end(const TokenId& id, const audit::Doing& doing);
  // Ends every session of the user but `keep`. How many.
  Result<std::size_t> end_all(const PrincipalId& user, const std::optional<TokenId>& keep, const audit::Doing& doing);
  // Live ones, newest first.
  Result<std::vector<Session>> list(const std::optional<PrincipalId>& user, const ledger::PageOf<TokenId>& page, Instant now);

 private:
  Result<std::optional<Session>> live(const ledger::Token& token, Instant now);
  ledger::Ledger& ledger_;
  const keys::Peppers& peppers_;
  verify::Uses& uses_;
  Entropy& entropy_;
};

// "Firefox on Linux", of a User-Agent field; "a browser" where it is none that is known.
std::string agent_of(std::string_view user_agent);

}  // namespace jeton::sessions
