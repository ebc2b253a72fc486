#include <fcntl.h>
#include <sys/resource.h>

#include "blocks/http/reader.h"
#include "program/server/served_suite.h"

namespace jeton::server {
namespace {

TEST_F(Served, InlineAndWorkerAnswersKeepTheirOrder) {
  Dialled caller(port_);
  caller.say(get("/a") + get("/slow") + "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + get("/b"));
  EXPECT_EQ(caller.hear(), "GET /a ");
  EXPECT_EQ(caller.hear(), "GET /slow ");
  EXPECT_EQ(caller.hear(), "POST /slow abc");
  EXPECT_EQ(caller.hear(), "GET /b ");
}

// Its memory is the worker's until the answer is there, also where nobody is left to hear it.
TEST_F(Served, WhoLeavesWhileAWorkerAnswersTakesNothingAway) {
  {
    Dialled caller(port_);
    caller.say(get("/big") + get("/slow/held"));
    while (echo_.waiting == 0) std::this_thread::yield();
  }   // with octets unheard: the connection is reset
  for (int i = 0; i < 8; ++i) {   // both loops have been awake since
    Dialled other(port_);
    other.say(get("/a"));
    EXPECT_EQ(other.hear(), "GET /a ");
  }
  EXPECT_GE(server_->connections(), 1u);
  echo_.released = true;
  while (server_->connections() != 0) std::this_thread::yield();
}

TEST_F(Served, WhatIsLateIsAnsweredAgainByAWorker) {
  Dialled caller(port_);
  caller.say(get("/quick") + get("/quick/late") + get("/a"));
  EXPECT_EQ(caller.hear(), "GET /quick ");
  EXPECT_EQ(caller.hear(), "again GET /quick/late ");
  EXPECT_EQ(caller.hear(), "GET /a ");
  EXPECT_EQ(echo_.count, 3) << "one answer each";
}

TEST_F(Served, NobodyHearsOfAPromiseBeforeItIsKept) {
  Dialled caller(port_), other(port_);
  caller.say(get("/quick/promise/kept") + get("/a"));
  while (echo_.waiting == 0) std::this_thread::yield();
  other.say(get("/quick"));
  EXPECT_EQ(other.hear(), "GET /quick ") << "and nobody waits for it but the one who asked";
  EXPECT_EQ(echo_.count, 1);
  echo_.released = true;
  EXPECT_EQ(caller.hear(), "GET /quick/promise/kept ");
  EXPECT_EQ(caller.hear(), "GET /a ");
}

TEST_F(Served, AfterABrokenPromiseAWorkerFindsOut) {
  echo_.released = true;
  Dialled caller(port_);
  caller.say(get("/quick/promise/broken") + get("/a"));
  EXPECT_EQ(caller.hear(), "again GET /quick/promise/broken ");
  EXPECT_EQ(caller.hear(), "GET /a ");
}

TEST_F(Served, WhoLeavesBeforeAPromiseIsKeptTakesNothingAway) {
  {
    Dialled caller(port_);
    caller.say(get("/big") + get("/quick/promise/kept"));
    while (echo_.waiting == 0) std::this_thread::yield();
  }   // with octets unheard: the connection is reset
  EXPECT_GE(server_->connections(), 1u);
  echo_.released = true;
  while (server_->connections() != 0) std::this_thread::yield();
}

TEST_F(Served, WhoConnectsBeforeTheStartIsServedAfterIt) {
  Server later({.tcp = {{*net::Address::parse("127.0.0.1"), 0}}, .unix_path = {}, .threads = 1}, echo_, [] { return Instant(); });
  const auto ports = later.listen();
  ASSERT_TRUE(ports);
  Dialled early((*ports)[0]);
  early.say(get("/early"));
  ASSERT_TRUE(later.start());
  EXPECT_EQ(early.hear(), "GET /early ");
  later.stop();
}

TEST_F(Served, AnAddressInUseIsAFault) {
  Server second({.tcp = {{*net::Address::parse("127.0.0.1"), port_}}, .unix_path = {}, .threads = 1}, echo_, [] { return Instant(); });
  EXPECT_TRUE(second.listen().error().is(Fault::Io));
}

TEST_F(Served, AFullHouseHasRoomForItsAdministrator) {
  const std::string path = "/tmp/jeton-full-" + std::to_string(::getpid());
  Server full({.tcp = {{*net::Address::parse("127.0.0.1"), 0}}, .unix_path = path, .threads = 1, .connections = 1}, echo_,
              [] { return Instant(); });
  const auto ports = full.listen();
  ASSERT_TRUE(ports && full.start());
  Dialled first((*ports)[0]);
  first.say(get("/a"));
  EXPECT_EQ(first.hear(), "GET /a ");
  EXPECT_EQ(Dialled((*ports)[0]).hear(), std::nullopt) << "one was all there is room for";
  Dialled administrator(path);
  administrator.say(get("/b"));
  EXPECT_EQ(administrator.hear(), "GET /b ");
  full.stop();
}

TEST_F(Served, AStopAnswersWhatIsBeingAnswered) {
  Dialled caller(port_), idle(port_);
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
  EXPECT_FALSE(Dialled(port_).connected);
}

TEST_F(Served, RefusalsCarryAnIdAndAreCounted) {
  Dialled caller(port_);
  caller.say("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + get("/a"));
  const auto body = caller.hear();
  ASSERT_TRUE(body);
  EXPECT_NE(body->find("\"request_id\":\"r"), std::string::npos);
  EXPECT_EQ(caller.hear(), std::nullopt) << "what stood behind it is not read";
  EXPECT_EQ(echo_.count, 1);
}

TEST_F(Served, ChunksAreJoinedWhateverTheySayBeside) {
  Dialled caller(port_);
  const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  caller.say(head + "3;a=b\r\nabc\r\n3\r\ndef\r\n0\r\nTrailer: " + std::string(8000, 'x') + "\r\n\r\n");
  EXPECT_EQ(caller.hear(), "POST /a abcdef");
  for (const std::string_view endless : {"3;a=", "0\r\nTrailer: "}) {
    Dialled other(port_);
    other.say(head + std::string(endless) + std::string(http::kMostHead, 'x'));
    const auto body = other.hear();
    ASSERT_TRUE(body) << endless;
    EXPECT_NE(body->find("\"status\":431"), std::string::npos);
    EXPECT_EQ(other.hear(), std::nullopt);
  }
}

TEST_F(Served, WhoReadsLateGetsAllOfIt) {
  Dialled late(port_), other(port_);
  late.say(get("/big") + get("/slow") + get("/big") + get("/a"));
  other.say(get("/a"));
  EXPECT_EQ(other.hear(), "GET /a ") << "nobody waits for who does not read";
  EXPECT_TRUE(late.hear() == std::string(kBig, 'x'));
  EXPECT_EQ(late.hear(), "GET /slow ");
  EXPECT_TRUE(late.hear() == std::string(kBig, 'x'));
  EXPECT_EQ(late.hear(), "GET /a ");
}

TEST_F(Served, WhoSaysNoMoreIsStillAnswered) {
  Dialled caller(port_);
  caller.say(get("/a") + get("/slow") + get("/b"));
  caller.say_no_more();
  EXPECT_EQ(caller.hear(), "GET /a ");
  EXPECT_EQ(caller.hear(), "GET /slow ");
  EXPECT_EQ(caller.hear(), "GET /b ");
  EXPECT_EQ(caller.hear(), std::nullopt);
}

TEST_F(Served, MoreThanOneRoomOfRequestsIsAnsweredInOrder) {
  Dialled caller(port_);
  const std::string padded = "X-Padding: " + std::string(8000, 'x') + "\r\n\r\n";
  std::jthread saying([&] {
    for (int i = 0; i < 200; ++i) {
      auto text = get((i % 3 == 0 ? "/quick/" : "/") + std::to_string(i));
      text.resize(text.size() - 2);
      caller.say(text + padded);
    }
  });
  for (int i = 0; i < 200; ++i) ASSERT_EQ(caller.hear(), (i % 3 == 0 ? "GET /quick/" : "GET /") + std::to_string(i) + " ");
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
  Dialled caller(port);
  caller.say("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto taken = server.connections();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(caller.connected);
  EXPECT_EQ(taken, 0u);
  EXPECT_EQ(caller.hear(), "GET /a ");
}

class ServedConcurrent : public Served {};

TEST_F(ServedConcurrent, ManyCallersEachGetTheirOwnAnswers) {
  echo_.released = true;
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> callers;
    for (int c = 0; c < 8; ++c)
      callers.emplace_back([this, c, &wrong] {
        Dialled caller(port_);
        for (int i = 0; i < 50; ++i) {
          static constexpr std::array kPaths = {"/slow/", "/quick/promise/", "/quick/", "/fast/"};
          const auto path = kPaths[static_cast<std::size_t>(i) % kPaths.size()] + std::to_string(c) + "-" + std::to_string(i) + "kept";
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
      Dialled caller(port_);
      for (int i = 0;; ++i) {
        const auto path = (i % 3 == 0 ? "/slow/" : i % 3 == 1 ? "/quick/" : "/fast/") + std::to_string(c);
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
