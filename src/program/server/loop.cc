#include "program/server/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#include <charconv>
#include <cstdio>

#include "program/server/connection.h"

namespace jeton::server {
namespace {

constexpr Millis kTick{250}, kDrainingTick{20}, kPause{50};
constexpr int kCallersAtOnce = 256;
// An answer waits no longer for others than a few of them take.
constexpr std::chrono::microseconds kLater{200};

// To some milliseconds: enough for a deadline, at a fifth of the price.
steady_clock::time_point about_now() {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
  return steady_clock::time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

}  // namespace

// A listening socket. Whichever loop is awake takes the callers; whose turn it is has them.
class Loop::Door final : public Source {
 public:
  Door(Loop& loop, std::shared_ptr<const Listening> listening) : loop_(loop), listening_(std::move(listening)) {}

  void ready(std::uint32_t) override {
    auto& shared = loop_.shared_;
    due_.reset();
    for (int taken = 0; taken < kCallersAtOnce; ++taken) {
      auto caller = accept_from(*listening_);
      if (!caller.fd && (errno == ECONNABORTED || errno == EINTR)) continue;
      if (!caller.fd) {
        // Out of descriptors or memory: breathe, do not spin. The edge is gone, so the loop comes back by itself.
        if (errno != EAGAIN) due_ = loop_.now_ + kPause;
        return;
      }
      // Whoever may put an end to a flood is not kept out by it.
      if (shared.connections >= shared.options.connections && !caller.origin.administrator) continue;
      ++shared.connections;
      Loop& whose = *shared.loops[shared.turn++ % shared.loops.size()];
      if (&whose == &loop_) loop_.adopt(std::move(caller));
      else whose.post([&whose, c = std::move(caller)]() mutable { whose.adopt(std::move(c)); });
    }
    due_ = loop_.now_;
  }

  void look() {
    if (due_ && *due_ <= loop_.now_) ready(0);
  }
  std::optional<steady_clock::time_point> due() const { return due_; }
  int fd() const { return listening_->fd.get(); }

 private:
  Loop& loop_;
  std::shared_ptr<const Listening> listening_;
  std::optional<steady_clock::time_point> due_;   // when to look again without being told
};

// Wakes the loop for what other threads posted; that is done after the connections' events. Every write is an edge: nothing is read.
class Loop::Bell final : public Source {
 public:
  Bell() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  void ready(std::uint32_t) override { rung_ = true; }
  bool take() { return std::exchange(rung_, false); }
  void ring() const { ::eventfd_write(fd_.get(), 1); }
  int fd() const { return fd_.get(); }

