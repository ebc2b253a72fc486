// GCC 12 sees a mismatch in how coroutine frames are made and freed where a sanitizer is on: both are Asio's own.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
#include "program/server/connection.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>
#include <time.h>

#include <charconv>
#include <optional>

#include "formats/opaque/token.h"

namespace jeton::server {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

// How long, and how much, we listen to a caller we have said our last word to.
constexpr Millis kLeaving{1000};
constexpr std::size_t kMostUnheard = 16 << 20;

// An id a caller gave is kept where it is harmless in a log line: a token put there by mistake is not.
bool safe_id(std::string_view id) {
  if (opaque::parse(id)) return false;
  for (const char c : id)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') return false;
  return !id.empty() && id.size() <= 64;
}

std::string_view problem_type(int status) {
  switch (status) {
    case 408: return "timeout";
    case 413: return "too_large";
    case 431: return "too_large";
    case 501: return "unsupported";
    case 503: return "unavailable";
    case 505: return "unsupported";
    default: return "malformed";
  }
}

// To some milliseconds: enough for a deadline, at a fifth of the price.
steady_clock::time_point about_now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return steady_clock::time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

}  // namespace

std::string made_prefix(const Loop* loop) {
  char text[24];
  const int n = std::snprintf(text, sizeof text, "r%lx-", static_cast<unsigned long>(reinterpret_cast<std::uintptr_t>(loop) >> 6 & 0xfffff));
  return std::string(text, static_cast<std::size_t>(n));
}

Connection::Connection(Socket socket, http::Origin origin, Loop& loop)
    : socket_(std::move(socket)), origin_(origin), loop_(loop), place_(loop.open.insert(loop.open.end(), this)) {}

Connection::~Connection() { loop_.open.erase(place_); }

void Connection::expect(Doing doing, Millis within) {
  // A head or body that comes in drops is timed from its first.
  if (doing_ == doing && (doing == Doing::Head || doing == Doing::Body)) return;
  doing_ = doing;
  deadline_ = about_now() + within;
}

