#include "program/server/server.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "program/server/loop.h"

namespace jeton::server {
namespace {

// That this process may run on: fewer than there are where it was pinned, or is in a container.
unsigned cores() {
  cpu_set_t mine;
  return ::sched_getaffinity(0, sizeof mine, &mine) == 0 ? static_cast<unsigned>(CPU_COUNT(&mine))
                                                         : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

class Server::House {
 public:
  House(Options o, Handler& h, std::function<Instant()> c) : shared_(std::move(o), h, std::move(c)) {
    const unsigned threads = shared_.options.threads != 0 ? shared_.options.threads : cores();
    for (unsigned i = 0; i < threads; ++i) shared_.loops.push_back(std::make_unique<Loop>(shared_));
  }

  Result<std::vector<std::uint16_t>> listen() {
    std::vector<std::uint16_t> ports;
    for (const auto& [address, port, speaks] : shared_.options.tcp) {
      TRY(auto fd, listen_on(address, port));
      ports.push_back(port_of(fd));
      listening_.push_back(std::make_shared<const Listening>(std::move(fd), speaks));
    }
    if (speaks_tls()) { TRY(tls_, Tls::load(shared_.options.tls)); }
    return ports;
  }

  Status start() {
    std::signal(SIGPIPE, SIG_IGN);
    if (!shared_.options.unix_path.empty()) {
      TRY(auto fd, listen_on(shared_.options.unix_path));
      listening_.push_back(std::make_shared<const Listening>(std::move(fd)));
    }
    for (auto& loop : shared_.loops) {
      TRY_VOID(loop->open());
      loop->set_tls(tls_);
      for (const auto& fd : listening_) TRY_VOID(loop->listen(fd));
    }
    listening_.clear();
    for (auto& loop : shared_.loops) threads_.emplace_back([l = loop.get()] { l->run(); });
    return {};
  }

  void stop() {
    if (threads_.empty()) return;
    for (auto& loop : shared_.loops) loop->post([l = loop.get()] { l->drain(); });
    const auto end = steady_clock::now() + shared_.options.drain_timeout;
    while (shared_.connections > 0 && steady_clock::now() < end) std::this_thread::sleep_for(Millis(5));
    shared_.workers.stop();
    for (auto& loop : shared_.loops) loop->post([l = loop.get()] { l->end(); });
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    if (!shared_.options.unix_path.empty()) ::unlink(shared_.options.unix_path.c_str());
  }

  Status reload_tls() {
    if (!speaks_tls()) return {};
    TRY(const auto tls, Tls::load(shared_.options.tls));
    for (auto& loop : shared_.loops) loop->post([l = loop.get(), tls] { l->set_tls(tls); });
    return {};
  }

  std::size_t connections() const { return shared_.connections; }
  std::size_t waiting() const { return shared_.waiting.size(); }

  // The count first: who is about to wait, and was not told, sees it.
  void tell(std::string_view topic) {
    ++shared_.news;
    if (waiting() == 0) return;
    for (auto& loop : shared_.loops) loop->post([l = loop.get(), topic = std::string(topic)] { l->tell(topic); });
  }

 private:
  bool speaks_tls() const {
    return std::any_of(shared_.options.tcp.begin(), shared_.options.tcp.end(), [](const Listen& l) { return l.speaks == Speaks::Tls; });
  }

  Shared shared_;
  std::vector<std::thread> threads_;
  std::shared_ptr<const Tls> tls_;
  std::vector<std::shared_ptr<const Listening>> listening_;   // until the loops have them
};

Server::Server(Options options, Handler& handler, std::function<Instant()> clock)
    : house_(std::make_unique<House>(std::move(options), handler, std::move(clock))) {}
Server::~Server() { stop(); }
Result<std::vector<std::uint16_t>> Server::listen() { return house_->listen(); }
Status Server::start() { return house_->start(); }
void Server::stop() { house_->stop(); }
Status Server::reload_tls() { return house_->reload_tls(); }
std::size_t Server::connections() const { return house_->connections(); }
void Server::tell(std::string_view topic) { house_->tell(topic); }
std::size_t Server::waiting() const { return house_->waiting(); }

}  // namespace jeton::server
