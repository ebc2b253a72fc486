// What is put off waits on no thread, is asked again when there is news and once its time is over, and takes no more room than there is.
#include "program/server/waiting.h"

#include <set>

#include "ground/patience.h"
#include "program/server/served_suite.h"

namespace jeton::server {
namespace {

// Puts "/wait/TOPIC" off until there is news of the topic.
class Patient final : public Handler {
 public:
  Place place(const http::Request&) override { return Place::Worker; }
  void answer(const http::Request& request, http::Response& response, Instant) override {
    const auto topic = request.path.substr(std::min<std::size_t>(6, request.path.size()));
    bool there;
    {
      const std::lock_guard lock(mutex_);
      there = there_.contains(std::string(topic));
    }
    ++asked;
    if (request.path.starts_with("/wait/") && !there && Patience::put_off(topic, at_most)) {
      response.body = "of no matter";
      return;
    }
    response.body.append(there ? "news " : "nothing ").append(request.path);
  }
  void served(const http::Request&, const http::Response&, std::chrono::nanoseconds) override { ++served_; }
  void happens(const std::string& topic) {
    const std::lock_guard lock(mutex_);
    there_.insert(topic);
  }
  std::atomic<int> asked{0}, served_{0};
  Millis at_most{60'000};

 private:
  std::mutex mutex_;
  std::set<std::string> there_;
};

class Waiting : public ::testing::Test {
 protected:
  Waiting() {
    Options options;
    options.tcp = {{*net::Address::parse("127.0.0.1"), 0}};
    options.threads = 2, options.workers = 2, options.waiting = 6, options.waiting_a_topic = 4;
    server_ = std::make_unique<Server>(options, patient_, [] { return Instant::from_seconds(1); });
    port_ = (*server_->listen())[0];
    EXPECT_TRUE(server_->start());
  }
  void until_waiting(std::size_t n) {
    while (server_->waiting() != n) std::this_thread::yield();
  }
  static std::string get(std::string_view path) { return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

  Patient patient_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

TEST_F(Waiting, NewsAnswersThoseWhoWaitForItAndNobodyElse) {
  Dialled a(port_), b(port_), c(port_), d(port_);
  a.say(get("/wait/x") + get("/after"));
  b.say(get("/wait/x"));
  c.say(get("/wait/y"));
  until_waiting(3);
  // More wait than there are workers: others are answered all the same.
  d.say(get("/other"));
  EXPECT_EQ(d.hear(), "nothing /other");
  patient_.happens("x");
  server_->tell("x");
  EXPECT_EQ(a.hear(), "news /wait/x");
  EXPECT_EQ(a.hear(), "nothing /after") << "what came behind it has its turn";
  EXPECT_EQ(b.hear(), "news /wait/x");
  EXPECT_EQ(server_->waiting(), 1u);
  server_->tell("y");   // where there is nothing after all, it goes on waiting
  server_->tell("z");
  patient_.happens("y");
  server_->tell("y");
  EXPECT_EQ(c.hear(), "news /wait/y");
  EXPECT_EQ(server_->waiting(), 0u);
  EXPECT_EQ(patient_.served_, 5) << "one answer each";
}

TEST_F(Waiting, ItIsAnsweredWhenItsTimeIsOver) {
  patient_.at_most = Millis(1);
  Dialled a(port_);
  a.say(get("/wait/x"));
  EXPECT_EQ(a.hear(), "nothing /wait/x");
  EXPECT_EQ(server_->waiting(), 0u);
}

TEST_F(Waiting, WhoFindsNoRoomIsAnsweredAtOnce) {
  std::vector<std::unique_ptr<Dialled>> callers;
  for (int i = 0; i < 4; ++i) callers.emplace_back(std::make_unique<Dialled>(port_))->say(get("/wait/x"));
  until_waiting(4);
  Dialled fifth(port_);
  fifth.say(get("/wait/x"));
  EXPECT_EQ(fifth.hear(), "nothing /wait/x") << "so many for one topic";
  for (int i = 0; i < 2; ++i) callers.emplace_back(std::make_unique<Dialled>(port_))->say(get("/wait/y"));
  until_waiting(6);
  fifth.say(get("/wait/z"));
  EXPECT_EQ(fifth.hear(), "nothing /wait/z") << "so many in all";
  // Who leaves makes room.
  callers.clear();
  until_waiting(0);
  fifth.say(get("/wait/z"));
  until_waiting(1);
}

TEST_F(Waiting, AStopAnswersWhoWaits) {
  Dialled a(port_), b(port_);
  a.say(get("/wait/x"));
  b.say(get("/wait/y"));
  until_waiting(2);
  server_->stop();
  EXPECT_EQ(a.hear(), "nothing /wait/x");
  EXPECT_EQ(a.hear(), std::nullopt);
  EXPECT_EQ(b.hear(), "nothing /wait/y");
}

// News at the very moment at which somebody begins to wait is not missed.
TEST_F(Waiting, NewsIsNeverMissed) {
  for (int i = 0; i < 200; ++i) {
    const auto topic = "t" + std::to_string(i);
    Dialled a(port_);
    const auto before = patient_.asked.load();
    a.say(get("/wait/" + topic));
    while (i % 2 == 0 && patient_.asked == before) std::this_thread::yield();
    patient_.happens(topic);
    server_->tell(topic);
    EXPECT_EQ(a.hear(), "news /wait/" + topic);
  }
}

TEST(Patience, OutsideOfOneNothingIsPutOff) {
  EXPECT_FALSE(Patience::put_off("x", Millis(1000)));
  const auto room = [](std::string_view) { return true; };
  {
    Patience last(Patience::Turn::Last, room);
    EXPECT_FALSE(Patience::put_off("x", Millis(1000)));
  }
  Patience first(Patience::Turn::First, room);
  EXPECT_FALSE(Patience::put_off("x", Millis(0)));
  EXPECT_TRUE(Patience::put_off("x", Millis(1000)));
  EXPECT_EQ(first.take()->topic, "x");
}

}  // namespace
}  // namespace jeton::server
