// For tests: a server whose handler echoes, and a caller that says what it is told.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "ground/hurry.h"
#include "program/server/server.h"

namespace jeton::server {

inline constexpr std::size_t kBig = 8 << 20;   // more than a socket holds

// Answers "/slow…" on a worker, when it is let; "/quick…" in a hurry; everything else inline.
class Echo final : public Handler {
 public:
  Place place(const http::Request& request) override {
    return request.path.starts_with("/slow") ? Place::Worker : request.path.starts_with("/quick") ? Place::Hurried : Place::Inline;
  }
  void answer(const http::Request& request, http::Response& response, Instant) override {
    if (request.path == "/slow/held") {
      ++waiting;
      while (!released) std::this_thread::yield();
    }
    response.clear();
    if (request.path == "/quick/late") (void)Hurry::may_wait();
    if (request.path.starts_with("/quick/promise") && Hurry::is_on()) promise(request.path.ends_with("kept"));
    if (request.counted != nullptr && (*request.counted)++ != 0) response.body = "again ";
    if (request.path == "/big") response.body.assign(kBig, 'x');
    else if (request.path == "/origin") response.body = told(request.origin);
    else response.body.append(request.method).append(" ").append(request.path).append(" ").append(request.body);
  }
  void served(const http::Request&, const http::Response&, std::chrono::nanoseconds) override { ++count; }
  static std::string told(const http::Origin& origin) {
    std::string out = origin.peer.text() + (origin.secure ? " secure" : " plain");
    if (origin.certificate == nullptr) return out;
    out += origin.certificate->trusted ? " trusted " : " unknown ";
    for (const auto octet : origin.certificate->thumbprint) {
      char hex[3];
      std::snprintf(hex, sizeof hex, "%02X", octet);
      out += hex;
    }
    out += " " + origin.certificate->subject;
    for (const auto* names :
         {&origin.certificate->dns, &origin.certificate->uris, &origin.certificate->emails, &origin.certificate->addresses})
      for (const auto& name : *names) out += " " + name;
    return out;
  }
  std::atomic<int> count{0}, waiting{0};
  std::atomic<bool> released{false};

 private:
  // Told by another thread, when it is let.
  void promise(bool kept) {
    Hurry::promise([this, kept](Hurry::Kept tell) {
      const std::lock_guard lock(mutex_);
      tellers_.emplace_back([this, kept, tell = std::move(tell)] {
        ++waiting;
        while (!released) std::this_thread::yield();
        tell(kept);
      });
    });
  }
  std::mutex mutex_;
  std::vector<std::jthread> tellers_;
};

class Dialled {
 public:
  explicit Dialled(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  explicit Dialled(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~Dialled() { ::close(fd_); }
  Dialled(const Dialled&) = delete;
  Dialled& operator=(const Dialled&) = delete;
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
    if (options.tcp.empty()) options.tcp = {{*net::Address::parse("127.0.0.1"), 0}};
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

}  // namespace jeton::server
