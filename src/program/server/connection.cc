#include "program/server/connection.h"

#include <sys/epoll.h>

#include "blocks/net/proxy_protocol.h"
#include "formats/opaque/token.h"
#include "ground/hurry.h"

namespace jeton::server {
namespace {

// How long, and how much, we listen to a caller we have said our last word to.
constexpr Millis kLeaving{1000};
constexpr std::size_t kMostUnheard = 16 << 20;
// Full rooms of one caller's before it is the others' turn.
constexpr int kMostTurns = 4;

// An id a caller gave is kept where it is harmless in a log line: a token put there by mistake is not.
bool safe_id(std::string_view id) {
  if (opaque::parse(id)) return false;
  for (const char c : id)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.') return false;
  return !id.empty() && id.size() <= 64;
}

std::string_view problem_type(int status) {
  switch (status) {
    case 413: return "too_large";
    case 431: return "too_large";
    case 501: return "unsupported";
    case 505: return "unsupported";
    default: return "malformed";
  }
}

}  // namespace

// A request that needs more than what stands in the thread's room: a body, or a worker. Its memory waits with it.
struct Connection::Held {
  explicit Held(std::size_t most_body) : reader(most_body) {}
  std::string head;
  http::RequestReader reader;
  http::Request request;
  http::Response response;
  std::uint8_t counted = 0;
  // Where the answer was put off: the place it waits in, and how much news there had been when it was last asked for.
  std::optional<Patience::PutOff> put_off = {};
  std::optional<WaitingPlace> waits = {};
  std::uint64_t news = 0;
};

Connection::Connection(Caller caller, Loop& loop) : fd_(std::move(caller.fd)), origin_(caller.origin), loop_(loop) {
  // A preamble, a handshake and the first head share one deadline; idle is who has been answered.
  const auto& options = loop_.shared().options;
  deadline_ = loop_.now() + options.head_timeout;
  preamble_ = options.preamble_from.holds(origin_.peer);
  if (caller.speaks == Speaks::Tls) tls_ = std::make_unique<TlsStream>(loop_.tls(), fd());
}

Connection::~Connection() {
  if (doing_ == Doing::Waiting) loop_.waits_no_more(*this);
}

void Connection::ready(std::uint32_t events) {
  // A handshake may wait for room to write.
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0 || tls_) readable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) hung_up_ = true;
  if ((readable_ || !out_.empty()) && !go()) loop_.forget(place_);
}

// Goes on as far as it can without waiting. False where the connection is over.
bool Connection::go() {
  for (int turn = 0;; ++turn) {
    if (doing_ == Doing::Answered) return true;
    const bool heard = send();
    // A worker holds it: it goes on with the answer, also where the caller is gone.
    if (doing_ == Doing::Answering) return true;
    if (doing_ == Doing::Waiting) return heard && !hung_up_;
    if (!heard) return false;
    if (out_.empty() && last_word_) return leave();
    if (!out_.empty() || !readable_) {
      await();
      return true;
    }
    if (preamble_ && !take_preamble()) return false;
    if (preamble_) continue;
    if (turn == kMostTurns) {
      loop_.again(fd(), *this);
      return true;
    }
    std::string_view data;
    if (!take(data)) return false;
    understand(data);
  }
}

ssize_t Connection::receive_octets(char* room, std::size_t size) { return tls_ ? tls_->receive(room, size) : ::recv(fd(), room, size, 0); }

ssize_t Connection::send_octets(std::string_view octets) {
  return tls_ ? tls_->send(octets.data(), octets.size()) : ::send(fd(), octets.data(), octets.size(), MSG_NOSIGNAL);
}

// Whom the proxy speaks for. What comes behind its words may be TLS: they alone are taken out of the socket. False where they are none.
bool Connection::take_preamble() {
  auto& room = loop_.room;
  const auto n = ::recv(fd(), room.data(), net::kMostPreamble, MSG_PEEK);
  if (n <= 0) {
    readable_ = false;
    return n < 0 && (errno == EAGAIN || errno == EINTR);
  }
  const auto read = net::read_preamble({room.data(), static_cast<std::size_t>(n)});
  if (!read) return false;
  readable_ = read->has_value();   // the rest of it is a new edge
  if (!*read) return !hung_up_;
  preamble_ = false;
  if ((*read)->source) origin_.peer = *(*read)->source;
  const auto size = static_cast<ssize_t>((*read)->size);
  return ::recv(fd(), room.data(), (*read)->size, 0) == size;
}

