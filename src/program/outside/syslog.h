// Audit events on their way to a syslog server (RFC 5424), in order, as fast as it takes them.
#pragma once

#include <atomic>
#include <mutex>
#include <string>

#include "authority/ledger/ledger.h"

namespace jeton::outside {

// "unix:PATH" (datagrams, as /dev/log), "udp:HOST:PORT" or "tcp:HOST:PORT" (RFC 6587, octets counted). One thread calls `send`.
class Syslog {
 public:
  Syslog(ledger::Ledger& ledger, std::string to);
  ~Syslog();
  Syslog(const Syslog&) = delete;
  Syslog& operator=(const Syslog&) = delete;

  // Sends what was put on record since the last event that was sent. True while there is more. Io where the other side does not take it: then
  // nothing is lost and the next call goes on from there. Waits a few seconds at most.
  Result<bool> send();

  // How things stand, for /readyz and metrics. Any thread.
  bool reached() const { return reached_; }
  // The number of the last event that was given away.
  std::uint64_t at() const { return at_; }

 private:
  Status connect();
  Status write(const std::string& message);
  void close();

  ledger::Ledger& ledger_;
  const std::string to_;
  int socket_ = -1;
  bool stream_ = false;
  std::optional<std::uint64_t> cursor_;
  std::atomic<bool> reached_{true};
  std::atomic<std::uint64_t> at_{0};
};

// One event as a syslog message, without framing.
std::string syslog_message(const ledger::AuditEvent& event, std::string_view host, int process);

}  // namespace jeton::outside
