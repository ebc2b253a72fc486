#include "program/server/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <thread>

namespace jeton::server {
namespace {

constexpr std::size_t kBig = 8 << 20;   // more than a socket holds

// Answers "/slow…" on a worker, when it is let; everything else inline.
class Echo final : public Handler {
 public:
  Place place(const http::Request& request) override { return request.path.starts_with("/slow") ? Place::Worker : Place::Inline; }
  void answer(const http::Request& request, http::Response& response, Instant) override {
    if (request.path == "/slow/held") {
      ++waiting;
      while (!released) std::this_thread::yield();
    }
    response.clear();
    if (request.path == "/big") response.body.assign(kBig, 'x');
    else response.body.append(request.method).append(" ").append(request.path).append(" ").append(request.body);
  }
  void served(const http::Request&, const http::Response&, std::chrono::nanoseconds) override { ++count; }
  std::atomic<int> count{0}, waiting{0};
  std::atomic<bool> released{false};
};

class Caller {
 public:
  explicit Caller(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~Caller() { ::close(fd_); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  void say(std::string_view text) const { (void)!::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  void say_no_more() const { ::shutdown(fd_, SHUT_WR); }
  // The body of the next answer; nothing where the connection ended.
  std::optional<std::string> hear() {
    for (;;) {
      const auto head = held_.find("\r\n\r\n");
      if (head != std::string::npos) {
        const auto at = held_.find("Content-Length: ");
        const auto size = at < head ? std::stoul(held_.substr(at + 16, 12)) : 0;
        if (held_.size() >= head + 4 + size) {
          auto body = held_.substr(head + 4, size);
          held_.erase(0, head + 4 + size);
          return body;
        }
      }
      char room[65536];
      const auto n = ::recv(fd_, room, sizeof room, 0);
      if (n <= 0) return std::nullopt;
      held_.append(room, static_cast<std::size_t>(n));
    }
  }
  bool connected = false;

 private:
  int fd_;
  std::string held_;
};

class Served : public ::testing::Test {
 protected:
  explicit Served(Options options = {}) {
    options.tcp = {{*net::Address::parse("127.0.0.1"), 0}};
    options.threads = 2;
    server_ = std::make_unique<Server>(options, echo_, [] { return Instant::from_seconds(1); });
    port_ = (*server_->listen())[0];
    EXPECT_TRUE(server_->start());
  }
  ~Served() override {
    echo_.released = true;
    server_->stop();
  }
  static std::string get(std::string_view path) { return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

  Echo echo_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

TEST_F(Served, InlineAndWorkerAnswersKeepTheirOrder) {
  Caller caller(port_);
  caller.say(get("/a") + get("/slow") + "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + get("/b"));
  EXPECT_EQ(caller.hear(), "GET /a ");
  EXPECT_EQ(caller.hear(), "GET /slow ");
  EXPECT_EQ(caller.hear(), "POST /slow abc");
  EXPECT_EQ(caller.hear(), "GET /b ");
}

TEST_F(Served, WhoConnectsBeforeTheStartIsServedAfterIt) {
  Server later({.tcp = {{*net::Address::parse("127.0.0.1"), 0}}, .unix_path = {}, .threads = 1}, echo_, [] { return Instant(); });
  const auto ports = later.listen();
  ASSERT_TRUE(ports);
  Caller early((*ports)[0]);
  early.say(get("/early"));
  ASSERT_TRUE(later.start());
  EXPECT_EQ(early.hear(), "GET /early ");
  later.stop();
}

TEST_F(Served, AnAddressInUseIsAFault) {
  Server second({.tcp = {{*net::Address::parse("127.0.0.1"), port_}}, .unix_path = {}, .threads = 1}, echo_, [] { return Instant(); });
  EXPECT_TRUE(second.listen().error().is(Fault::Io));
}

TEST_F(Served, AStopAnswersWhatIsBeingAnswered) {
  Caller caller(port_), idle(port_);
  idle.say(get("/a"));
  EXPECT_EQ(idle.hear(), "GET /a ");
  caller.say(get("/slow/held"));
  while (echo_.waiting == 0) std::this_thread::yield();
  std::thread stopping([this] { server_->stop(); });
  EXPECT_EQ(idle.hear(), std::nullopt) << "an idle connection is closed";
  echo_.released = true;
  EXPECT_EQ(caller.hear(), "GET /slow/held ");
  EXPECT_EQ(caller.hear(), std::nullopt);
  stopping.join();
  EXPECT_FALSE(Caller(port_).connected);
}

TEST_F(Served, RefusalsCarryAnIdAndAreCounted) {
  Caller caller(port_);
  caller.say("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + get("/a"));
  const auto body = caller.hear();
  ASSERT_TRUE(body);
  EXPECT_NE(body->find("\"request_id\":\"r"), std::string::npos);
  EXPECT_EQ(caller.hear(), std::nullopt) << "what stood behind it is not read";
  EXPECT_EQ(echo_.count, 1);
}

TEST_F(Served, WhoReadsLateGetsAllOfIt) {
  Caller late(port_), other(port_);
  late.say(get("/big") + get("/slow") + get("/big") + get("/a"));
  other.say(get("/a"));
  EXPECT_EQ(other.hear(), "GET /a ") << "nobody waits for who does not read";
  EXPECT_TRUE(late.hear() == std::string(kBig, 'x'));
  EXPECT_EQ(late.hear(), "GET /slow ");
  EXPECT_TRUE(late.hear() == std::string(kBig, 'x'));
  EXPECT_EQ(late.hear(), "GET /a ");
}

TEST_F(Served, WhoSaysNoMoreIsStillAnswered) {
  Caller caller(port_);
  caller.say(get("/a") + get("/slow") + get("/b"));
  caller.say_no_more();
  EXPECT_EQ(caller.hear(), "GET /a ");
  EXPECT_EQ(caller.hear(), "GET /slow ");
  EXPECT_EQ(caller.hear(), "GET /b ");
  EXPECT_EQ(caller.hear(), std::nullopt);
}

TEST_F(Served, MoreThanOneRoomOfRequestsIsAnsweredInOrder) {
  Caller caller(port_);
  const std::string padded = "X-Padding: " + std::string(8000, 'x') + "\r\n\r\n";
  std::jthread saying([&] {
    for (int i = 0; i < 200; ++i) {
      auto text = get("/" + std::to_string(i));
      text.resize(text.size() - 2);
      caller.say(text + padded);
    }
  });
  for (int i = 0; i < 200; ++i) ASSERT_EQ(caller.hear(), "GET /" + std::to_string(i) + " ");
}

TEST_F(Served, OutOfDescriptorsItWaitsForSome) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const auto port = port_;
  const Server& server = *server_;   // nothing of `this` below: a sanitizer looks into objects by a descriptor of its own
  const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::close(next);
  // One for the caller's end, none for the server's.
  rlimit few = before;
  few.rlim_cur = static_cast<rlim_t>(next) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  Caller caller(port);
  caller.say("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto taken = server.connections();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(caller.connected);
  EXPECT_EQ(taken, 0u);
  EXPECT_EQ(caller.hear(), "GET /a ");
}

class ServedConcurrent : public Served {};

TEST_F(ServedConcurrent, ManyCallersEachGetTheirOwnAnswers) {
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> callers;
    for (int c = 0; c < 8; ++c)
      callers.emplace_back([this, c, &wrong] {
        Caller caller(port_);
        for (int i = 0; i < 50; ++i) {
          const auto path = (i % 2 ? "/slow/" : "/fast/") + std::to_string(c) + "-" + std::to_string(i);
          caller.say(get(path));
          if (caller.hear() != "GET " + path + " ") ++wrong;
        }
      });
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(echo_.count, 400);
}

TEST_F(ServedConcurrent, AStopUnderLoadNeverCutsAnAnswer) {
  std::atomic<int> asked{0}, cut{0};
  std::vector<std::jthread> callers;
  for (int c = 0; c < 6; ++c)
    callers.emplace_back([&, c] {
      Caller caller(port_);
      for (int i = 0;; ++i) {
        const auto path = (i % 2 ? "/slow/" : "/fast/") + std::to_string(c);
        caller.say(get(path));
        ++asked;
        const auto heard = caller.hear();
        if (!heard) return;
        if (*heard != "GET " + path + " ") ++cut;
      }
    });
  while (asked < 100) std::this_thread::yield();
  server_->stop();
  callers.clear();
  EXPECT_EQ(cut, 0);
}

}  // namespace
}  // namespace jeton::server
