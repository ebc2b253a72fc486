// One thread's connections, and the edge-triggered epoll it waits on.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "ground/patience.h"
#include "program/server/server.h"
#include "program/server/socket.h"
#include "program/server/tls.h"
#include "program/server/waiting.h"
#include "program/server/workers.h"

namespace jeton::server {

using std::chrono::steady_clock;

class Connection;
class Loop;

// What the loops of one server share.
struct Shared {
  Shared(Options o, Handler& h, std::function<Instant()> c) : options(std::move(o)), handler(h), clock(std::move(c)) {}
  const Options options;
  Handler& handler;
  const std::function<Instant()> clock;
  Workers workers{options.workers, options.queue};
  WaitingRoom waiting{options.waiting, options.waiting_a_topic};
  std::atomic<std::uint64_t> news{0};   // so often something happened that somebody may wait for
  std::atomic<std::size_t> connections{0}, turn{0};
  std::vector<std::unique_ptr<Loop>> loops;   // complete before the first runs
};

// Something that epoll tells of.
class Source {
 public:
  virtual void ready(std::uint32_t events) = 0;

 protected:
  ~Source() = default;
};

// `post`: any thread. `open` and `listen`: before `run`. All else: the thread that runs it.
class Loop {
 public:
  explicit Loop(Shared& shared);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Status open();
  // Takes callers from it, as the other loops do, and hands them round.
  Status listen(std::shared_ptr<const Listening> listening);
  // Until `end`.
  void run();
  void post(std::move_only_function<void()> what);
  // Takes who waits already, then nobody; connections end with what they are doing.
  void drain();
  // Has what waits for it asked again.
  void tell(std::string_view topic);
  void end() { ended_ = true; }
  // What new connections are served with from now on. Before `run`, or on its thread.
  void set_tls(std::shared_ptr<const Tls> tls) { tls_ = std::move(tls); }

  // For its connections.
  Shared& shared() { return shared_; }
  bool is_draining() const { return draining_; }
  const Tls& tls() const { return *tls_; }
  // To some milliseconds, read once for all that woke the loop together.
  steady_clock::time_point now() const { return now_; }
  std::string_view next_id();
  // Of an answer; in text once a second.
  std::string_view date();
  // Has `source` told again, after the others.
  void again(int fd, Source& source);
  void forget(std::list<Connection>::iterator place);
  // Has it sent what it answered with the others' answers, a moment later: whoever waits for several is woken once.
  void later(Connection& connection);
  void waits(Connection& connection) { waiting_.insert(&connection); }
  void waits_no_more(Connection& connection) { waiting_.erase(&connection); }
  // Shared by what is answered on this thread, one after the other: warm, and allocated once.
  std::vector<char> room = std::vector<char>(64 * 1024);
  std::string out, joined;
  http::Response response;

 private:
  class Door;
  class Bell;
  void adopt(Caller caller);
  void run_posted();
  void send_later();
  void look();
  void ask_waiting(const std::function<bool(const Connection&)>& which, Patience::Turn turn);
  int timeout() const;
  bool watch(int fd, std::uint32_t events, Source& source);

  Shared& shared_;
  std::shared_ptr<const Tls> tls_;
  Descriptor epoll_;
  std::unique_ptr<Bell> bell_;
  std::list<Door> doors_;
  std::unordered_set<Connection*> waiting_;   // of the connections
  std::vector<Connection*> later_, sending_;  // of the connections; empty before anything else may end one
  steady_clock::time_point first_later_;
  std::list<Connection> connections_;
  steady_clock::time_point now_, looked_;
  bool draining_ = false, ended_ = false;
  std::string id_;
  std::size_t id_prefix_ = 0;
  std::uint64_t made_ids_ = 0;
  std::int64_t dated_ = -1;
  char date_[30] = {};
  std::mutex mutex_;
  std::vector<std::move_only_function<void()>> posted_, running_;   // posted_: under mutex_
};

}  // namespace jeton::server
