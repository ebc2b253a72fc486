#include "program/server/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netinet/in.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <thread>

#include "program/server/connection.h"

namespace jeton::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

net::Address address_of(const sockaddr_storage& s) {
  if (s.ss_family == AF_INET) {
    std::array<std::uint8_t, 4> octets;
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in&>(s).sin_addr, 4);
    return net::Address::v4(octets);
  }
  if (s.ss_family != AF_INET6) return {};
  std::array<std::uint8_t, 16> octets;
  std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in6&>(s).sin6_addr, 16);
  return net::Address::v6(octets);
}

// Who is at the other end: an address, or on a Unix socket a uid.
http::Origin origin_of(Socket& socket) {
  http::Origin origin;
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  ::getpeername(socket.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size);
  origin.peer = address_of(peer);
  if (peer.ss_family != AF_UNIX) return origin;
  ucred credentials{};
  size = sizeof credentials;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return origin;
  origin.uid = credentials.uid;
  origin.administrator = credentials.uid == 0 || credentials.uid == ::geteuid();
  return origin;
}

// That this process may run on: fewer than there are where it was pinned, or is in a container.
unsigned cores() {
  cpu_set_t mine;
  return ::sched_getaffinity(0, sizeof mine, &mine) == 0 ? static_cast<unsigned>(CPU_COUNT(&mine)) : std::max(1u, std::thread::hardware_concurrency());
}

tcp::endpoint endpoint_of(const Listen& listen) {
  return {asio::ip::make_address(listen.address.text()), listen.port};
}

}  // namespace

class Server::House {
 public:
  House(Options o, Handler& h, std::function<Instant()> c)
      : options_(std::move(o)), handler_(h), clock_(std::move(c)), workers_(options_.workers, options_.queue) {
    const unsigned threads = options_.threads != 0 ? options_.threads : cores();
    for (unsigned i = 0; i < threads; ++i) loops_.push_back(std::make_unique<Loop>(options_, handler_, clock_, workers_));
  }

  Result<std::vector<std::uint16_t>> listen() {
    std::vector<std::uint16_t> ports;
    for (const auto& listen : options_.tcp) {
      boost::system::error_code error;
      auto acceptor = std::make_shared<tcp::acceptor>(loops_[0]->io);
      const auto endpoint = endpoint_of(listen);
      acceptor->open(endpoint.protocol(), error);
      if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
      if (!error) acceptor->bind(endpoint, error);
      if (!error) acceptor->listen(1024, error);
      if (error) return fault(Fault::Io, "the address cannot be listened on: is another server using it?");
      ports.push_back(acceptor->local_endpoint().port());
      acceptors_.push_back(std::move(acceptor));
    }
    return ports;
  }

  Status start() {
    std::signal(SIGPIPE, SIG_IGN);
    if (!options_.unix_path.empty()) TRY_VOID(listen_unix());
    for (const auto& acceptor : acceptors_) {
      close_.push_back([acceptor] { boost::system::error_code ignored; acceptor->close(ignored); });
      asio::co_spawn(loops_[0]->io, accept(acceptor), asio::detached);
    }
    for (auto& loop : loops_) {
      asio::co_spawn(loop->io, watch(*loop), asio::detached);
      threads_.emplace_back([&io = loop->io, guard = asio::make_work_guard(loop->io)] { io.run(); });
    }
    return {};
  }

  void stop() {
    if (threads_.empty()) return;
    asio::post(loops_[0]->io, [this] { for (const auto& close : close_) close(); });
    for (auto& loop : loops_) asio::post(loop->io, [this, l = loop.get()] { drain(*l); });
    const auto end = std::chrono::steady_clock::now() + options_.drain_timeout;
    while (connections_ > 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(Millis(5));
    workers_.stop();
    for (auto& loop : loops_) loop->io.stop();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    if (!options_.unix_path.empty()) ::unlink(options_.unix_path.c_str());
  }

  std::size_t connections() const { return connections_; }

 private:
  Status listen_unix() {
    using local = asio::local::stream_protocol;
    if (options_.unix_path.size() >= sizeof(sockaddr_un{}.sun_path)) return fault(Fault::Io, "the data folder's path is too long for a socket");
    // A socket that a server left behind when it was killed; whoever is alive holds the store's lock.
    ::unlink(options_.unix_path.c_str());
    boost::system::error_code error;
    auto acceptor = std::make_shared<local::acceptor>(loops_[0]->io);
    acceptor->open(local(), error);
    const auto mask = ::umask(0177);
    if (!error) acceptor->bind(local::endpoint(options_.unix_path), error);
    ::umask(mask);
    if (!error) acceptor->listen(128, error);
    if (error) return fault(Fault::Io, "the admin socket cannot be made in the data folder");
    close_.push_back([acceptor] { boost::system::error_code ignored; acceptor->close(ignored); });
    asio::co_spawn(loops_[0]->io, accept(acceptor), asio::detached);
    return {};
  }

  template <class Acceptor>
  asio::awaitable<void> accept(std::shared_ptr<Acceptor> acceptor) {
    for (;;) {
      Loop& loop = *loops_[next_++ % loops_.size()];
      boost::system::error_code error;
      Socket socket(co_await acceptor->async_accept(loop.io, asio::redirect_error(asio::use_awaitable, error)));
      if (error == asio::error::operation_aborted || !acceptor->is_open()) co_return;
      if (error) {
        // Out of descriptors or memory: breathe, do not spin.
        asio::steady_timer pause(loops_[0]->io, Millis(50));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      if (connections_ >= options_.connections) continue;
      ++connections_;
      asio::co_spawn(loop.io, serve(std::move(socket), loop), asio::detached);
    }
  }

  asio::awaitable<void> serve(Socket socket, Loop& loop) {
    struct Count {
      std::atomic<std::size_t>& n;
      ~Count() { --n; }
    } const count{connections_};
    boost::system::error_code ignored;
    const auto origin = origin_of(socket);
    if (!origin.peer.is_none()) socket.set_option(tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    Connection connection(std::move(socket), origin, loop);
    co_await connection.run();
  }

  static void look_at_all(Loop& loop) {
    const auto now = std::chrono::steady_clock::now();
    for (auto* connection : loop.open) connection->look(now);
  }

  static void drain(Loop& loop) {
    loop.draining = true;
    look_at_all(loop);
  }

  asio::awaitable<void> watch(Loop& loop) {
    asio::steady_timer tick(loop.io);
    for (;;) {
      tick.expires_after(loop.draining ? Millis(20) : Millis(250));
      boost::system::error_code error;
      co_await tick.async_wait(asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      look_at_all(loop);
    }
  }

  Options options_;
  Handler& handler_;
  std::function<Instant()> clock_;
  Workers workers_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
  std::vector<std::shared_ptr<tcp::acceptor>> acceptors_;
  std::vector<std::function<void()>> close_;
  std::atomic<std::size_t> connections_{0};
  std::size_t next_ = 0;
};

Server::Server(Options options, Handler& handler, std::function<Instant()> clock)
    : house_(std::make_unique<House>(std::move(options), handler, std::move(clock))) {}
Server::~Server() { stop(); }
Result<std::vector<std::uint16_t>> Server::listen() { return house_->listen(); }
Status Server::start() { return house_->start(); }
void Server::stop() { house_->stop(); }
std::size_t Server::connections() const { return house_->connections(); }

}  // namespace jeton::server