 private:
  Descriptor fd_;
  bool rung_ = false;
};

Loop::Loop(Shared& shared) : shared_(shared), now_(about_now()), looked_(now_) {
  // "r3fa21-": tells loops and runs apart, by where this one lies.
  char prefix[24];
  std::snprintf(prefix, sizeof prefix, "r%lx-", static_cast<unsigned long>(reinterpret_cast<std::uintptr_t>(this) >> 6 & 0xfffff));
  id_ = prefix;
  id_prefix_ = id_.size();
}

Loop::~Loop() { shared_.connections -= connections_.size(); }

Status Loop::open() {
  epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  bell_ = std::make_unique<Bell>();
  if (!epoll_ || !watch(bell_->fd(), EPOLLIN, *bell_)) return fault(Fault::Io, "the system gives no descriptors to wait on");
  return {};
}

bool Loop::watch(int fd, std::uint32_t events, Source& source) {
  epoll_event event{.events = events | EPOLLET, .data = {.ptr = &source}};
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Loop::again(int fd, Source& source) {
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &source}};
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

Status Loop::listen(std::shared_ptr<const Listening> listening) {
  auto& door = doors_.emplace_back(*this, std::move(listening));
  if (!watch(door.fd(), EPOLLIN | EPOLLEXCLUSIVE, door)) return fault(Fault::Io, "the system gives no memory to wait for callers");
  return {};
}

void Loop::adopt(Caller caller) {
  auto& connection = connections_.emplace_back(std::move(caller), *this);
  connection.set_place(std::prev(connections_.end()));
  if (!watch(connection.fd(), EPOLLIN | EPOLLOUT | EPOLLRDHUP, connection)) forget(std::prev(connections_.end()));
}

void Loop::forget(std::list<Connection>::iterator place) {
  // To close it is not enough: a child process that is just being started holds a copy, and events would go on.
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, place->fd(), nullptr);
  connections_.erase(place);
  --shared_.connections;
}

void Loop::post(std::move_only_function<void()> what) {
  // Rung under the lock: once that is free, the loop may have done what was posted, and be gone.
  const std::lock_guard lock(mutex_);
  posted_.push_back(std::move(what));
  if (posted_.size() == 1) bell_->ring();
}

void Loop::run_posted() {
  {
    const std::lock_guard lock(mutex_);
    running_.swap(posted_);
  }
  for (auto& what : running_) what();
  running_.clear();
}

// [RFC9110 §5.6.7] IMF-fixdate
std::string_view Loop::date() {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto now = shared_.clock().seconds();
  if (now != dated_) {
    const std::chrono::sys_seconds at{Seconds(now)};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(at - day);
    std::snprintf(date_, sizeof date_, "%s, %02u %s %04d %02d:%02d:%02d GMT", kDays[std::chrono::weekday(day).c_encoding()],
                  unsigned(date.day()), kMonths[unsigned(date.month()) - 1], int(date.year()), int(time.hours().count()),
                  int(time.minutes().count()), int(time.seconds().count()));
    dated_ = now;
  }
  return date_;
}

void Loop::drain() {
  for (auto& door : doors_) {
    door.ready(0);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, door.fd(), nullptr);
  }
  doors_.clear();
  draining_ = true;
  looked_ = {};
  ask_waiting([](const Connection&) { return true; }, Patience::Turn::Last);
}

void Loop::later(Connection& connection) {
  if (later_.empty()) first_later_ = steady_clock::now();
  later_.push_back(&connection);
}

void Loop::send_later() {
  // What came behind a request may be answered by this, and waits for the next turn: nobody keeps the others waiting.
  sending_.swap(later_);
  for (auto* connection : sending_) connection->send_now();
  sending_.clear();
}

// Each may end, itself and no other.
void Loop::ask_waiting(const std::function<bool(const Connection&)>& which, Patience::Turn turn) {
  std::vector<Connection*> asked;
  for (auto* connection : waiting_)
    if (which(*connection)) asked.push_back(connection);
  for (auto* connection : asked) connection->ask_again(turn);
}

void Loop::tell(std::string_view topic) {
  ask_waiting([topic](const Connection& c) { return c.topic() == topic; }, Patience::Turn::Again);
}

// Closes whose time is over.
void Loop::look() {
  looked_ = now_;
  for (auto at = connections_.begin(); at != connections_.end();) {
    const auto place = at++;
    if (place->is_over(now_)) forget(place);
  }
  ask_waiting([this](const Connection& c) { return c.is_due(now_); }, Patience::Turn::Last);
}

// Of epoll_wait. A loop that has nobody sleeps.
int Loop::timeout() const {
  if (!later_.empty()) return 0;
  auto within = draining_ ? kDrainingTick : connections_.empty() ? Millis(-1) : kTick;
  for (const auto& door : doors_)
    if (door.due()) within = *door.due() > now_ ? kPause : Millis(0);
  return static_cast<int>(within.count());
}

void Loop::run() {
  std::array<epoll_event, 256> events;
  while (!ended_) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), timeout());
    now_ = about_now();
    // A connection's event can end that connection, and no other; so none of these points at one that is gone.
    for (int i = 0; i < count; ++i) {
      static_cast<Source*>(events[static_cast<std::size_t>(i)].data.ptr)->ready(events[static_cast<std::size_t>(i)].events);
      if (!later_.empty() && steady_clock::now() - first_later_ > kLater) send_later();
    }
    send_later();
    if (bell_->take()) run_posted();
    for (auto& door : doors_) door.look();
    if (now_ - looked_ >= (draining_ ? kDrainingTick : kTick)) look();
  }
}

std::string_view Loop::next_id() {
  char made[16];
  const auto end = std::to_chars(made, made + sizeof made, ++made_ids_, 16).ptr;
  id_.resize(id_prefix_);
  return id_.append(made, end);
}

}  // namespace jeton::server