// What was answered in this turn, behind what waits. What the caller does not take is kept for it.
bool Connection::send() {
  if (!out_.empty()) {
    out_.append(loop_.out);
    loop_.out.clear();
  }
  std::string& out = out_.empty() ? loop_.out : out_;
  if (out.empty()) return true;
  const auto n = send_octets(out);
  if (n == static_cast<ssize_t>(out.size())) {
    out.clear();
    return true;
  }
  const bool waits = n >= 0 || errno == EAGAIN || errno == EINTR;
  if (waits) {
    out.erase(0, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (out_.empty()) out_ = loop_.out;
  }
  loop_.out.clear();
  return waits;
}

// What has come, behind what was not understood. False at the end.
bool Connection::take(std::string_view& data) {
  auto& room = loop_.room;
  const auto n = receive_octets(room.data(), room.size());
  if (n < 0) {
    readable_ = errno == EINTR;
    return errno == EAGAIN || errno == EINTR || refuse_plain_http();
  }
  // Less than there was room for: the socket is empty, and what comes is a new edge. An end that was told already is none, and TLS
  // holds records of its own.
  readable_ = n == static_cast<ssize_t>(room.size()) || hung_up_ || tls_;
  if (tls_ && !origin_.secure && n > 0) take_certificate();
  data = std::string_view(room.data(), static_cast<std::size_t>(n));
  if (n > 0 && !in_.empty()) data = loop_.joined.assign(in_).append(data);
  return n > 0;
}

// The handshake is over: whom it showed.
void Connection::take_certificate() {
  origin_.secure = true;
  auto shown = tls_->shown();
  if (!shown) return;
  certificate_ = certificate_of(std::move(shown->der), shown->trusted ? Chain::Good : Chain::Unknown);
  origin_.certificate = certificate_.get();
}

// Whoever speaks HTTP to a port of TLS is told so in the clear. False where something else was wrong.
bool Connection::refuse_plain_http() {
  if (!tls_ || !tls_->heard_plain_http()) return false;
  tls_.reset();
  refuse(400, "this port speaks TLS: say https");
  return true;
}

void Connection::await() {
  const auto& options = loop_.shared().options;
  if (!out_.empty()) expect(Doing::Writing, options.write_timeout);
  else if (held_) expect(Doing::Body, options.body_timeout);
  else if (!in_.empty() || doing_ == Doing::Head) expect(Doing::Head, options.head_timeout);
  else expect(Doing::Idle, options.idle_timeout);
}

void Connection::expect(Doing doing, Millis within) {
  // What comes or goes in drops is timed from its first.
  if (doing_ == doing && doing != Doing::Idle) return;
  doing_ = doing;
  deadline_ = loop_.now() + within;
}

// Whether octets wait in the socket.
bool Connection::is_heard() const {
  char one;
  return ::recv(fd(), &one, 1, MSG_PEEK) > 0;
}

bool Connection::is_over(steady_clock::time_point now) const {
  if (is_answering() || doing_ == Doing::Waiting) return false;
  // A request that has come in is answered, also when the server is about to go.
  const bool idle = doing_ == Doing::Idle || doing_ == Doing::Head;
  const bool goes = loop_.is_draining() && (doing_ == Doing::Leaving || (idle && !is_heard()));
  return goes || now >= deadline_;
}

// Closing with octets unread would have the kernel take our last answer back: the caller's are read until it hangs up.
bool Connection::leave() {
  if (doing_ != Doing::Leaving) {
    if (tls_) tls_->finish();
    ::shutdown(fd(), SHUT_WR);
  }
  expect(Doing::Leaving, kLeaving);
  std::string_view data;
  in_.clear();
  while (readable_ && unheard_ < kMostUnheard) {
    if (!take(data)) return false;
    unheard_ += data.size();
  }
  return unheard_ < kMostUnheard;
}

// Answers every request that is whole in `data`; what is left of it is the beginning of another.
void Connection::understand(std::string_view data) {
  while (!data.empty() && !last_word_ && !is_answering())
    if (!(held_ ? feed(data) : serve(data))) break;
  in_.assign(data);
}

// Answers the next request, or begins to hold it. False where its head is not all there.
bool Connection::serve(std::string_view& data) {
  // Empty lines before a request are tolerated (RFC 9112 §2.2).
  while (data.starts_with("\r\n")) data.remove_prefix(2);
  const auto size = http::RequestReader::head_size(data);
  if (size > http::kMostHead || (size == 0 && data.size() > http::kMostHead)) return refuse(431), true;
  if (size == 0) {
    // A line that ends without CR is refused now, not when the head's time is over (RFC 9112 §2.2).
    for (auto at = data.find('\n'); at != std::string_view::npos; at = data.find('\n', at + 1))
      if (at == 0 || data[at - 1] != '\r') return refuse(400), true;
    return false;
  }
  const auto head = data.substr(0, size);
  data.remove_prefix(size);
  auto& shared = loop_.shared();
  http::RequestReader reader(shared.options.most_body);
  if (!reader.read_head(head)) return refuse(reader.refusal()), true;
  auto request = reader.request();
  if (!reader.complete() || shared.handler.place(request) != Place::Inline) {
    hold(head, data.empty());
    return true;
  }
  begin(request);
  shared.handler.answer(request, loop_.response, shared.clock());
  finish(request, loop_.response, reader.keep_alive());
  return true;
}

void Connection::hold(std::string_view head, bool is_all) {
  held_ = std::make_unique<Held>(loop_.shared().options.most_body);
  held_->head = head;
  auto& reader = held_->reader;
  (void)reader.read_head(held_->head);
  if (reader.complete()) return answer_held();
  if (reader.expects_continue() && is_all) loop_.out += "HTTP/1.1 100 Continue\r\n\r\n";
}

// Takes some of a body. False where more of it must come first. What is not taken is the line or the fields of a chunk, of which there
// may be as much as of a head.
bool Connection::feed(std::string_view& data) {
  auto& reader = held_->reader;
  data.remove_prefix(reader.read_body(data));
  if (reader.refusal() != 0) refuse(reader.refusal());
  else if (reader.complete()) answer_held();
  else if (data.size() > http::kMostHead) refuse(431);
  else return false;
  return true;
}

void Connection::answer_held() {
  auto& shared = loop_.shared();
  auto& held = *held_;
  held.request = held.reader.request();
  held.request.counted = &held.counted;
  begin(held.request);
  const auto place = shared.handler.place(held.request);
  if (place == Place::Worker) return answer_by_worker();
  if (place == Place::Hurried) return answer_hurried() ? void() : answer_by_worker();
  shared.handler.answer(held.request, held.response, shared.clock());
  finish(held.request, held.response, held.reader.keep_alive());
}

// Tries to answer here and now. What must first be written down is answered when it is: a thread that does nothing else tells. False
// where the answer has to wait for something.
bool Connection::answer_hurried() {
  auto& shared = loop_.shared();
  Hurry::Promise promise;
  {
    Hurry hurry;
    shared.handler.answer(held_->request, held_->response, shared.clock());
    if (hurry.is_late()) return false;
    promise = hurry.take_promise();
  }
  if (!promise) return answered_here(), true;
  doing_ = Doing::Answering;
  promise([this](bool kept) { loop_.post([this, kept] { promised(kept); }); });
  return true;
}

// It took long enough for others to have come meanwhile, and waking a caller costs more than a send: their answers go out together.
void Connection::answered_here() {
  finish(held_->request, held_->response, held_->reader.keep_alive());
  out_.append(loop_.out);
  loop_.out.clear();
  doing_ = Doing::Answered;
  loop_.later(*this);
}

void Connection::send_now() {
  doing_ = Doing::Idle;
  go_on();
}

// Where what was promised did not come true, nothing came of it, and somebody who may wait finds out why.
void Connection::promised(bool kept) {
  if (kept) return answered();
  answer_by_worker();
  if (doing_ != Doing::Answering) go_on();
}

void Connection::answer_by_worker(Patience::Turn turn) {
  auto& shared = loop_.shared();
  auto& held = *held_;
  doing_ = Doing::Answering;
  held.news = shared.news;
  const bool posted = shared.workers.post([this, turn, now = shared.clock()] {
    Patience patience(turn, [this](std::string_view topic) { return loop_.shared().waiting.enter(topic); });
    loop_.shared().handler.answer(held_->request, held_->response, now);
    held_->put_off = patience.take();
    // Last: from here on it is the loop's again.
    loop_.post([this] { answered(); });
  });
  if (posted) return;
  doing_ = Doing::Idle;
  held.response.clear();
  held.response.status = 503;
  held.response.field("Retry-After", "1");
  finish(held.request, held.response, held.reader.keep_alive());
}

// Nobody works on it until there is news of what it waits for, or its time is over.
void Connection::put_off() {
  auto& held = *held_;
  if (!held.waits) {
    held.waits.emplace(loop_.shared().waiting, std::move(held.put_off->topic));
    deadline_ = loop_.now() + held.put_off->at_most;
  }
  held.put_off.reset();
  if (hung_up_) return loop_.forget(place_);
  doing_ = Doing::Waiting;
  loop_.waits(*this);
  if (loop_.is_draining() || is_due(loop_.now())) ask_again(Patience::Turn::Last);
  else if (held.news != loop_.shared().news) ask_again(Patience::Turn::Again);
}

std::string_view Connection::topic() const { return held_->waits->topic(); }

void Connection::ask_again(Patience::Turn turn) {
  loop_.waits_no_more(*this);
  held_->response.clear();
  // How long it waited says nothing of how long it takes.
  started_ = steady_clock::now();
  answer_by_worker(turn);
  if (doing_ != Doing::Answering) go_on();
}

// A worker is done with what is held.
void Connection::answered() {
  if (held_->put_off) return put_off();
  doing_ = Doing::Idle;
  finish(held_->request, held_->response, held_->reader.keep_alive());
  go_on();
}

// With what came behind the request that was answered: it may be whole by itself.
void Connection::go_on() {
  const std::string behind = std::move(in_);
  understand(behind);
  if (!go()) loop_.forget(place_);
}

void Connection::begin(http::Request& request) {
  doing_ = Doing::Idle;
  request.origin = origin_;
  const auto given = request.field("x-request-id");
  id_ = given && safe_id(*given) ? *given : loop_.next_id();
  request.request_id = id_;
  started_ = steady_clock::now();
}

// Writes the answer behind those that wait to be sent.
void Connection::finish(const http::Request& request, http::Response& response, bool keep_alive) {
  last_word_ = !keep_alive || loop_.is_draining();
  response.field("X-Request-Id", id_);
  // [RFC9110 §6.6.1] with every answer
  response.field("Date", loop_.date());
  http::append(loop_.out, request, response, last_word_ ? http::After::Close : http::After::KeepAlive);
  loop_.shared().handler.served(request, response, steady_clock::now() - started_);
  held_.reset();
}

// Answers and says that this was the last word.
void Connection::refuse(int status, std::string_view detail) {
  http::Request unread;
  begin(unread);
  http::Response response;
  response.status = status;
  response.field("Content-Type", "application/problem+json");
  response.body = "{\"type\":\"urn:jeton:problem:" + std::string(problem_type(status)) + "\",\"title\":\"" +
                  std::string(http::reason(status)) + "\",\"status\":" + std::to_string(status) +
                  (detail.empty() ? std::string() : ",\"detail\":\"" + std::string(detail) + "\"") + ",\"request_id\":\"" + id_ + "\"}";
  finish(unread, response, false);
}

}  // namespace jeton::server
