#include "program/outside/outbound.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

namespace jeton::outside {
namespace {

using Copy = Outbound::Copy;

// Answers every connection with one document; another one when it is told so.
class Site {
 public:
  Site() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listening_, reinterpret_cast<sockaddr*>(&at), sizeof at);
    ::listen(listening_, 16);
    socklen_t size = sizeof at;
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&at), &size);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~Site() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/keys"; }
  std::atomic<int> reads{0};
  std::atomic<bool> down{false};

 private:
  void run() {
    for (;;) {
      const int one = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (one < 0) return;
      char asked[4096];
      (void)::recv(one, asked, sizeof asked, 0);
      const auto body = "{\"n\":" + std::to_string(++reads) + "}";
      const std::string head = down ? "HTTP/1.1 503 x\r\n" : "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
      const auto answer = head + "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
      (void)::send(one, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(one);
    }
  }
  int listening_;
  int port_ = 0;
  std::thread thread_;
};

class OutboundTest : public testing::Test {
 protected:
  std::string read(Copy copy = Copy::Kept) { return outbound_.document(site_.url(), copy).value_or("none"); }
  Site site_;
  Instant now_ = Instant::from_seconds(1'800'000'000);
  Outbound outbound_{net::Guard({"127.0.0.1"}), [this] { return now_; }};
};

TEST_F(OutboundTest, ADocumentIsKeptForFiveMinutes) {
  EXPECT_EQ(read(), "{\"n\":1}");
  now_ = now_ + Seconds(299);
  EXPECT_EQ(read(), "{\"n\":1}");
  now_ = now_ + Seconds(1);
  EXPECT_EQ(read(), "{\"n\":2}");
}

// A key that was not seen before is looked for at once; another one, whoever makes it up, not in the same half minute.
TEST_F(OutboundTest, WhoMissesSomethingHasItReadAgainButNotAllTheTime) {
  EXPECT_EQ(read(), "{\"n\":1}");
  EXPECT_EQ(read(Copy::Newer), "{\"n\":2}");
  now_ = now_ + Seconds(29);
  EXPECT_EQ(read(Copy::Newer), "{\"n\":2}");
  now_ = now_ + Seconds(1);
  EXPECT_EQ(read(Copy::Kept), "{\"n\":2}");
  EXPECT_EQ(read(Copy::Newer), "{\"n\":3}");
  EXPECT_EQ(read(Copy::Newer), "{\"n\":3}");
  EXPECT_EQ(site_.reads, 3);
}

// Nobody takes a client's keys away by asking for one that is not there while its site is down.
TEST_F(OutboundTest, WhatIsThereCountsUntilItsEndWhereItCannotBeReadAgain) {
  EXPECT_EQ(read(), "{\"n\":1}");
  site_.down = true;
  EXPECT_EQ(read(Copy::Newer), "{\"n\":1}");
  EXPECT_EQ(read(Copy::Newer), "{\"n\":1}");
  EXPECT_EQ(site_.reads, 2);
  now_ = now_ + Seconds(300);
  EXPECT_EQ(read(), "none");
  site_.down = false;
  now_ = now_ + Seconds(60);
  EXPECT_EQ(read(), "{\"n\":4}");
}

TEST_F(OutboundTest, WhereItMayNotCallItDoesNot) {
  Outbound closed(net::Guard(), [this] { return now_; });
  EXPECT_FALSE(closed.document(site_.url()));
  EXPECT_EQ(site_.reads, 0);
}

}  // namespace
}  // namespace jeton::outside
