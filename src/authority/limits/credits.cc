#include "authority/limits/credits.h"

#include "authority/limits/limit.h"
#include "blocks/json/writer.h"

namespace jeton::limits {
namespace {

// Somebody else may change the record meanwhile; so often in a row nobody does.
constexpr int kRounds = 16;

auto find(ledger::Ledger& l, const TokenId& id) { return l.token(id); }
auto find(ledger::Ledger& l, const PrincipalId& id) { return l.principal(id); }
auto find(ledger::Ledger& l, const ClientId& id) { return l.client(id); }
auto find(ledger::Ledger& l, const ApiId& id) { return l.api(id); }

bool gone(const ledger::Token& t) { return t.ended.has_value(); }
bool gone(const ledger::Principal& p) { return p.standing == ledger::Standing::Deleted; }
bool gone(const ledger::Client& c) { return c.standing == ledger::Standing::Deleted; }
bool gone(const ledger::Api& a) { return a.deleted.has_value(); }

struct Grant {
  ledger::Ledger& ledger;
  Entropy& entropy;
  std::uint64_t more;
  const audit::Doing& doing;
  const audit::With<std::uint64_t>& with;
};

template <class Id>
Result<std::uint64_t> once(const Grant& g, const Id& id) {
  TRY(auto record, find(g.ledger, id));
  if (!record) return refuse(Refusal::NotFound, "there is nobody of that id");
  if (gone(*record)) return refuse(Refusal::Conflict, "it has ended");
  TRY(auto limit, Limit::parse(std::string_view(record->limits)));
  limit.credits += g.more;
  // What cannot be read again is not written.
  TRY_VOID(Limit::parse(limit.text()));
  record->limits = limit.text();
  std::string detail;
  json::Writer(detail)
      .object()
      .member("add", static_cast<std::int64_t>(g.more))
      .member("granted", static_cast<std::int64_t>(limit.credits))
      .end_object();
  TRY(auto event, audit::event(g.doing, "credits.add", id.text(), g.entropy, std::move(detail)));
  std::vector<ledger::Change> changes;
  changes.emplace_back(ledger::Update<std::remove_cvref_t<decltype(*record)>>{*record});
  changes.push_back(std::move(event));
  TRY(changes, audit::together(std::move(changes), g.with, limit.credits));
  TRY_VOID(g.ledger.commit(std::move(changes)));
  return limit.credits;
}

}  // namespace

Result<std::uint64_t> add_credits(ledger::Ledger& ledger, Entropy& entropy, const Holder& holder, std::uint64_t more,
                                  const audit::Doing& doing, const audit::With<std::uint64_t>& with) {
  if (more == 0 || more > kMostCreditsAdded) return refuse(Refusal::Invalid, "add: a number from 1 to 1000000000");
  const Grant grant{ledger, entropy, more, doing, with};
  for (int round = 1;; ++round) {
    auto done = std::visit([&](const auto& id) { return once(grant, id); }, holder);
    // An ending is a conflict too, and is met again at once.
    if (done || round == kRounds || !done.error().is(Refusal::Conflict)) return done;
  }
}

}  // namespace jeton::limits
