// One connection: its requests in order, one at a time.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include <list>

#include "blocks/http/reader.h"
#include "program/server/server.h"
#include "program/server/workers.h"

namespace jeton::server {

using Socket = boost::asio::generic::stream_protocol::socket;

class Connection;
struct Loop;

// "r3fa21-": tells loops and runs apart, by where this one lies.
std::string made_prefix(const Loop* loop);

// What the connections of one thread share. That thread's alone, but for `workers`.
struct Loop {
  explicit Loop(const Options& o, Handler& h, const std::function<Instant()>& c, Workers& w) : options(o), handler(h), clock(c), workers(w) {}
  const Options& options;
  Handler& handler;
  const std::function<Instant()>& clock;
  Workers& workers;
  std::vector<char> room = std::vector<char>(64 * 1024);   // one read's worth, for whichever connection reads
  std::string out;
  std::list<Connection*> open;
  bool draining = false;
  const std::string id_prefix = made_prefix(this);   // of the request ids that this loop makes
  std::uint64_t made_ids = 0;
  // Last, so that the coroutines it destroys still find the rest.
  boost::asio::io_context io{1};
};

class Connection {
 public:
  Connection(Socket socket, http::Origin origin, Loop& loop);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  boost::asio::awaitable<void> run();
  // Closes where the deadline has passed; when draining, where nothing is being answered.
  void look(std::chrono::steady_clock::time_point now);

 private:
  enum class Doing : std::uint8_t { Idle, Head, Body, Answering, Writing, Leaving };
  enum class Next : std::uint8_t { Read, Hold, Close };   // Hold: the next request needs a body or a worker
  bool take(std::string_view& data);
  bool send_at_once();
  boost::asio::awaitable<bool> read_some(std::string_view& data);
  Next serve(std::string_view& data);
  boost::asio::awaitable<bool> serve_held(std::string_view& data);
  boost::asio::awaitable<bool> flush();
  boost::asio::awaitable<void> leave();
  boost::asio::awaitable<void> work(http::Request request, Instant now);
  void begin(http::Request& request);
  bool finish(const http::Request& request, bool keep_alive);
  bool refuse(int status);
  void expect(Doing doing, Millis within);
  bool is_heard() const;

  Socket socket_;
  http::Origin origin_;
  Loop& loop_;
  std::list<Connection*>::iterator place_;
  std::chrono::steady_clock::time_point deadline_, started_;
  Doing doing_ = Doing::Idle;
  std::string held_;      // octets read and not yet understood
  std::string head_;      // of the request being read, where it outlives the read
  std::string id_;
  http::Response response_;
};

}  // namespace jeton::server
