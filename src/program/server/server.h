// Sockets: reads requests, has them answered, writes what was answered.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "blocks/http/message.h"
#include "blocks/net/prefix_set.h"
#include "ground/instant.h"
#include "ground/result.h"

namespace jeton::server {

enum class Place : std::uint8_t {
  Inline,    // answered on the thread that read it: must not wait
  Hurried,   // tried there, in a Hurry; a worker answers what is late
  Worker,    // may wait for the store
};

// What answers. Called by many threads at once.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual Place place(const http::Request& request) = 0;
  virtual void answer(const http::Request& request, http::Response& response, Instant now) = 0;
  // After the answer was given to the kernel; for the access log and counters.
  virtual void served(const http::Request& request, const http::Response& response, std::chrono::nanoseconds took) = 0;
};

enum class Speaks : std::uint8_t { Plain, Tls };

struct Listen {
  net::Address address;
  std::uint16_t port = 0;   // 0: any free one
  Speaks speaks = Speaks::Plain;
};

// Files in PEM. The key is its owner's alone to read.
struct TlsFiles {
  std::string certificate, key;   // the certificate is followed by its chain
  std::string client_ca;          // empty: callers are not asked for a certificate; kAnyAuthority: asked, and no chain is believed
};
inline constexpr std::string_view kAnyAuthority = "any";

struct Options {
  std::vector<Listen> tcp;
  TlsFiles tls = {};                       // needed where one of `tcp` speaks it
  net::PrefixSet preamble_from = {};       // peers that begin with a PROXY preamble; of others none is taken
  std::string unix_path;                   // empty: none; made with mode 0600
  unsigned threads = 0;                    // that read and write; 0: one a core
  unsigned workers = 32;                   // that may wait
  std::size_t queue = 1024;                // requests that wait for a worker; more are answered 503
  std::size_t waiting = 256;               // requests that wait for something to happen, on no thread; more are not put off
  std::size_t waiting_a_topic = 8;
  std::size_t connections = 10'000;
  std::size_t most_body = 8 << 20;
  Millis head_timeout{10'000}, body_timeout{30'000}, idle_timeout{75'000}, write_timeout{30'000}, drain_timeout{10'000};
};

// Runs its own threads from `start` until `stop`. start and stop: one thread.
class Server {
 public:
  Server(Options options, Handler& handler, std::function<Instant()> clock);
  ~Server();

  // Takes the addresses: callers may connect, and wait. Io where one cannot be had, Config where TLS has not what it needs. The ports,
  // in the order of Options::tcp.
  Result<std::vector<std::uint16_t>> listen();
  // Makes the Unix socket and serves. After `listen`.
  Status start();
  // Accepts nothing new, lets what is being answered finish, closes the rest; returns when all threads ended.
  void stop();
  // Reads the files of TLS again: new connections are served with what they hold now. Where they are not good, Config, and nothing changes.
  Status reload_tls();
  std::size_t connections() const;
  // Something happened that requests may wait for (ground/patience.h). Any thread.
  void tell(std::string_view topic);
  // How many wait so.
  std::size_t waiting() const;

 private:
  class House;
  std::unique_ptr<House> house_;
};

}  // namespace jeton::server