// Whether octets wait in the socket.
bool Connection::is_heard() const {
  char one;
  return ::recv(const_cast<Socket&>(socket_).native_handle(), &one, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void Connection::look(steady_clock::time_point now) {
  const bool idle = doing_ == Doing::Idle || doing_ == Doing::Head || doing_ == Doing::Leaving;
  // A request that has come in is answered, also when the server is about to go.
  const bool goes = loop_.draining && idle && (doing_ == Doing::Leaving || !is_heard());
  if (doing_ == Doing::Answering || (now < deadline_ && !goes)) return;
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_both, ignored);
  socket_.close(ignored);
}

// What has come, in the thread's room; nothing where it was a false alarm. False at the end.
bool Connection::take(std::string_view& data) {
  data = {};
  const auto n = ::recv(socket_.native_handle(), loop_.room.data(), loop_.room.size(), MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  data = std::string_view(loop_.room.data(), static_cast<std::size_t>(n));
  return n > 0;
}

asio::awaitable<bool> Connection::read_some(std::string_view& data) {
  boost::system::error_code error;
  co_await socket_.async_wait(asio::socket_base::wait_read, asio::redirect_error(asio::use_awaitable, error));
  co_return !error && take(data);
}

// True where all of it went at once, as it does for a caller that reads; what did not is left for `flush`.
bool Connection::send_at_once() {
  if (loop_.out.empty()) return true;
  const auto n = ::send(socket_.native_handle(), loop_.out.data(), loop_.out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n > 0) loop_.out.erase(0, static_cast<std::size_t>(n));
  return loop_.out.empty();
}

asio::awaitable<bool> Connection::flush() {
  std::string_view left = loop_.out;
  while (!left.empty()) {
    const auto n = ::send(socket_.native_handle(), left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      left.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || errno != EAGAIN) break;
    // The shared buffer is for others while we wait.
    const std::string mine(left);
    loop_.out.clear();
    expect(Doing::Writing, loop_.options.write_timeout);
    std::string_view rest = mine;
    while (!rest.empty()) {
      boost::system::error_code error;
      co_await socket_.async_wait(asio::socket_base::wait_write, asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return false;
      const auto sent = ::send(socket_.native_handle(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
      else if (errno != EAGAIN && errno != EINTR) co_return false;
    }
    co_return true;
  }
  loop_.out.clear();
  co_return left.empty();
}

// Answers and says that this was the last word.
bool Connection::refuse(int status) {
  http::Request unread;
  begin(unread);
  response_.clear();
  response_.status = status;
  response_.field("Content-Type", "application/problem+json");
  response_.body = "{\"type\":\"urn:jeton:problem:" + std::string(problem_type(status)) + "\",\"title\":\"" +
                   std::string(http::reason(status)) + "\",\"status\":" + std::to_string(status) + ",\"request_id\":\"" + id_ + "\"}";
  return finish(unread, false);
}

void Connection::begin(http::Request& request) {
  request.origin = origin_;
  const auto given = request.field("x-request-id");
  if (given && safe_id(*given)) {
    id_ = *given;
  } else {
    id_ = loop_.id_prefix;
    char made[16];
    const auto end = std::to_chars(made, made + sizeof made, ++loop_.made_ids, 16).ptr;
    id_.append(made, end);
  }
  request.request_id = id_;
  started_ = steady_clock::now();
}

// Writes the answer behind those that wait to be sent. False where the connection ends with it.
bool Connection::finish(const http::Request& request, bool keep_alive) {
  const bool stays = keep_alive && !loop_.draining;
  response_.field("X-Request-Id", id_);
  http::append(loop_.out, request, response_, stays ? http::After::KeepAlive : http::After::Close);
  loop_.handler.served(request, response_, steady_clock::now() - started_);
  return stays;
}

// Has a worker answer. The request's memory is this connection's, so it may wait.
asio::awaitable<void> Connection::work(http::Request request, Instant now) {
  doing_ = Doing::Answering;
  const bool posted = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(
      [&, this](auto handler) {
        auto done = std::make_shared<decltype(handler)>(std::move(handler));
        const auto resume = [this, done](bool ran) {
          asio::post(loop_.io, [done, ran] { std::move (*done)(ran); });
        };
        // Held by reference: this coroutine's frame lives until it is resumed.
        if (!loop_.workers.post([this, &request, now, resume] {
              loop_.handler.answer(request, response_, now);
              resume(true);
            }))
          resume(false);
      },
      asio::use_awaitable);
  if (posted) co_return;
  response_.clear();
  response_.status = 503;
  response_.field("Retry-After", "1");
}

// A request that needs more than what stands in the thread's room: a body, or a worker.
asio::awaitable<bool> Connection::serve_held(std::string_view& data) {
  const auto size = http::RequestReader::head_size(data);
  head_.assign(data.substr(0, size));
  data.remove_prefix(size);
  http::RequestReader reader(loop_.options.most_body);
  if (!reader.read_head(head_)) co_return refuse(reader.refusal());
  if (!reader.complete() && reader.expects_continue() && data.empty()) loop_.out += "HTTP/1.1 100 Continue\r\n\r\n";
  std::string more;
  while (!reader.complete() && reader.refusal() == 0) {
    data.remove_prefix(reader.read_body(data));
    if (reader.complete() || reader.refusal() != 0) break;
    if (!co_await flush()) co_return false;
    expect(Doing::Body, loop_.options.body_timeout);
    more.assign(data);
    std::string_view fresh;
    if (!co_await read_some(fresh)) co_return false;
    more.append(fresh);
    data = more;
  }
  if (reader.refusal() != 0) co_return refuse(reader.refusal());
  // What follows must outlive the wait: the room is shared.
  held_.assign(data);
  data = {};
  auto request = reader.request();
  begin(request);
  const auto now = loop_.clock();
  if (loop_.handler.place(request) == Place::Worker) {
    if (!co_await flush()) co_return false;
    co_await work(request, now);
  } else {
    loop_.handler.answer(request, response_, now);
  }
  co_return finish(request, reader.keep_alive());
}

// Answers every request that is whole in `data` and needs no more; what is left of it is the beginning of another.
Connection::Next Connection::serve(std::string_view& data) {
  const auto refused = [this](int status) {
    refuse(status);
    return Next::Close;
  };
  while (!data.empty()) {
    // Empty lines before a request are tolerated (RFC 9112 §2.2).
    while (data.starts_with("\r\n")) data.remove_prefix(2);
    const auto size = http::RequestReader::head_size(data);
    if (size > http::kMostHead || (size == 0 && data.size() > http::kMostHead)) return refused(431);
    if (size == 0) {
      // A line that ends without CR is refused now, not when the head's time is over (RFC 9112 §2.2).
      for (auto at = data.find('\n'); at != std::string_view::npos; at = data.find('\n', at + 1))
        if (at == 0 || data[at - 1] != '\r') return refused(400);
      return Next::Read;
    }
    http::RequestReader reader(loop_.options.most_body);
    if (!reader.read_head(data.substr(0, size))) return refused(reader.refusal());
    auto request = reader.request();
    if (!reader.complete() || loop_.handler.place(request) == Place::Worker) return Next::Hold;
    data.remove_prefix(size);
    begin(request);
    loop_.handler.answer(request, response_, loop_.clock());
    if (!finish(request, reader.keep_alive())) return Next::Close;
  }
  return Next::Read;
}

asio::awaitable<void> Connection::run() {
  expect(Doing::Idle, loop_.options.head_timeout);
  for (bool going = true; going;) {
    // Waiting, reading and sending stand here themselves: a coroutine inside this one costs as much as the check of a token.
    boost::system::error_code error;
    co_await socket_.async_wait(asio::socket_base::wait_read, asio::redirect_error(asio::use_awaitable, error));
    std::string_view data;
    if (error || !take(data)) co_return;
    std::string joined;
    for (bool more = true; more;) {
      if (!held_.empty()) {
        joined = std::move(held_);
        held_.clear();
        joined.append(data);
        data = joined;
      }
      const auto next = serve(data);
      going = next == Next::Hold ? co_await serve_held(data) : next == Next::Read;
      // A worker's answer leaves what followed it in held_: there may be a whole request in it.
      more = going && data.empty() && http::RequestReader::head_size(held_) != 0;
    }
    if (going && !data.empty()) held_.assign(data);
    if (!send_at_once() && !co_await flush()) co_return;
    if (held_.empty())
      expect(Doing::Idle, loop_.options.idle_timeout);
    else
      expect(Doing::Head, loop_.options.head_timeout);
  }
  co_await leave();
}

// Closing with octets unread would have the kernel take our last answer back: the caller's are read until it hangs up.
asio::awaitable<void> Connection::leave() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  expect(Doing::Leaving, kLeaving);
  std::string_view data;
  for (std::size_t unheard = 0; unheard < kMostUnheard; unheard += data.size())
    if (!co_await read_some(data)) co_return;
}

}  // namespace jeton::server
