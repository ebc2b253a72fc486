#include "program/outside/outside.h"

#include "program/log/log.h"

namespace jeton::outside {
namespace {

constexpr std::size_t kCarriers = 3;
constexpr std::chrono::milliseconds kLook{500};

MailServer mail_of(const config::Config& c) { return {c.text("smtp.url"), c.text("smtp.from"), c.text("smtp.credentials")}; }

}  // namespace

Outside::Outside(const config::Config& config, serve::Building& building, Instant (*clock)())
    : building_(building),
      clock_(clock),
      carrier_(mail_of(config), net::Guard(config.list("outbound.allow"))),
      refuses_(config.text("audit.sink_down") == "refuse") {
  if (const auto& to = config.text("audit.syslog"); !to.empty()) syslog_ = std::make_unique<Syslog>(building.rooms().ledger, to);
  // From here on every event is told, also one in the next millisecond.
  transmit(clock_());
  threads_.emplace_back([this] { make(); });
  for (std::size_t i = 0; i < kCarriers; ++i) threads_.emplace_back([this] { carry(); });
  if (syslog_) threads_.emplace_back([this] { sink(); });
}

void Outside::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool Outside::rest(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stopped_; });
}

void Outside::make() {
  for (unsigned round = 0; rest(kLook); ++round) {
    const auto now = clock_();
    building_.rooms().refusals.flush(now);
    auto more = building_.outbox().pump(now);
    while (more && *more) more = building_.outbox().pump(now);
    if (!more) log::warn("notify.events", "deliveries were not written; it is tried again");
    transmit(now);
    if (round % 120 != 0) continue;
    if (!building_.reminders().remind(now)) log::warn("notify.reminders", "not written; it is tried again");
  }
}

void Outside::transmit(Instant now) {
  auto& transmitter = building_.rooms().transmitter;
  const auto before = transmitter.overflowed();
  auto more = transmitter.pump(now);
  while (more && *more) more = transmitter.pump(now);
  if (!more) log::warn("signals.events", "security events were not written; it is tried again");
  if (transmitter.overflowed() != before) log::error("signals.overflow", "a stream was stopped: its receiver took nothing of what waited");
}

void Outside::carry() {
  for (;;) {
    const auto carried = building_.outbox().carry_one(carrier_, clock_);
    if (!carried) log::warn("notify.delivery", "what came of a delivery was not written; it is tried again");
    const bool more = carried && *carried;
    if (!rest(more ? std::chrono::milliseconds(0) : kLook)) return;
  }
}

void Outside::sink() {
  bool told = false;
  for (;;) {
    const auto sent = syslog_->send();
    if (!sent && !told)
      log::error("audit.sink", refuses_ ? "audit events are not taken; management is refused until they are"
                                        : "audit events are not taken; they are sent when they are");
    if (sent && told) log::info("audit.sink", "audit events are taken again");
    told = !sent;
    if (!rest(sent && *sent ? std::chrono::milliseconds(0) : kLook)) return;
  }
}

}  // namespace jeton::outside
