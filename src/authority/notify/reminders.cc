#include "authority/notify/reminders.h"

#include <charconv>

#include "authority/ledger/pages.h"
#include "blocks/json/writer.h"

namespace jeton::notify {
namespace {

constexpr std::string_view kCursor = "reminders.cursor";
constexpr Seconds kNotices[] = {Seconds(30 * 86400), Seconds(7 * 86400), Seconds(86400)};
constexpr Millis kSlice{3600 * 1000};

const audit::Actor& system_actor() {
  static const audit::Actor actor{.name = "system", .address = {}, .request_id = {}};
  return actor;
}

std::string detail(const ledger::Token& t, Seconds notice) {
  std::string out;
  json::Writer w(out);
  w.object().member("in", to_text(notice)).member("expires", to_rfc3339(*t.expires)).member("principal", t.principal.text());
  w.optional("last_used", t.last_used ? to_rfc3339(*t.last_used) : std::string()).end_object();
  return out;
}

}  // namespace

// Whose notice began in [from, to).
Status Reminders::due(Instant from, Instant to, Seconds notice, std::vector<ledger::Change>& changes) {
  for (const auto kind : {opaque::Kind::Pat, opaque::Kind::Key}) {
    const ledger::TokenFilter filter{
        .kind = kind, .show = ledger::TokenFilter::Show::Live, .expires_before = to + notice, .expires_from = from + notice};
    const auto add = [&](const ledger::Token& t) -> Status {
      // What rotation has put another in place of needs no word.
      if (t.created + notice >= *t.expires || !t.successor.none()) return {};
      TRY(auto event, audit::event({system_actor(), to}, "token.expiring", t.id.text(), entropy_, detail(t, notice)));
      changes.push_back(std::move(event));
      return {};
    };
    TRY_VOID(ledger::each_of<TokenId>([&](const auto& page) { return ledger_.tokens(filter, page, to); }, add));
  }
  return {};
}

Result<bool> Reminders::remind(Instant now) {
  TRY(const auto kept, ledger_.setting(kCursor));
  std::int64_t millis = now.millis();
  if (kept) std::from_chars(kept->value.data(), kept->value.data() + kept->value.size(), millis);
  const auto from = Instant::from_millis(millis);
  if (kept && from >= now) return false;
  const auto to = std::min(now, from + kSlice);
  std::vector<ledger::Change> changes;
  if (kept)
    for (const auto notice : kNotices) TRY_VOID(due(from, to, notice, changes));
  // In one commit with what it stands for: once each, whatever happens in between.
  changes.emplace_back(ledger::PutSetting{{std::string(kCursor), std::to_string(to.millis()), 0}});
  TRY_VOID(ledger_.commit(std::move(changes)));
  return to < now;
}

}  // namespace jeton::notify
