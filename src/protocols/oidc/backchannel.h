// Tells applications that a session has ended (OpenID Connect Back-Channel Logout 1.0).
#pragma once

#include <deque>
#include <functional>

#include "protocols/rooms.h"

namespace jeton::protocols::oidc {

// Follows the ledger's feed, so it hears of every end, whichever way it came: a logout, a disabled user, a
// revocation. What was not told yet when the program stopped is told after its start. `step`: one thread.
class Logouts {
 public:
  enum class Told : std::uint8_t { Done, Refused, Again };
  // Posts a form to an address that a client registered. Any thread, several at once.
  using Post = std::function<Told(const std::string& url, const std::string& form)>;

  Logouts(Rooms& rooms, Post post) : rooms_(rooms), post_(std::move(post)) {}
  // Looks at what ended since the last time, and tells whom it is due to tell. Waits for the applications'
  // answers.
  Status step(Instant now);

 private:
  struct Notice {
    ClientId client;
    PrincipalId user;
    TokenId session;
    unsigned tries = 0;
    Instant due, noted;
  };
  Status begin();
  Status look(Instant now);
  // A user who may not act has no session, though none was ended.
  Status note_user(const PrincipalId& user, Instant now);
  Status note_session(const ledger::Token& session, Instant now);
  Status tell(Instant now);
  Status remember();
  // The form to post for it, and where; nothing where the client no longer wants it.
  Result<std::optional<std::pair<std::string, std::string>>> letter(const Notice& notice, Instant now);

  Rooms& rooms_;
  const Post post_;
  bool begun_ = false;
  ledger::Seq seen_ = 0, remembered_ = 0;
  std::deque<Notice> waiting_;
};

}  // namespace jeton::protocols::oidc
