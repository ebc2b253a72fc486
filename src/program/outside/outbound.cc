#include "program/outside/outbound.h"

#include "blocks/http/message.h"
#include "ground/hurry.h"
#include "program/fetch/fetch.h"
#include "program/log/log.h"

namespace jeton::outside {
namespace {

using Told = protocols::oidc::Logouts::Told;

constexpr std::size_t kMostDocument = 32 * 1024, kMostKept = 1000;
// A good one is not asked for at every request, a bad one not by everybody who likes.
constexpr unsigned kMostReads = 100;
constexpr Seconds kWindow{10};
constexpr unsigned kMostWaiting = 8;
constexpr Seconds kGood{300}, kBad{60}, kAgain{30}, kTimeout{5};

bool is_json(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return http::iequals(type, "application/json") || (type.starts_with("application/") && type.ends_with("+json"));
}

}  // namespace

Result<std::string> Outbound::read(const std::string& url) const {
  if (!guard_.lets(url)) return refuse(Refusal::Denied, "not an address that this server calls");
  const auto got =
      fetch::send({.url = url, .fields = {"Accept: application/json"}, .timeout = kTimeout, .most = kMostDocument, .guard = &guard_});
  if (!got &&
      (got.error() == fetch::Trouble::Forbidden || got.error() == fetch::Trouble::TooLarge || got.error() == fetch::Trouble::BadAddress))
    return refuse(Refusal::Denied, "not an address that this server calls, or a document that is too large");
  if (!got || got->status >= 500) return fault(Fault::Io, "the document cannot be read now");
  // A redirect is no answer: what it leads to is another address.
  if (got->status != 200 || !is_json(got->content_type)) return refuse(Refusal::NotFound, "there is no JSON document at that address");
  return got->body;
}

Result<std::string> Outbound::document(const std::string& url, Copy copy) {
  std::unique_lock lock(mutex_);
  const auto good = [&]() -> const Kept* {
    const auto it = kept_.find(url);
    const auto now = clock_();
    if (it == kept_.end() || now >= it->second.until) return nullptr;
    return copy == Copy::Kept || now < it->second.again ? &it->second : nullptr;
  };
  if (const auto* kept = good()) return kept->answer;
  TRY_VOID(Hurry::may_wait());
  // Others that are slow to answer take so many threads and no more.
  if (waiting_ >= kMostWaiting) return fault(Fault::Io, "too many documents are being read");
  ++waiting_;
  was_read_.wait(lock, [&] { return !being_read_.contains(url); });
  if (const auto* kept = good()) {
    --waiting_;
    return kept->answer;
  }
  const auto began = clock_();
  // Whoever makes up addresses does not make this server call them all.
  if (began >= window_ + kWindow) window_ = began, reads_ = 0;
  if (++reads_ > kMostReads) {
    --waiting_;
    return fault(Fault::Io, "too many documents are asked for");
  }
  being_read_.insert(url);
  lock.unlock();
  auto answer = read(url);
  lock.lock();
  being_read_.erase(url);
  --waiting_;
  was_read_.notify_all();
  // What is there still counts until its end where it cannot be read again.
  if (const auto it = kept_.find(url); !answer && it != kept_.end() && it->second.answer && clock_() < it->second.until) {
    it->second.again = clock_() + kAgain;
    return it->second.answer;
  }
  if (kept_.size() >= kMostKept) kept_.clear();
  kept_.insert_or_assign(url, Kept{answer, clock_() + (answer ? kGood : kBad), copy == Copy::Newer ? clock_() + kAgain : Instant()});
  return answer;
}

Told Outbound::post(const std::string& url, const std::string& form) const {
  const auto got = fetch::send({.method = "POST",
                                .url = url,
                                .fields = {"Content-Type: application/x-www-form-urlencoded"},
                                .body = form,
                                .timeout = kTimeout,
                                .most = 64 * 1024,
                                .guard = &guard_});
  if (got && got->status >= 200 && got->status < 300) return Told::Done;
  const bool for_good =
      got ? got->status < 500 && got->status != 429 : got.error() == fetch::Trouble::Forbidden || got.error() == fetch::Trouble::BadAddress;
  log::warn("backchannel.logout", got ? "the application did not take the notice" : fetch::text(got.error()));
  return for_good ? Told::Refused : Told::Again;
}

Notices::Notices(protocols::Rooms& rooms, Outbound& outbound, Outbound::Clock clock)
    : logouts_(rooms, [&outbound](const std::string& url, const std::string& form) { return outbound.post(url, form); }),
      clock_(std::move(clock)) {
  // From here on every end is told, also one in the next millisecond.
  if (!logouts_.step(clock_())) log::warn("backchannel.step", "what ended could not be read; it is tried again");
  thread_ = std::thread([this] { run(); });
}

void Notices::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::milliseconds(500), [this] { return stopped_; })) {
    lock.unlock();
    if (!logouts_.step(clock_())) log::warn("backchannel.step", "what ended could not be read; it is tried again");
    lock.lock();
  }
}

void Notices::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

}  // namespace jeton::outside
