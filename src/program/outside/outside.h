// What goes out of the house, beside requests: webhooks, mail, syslog, and what they are made of.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <thread>

#include "program/config/config.h"
#include "program/outside/carrier.h"
#include "program/outside/syslog.h"
#include "program/serve/building.h"

namespace jeton::outside {

// Built and stopped by the one that serves; the answers about it: any thread.
class Outside {
 public:
  Outside(const config::Config& config, serve::Building& building, Instant (*clock)());
  // Waits for what is under way, some seconds at most; the rest is in the ledger.
  void stop();

  // Whether the audit's events reach the place they are sent to; true where they are sent nowhere.
  bool sink_reached() const { return !syslog_ || syslog_->reached(); }
  bool has_sink() const { return syslog_ != nullptr; }
  std::uint64_t sink_behind() const {
    return syslog_ ? building_.chain().number() - std::min(building_.chain().number(), syslog_->at()) : 0;
  }
  // The installation's choice for when they do not.
  bool management_closed() const { return refuses_ && !sink_reached(); }

 private:
  void make();       // deliveries and reminders out of what happened
  void transmit(Instant now);   // security events out of the same
  void carry();
  void sink();
  // False once it is to stop.
  bool rest(std::chrono::milliseconds time);

  serve::Building& building_;
  Instant (*const clock_)();
  CurlCarrier carrier_;
  std::unique_ptr<Syslog> syslog_;
  const bool refuses_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace jeton::outside
