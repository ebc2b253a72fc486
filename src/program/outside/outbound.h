// Calls that the server makes itself: notices of ended sessions, documents that describe clients.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "blocks/net/guard.h"
#include "protocols/oidc/backchannel.h"
#include "protocols/rooms.h"

namespace jeton::outside {

// Every call goes through the guard. Any thread.
class Outbound {
 public:
  using Clock = std::function<Instant()>;
  Outbound(net::Guard guard, Clock clock) : guard_(std::move(guard)), clock_(std::move(clock)) {}

  const net::Guard& guard() const { return guard_; }
  bool may_call(std::string_view url) const { return guard_.lets(url); }
  // protocols::Program::document. Whoever asks for what is being read waits for that; of all who ask, a few wait, and others are told Io at once.
  using Copy = protocols::Program::Copy;
  Result<std::string> document(const std::string& url, Copy copy = Copy::Kept);
  protocols::oidc::Logouts::Told post(const std::string& url, const std::string& form) const;

 private:
  struct Kept {
    Result<std::string> answer;
    Instant until, again;  // counts until then; is not read again before that for what it lacks
  };
  Result<std::string> read(const std::string& url) const;

  const net::Guard guard_;
  const Clock clock_;
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
  std::set<std::string> being_read_;
  std::condition_variable was_read_;
  unsigned waiting_ = 0;
  Instant window_;  // of these seconds
  unsigned reads_ = 0;  // so many were read
};

// A thread that tells applications of ended sessions, from its making until `stop`.
class Notices {
 public:
  Notices(protocols::Rooms& rooms, Outbound& outbound, Outbound::Clock clock);
  void stop();

 private:
  void run();
  protocols::oidc::Logouts logouts_;
  const Outbound::Clock clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace jeton::outside
