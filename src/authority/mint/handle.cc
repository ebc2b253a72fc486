#include "authority/mint/handle.h"

#include <algorithm>

#include "authority/policy/settings.h"
#include "ground/secret_pass.h"

namespace jeton::mint {
namespace {

template <class Record, class Read>
Result<std::optional<Record>> find(const keys::Peppers& peppers, opaque::Kind kind, std::string_view text, Read&& read) {
  const auto shape = opaque::parse(text);
  if (!shape || shape->kind != kind) return std::nullopt;
  const auto all = peppers.snapshot();
  for (std::size_t i = 0; i < all->size(); ++i) {
    TRY(auto found, read(all->hash(i, text)));
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace

Result<Handle> handle(ledger::Ledger& ledger, const keys::Peppers& peppers, opaque::Kind kind, Entropy& entropy) {
  TRY(const auto settings, policy::read_settings(ledger));
  Handle h;
  TRY(h.text, opaque::make(settings.brand, kind, entropy));
  const auto octets = as_text(h.text.read(Pass::key()));
  const auto all = peppers.snapshot();
  h.hash = all->hash(0, octets);
  h.pepper = all->active();
  const auto hint = opaque::parse(octets)->hint();
  std::copy(hint.begin(), hint.end(), h.hint.begin());
  return h;
}

Result<std::optional<ledger::Ticket>> find_ticket(ledger::Ledger& ledger, const keys::Peppers& peppers, opaque::Kind kind,
                                                  std::string_view text) {
  return find<ledger::Ticket>(peppers, kind, text, [&](const auto& hash) { return ledger.ticket(hash); });
}

Result<std::optional<ledger::Token>> find_token(ledger::Ledger& ledger, const keys::Peppers& peppers, opaque::Kind kind,
                                                std::string_view text) {
  return find<ledger::Token>(peppers, kind, text, [&](const auto& hash) { return ledger.token_by_hash(hash); });
}

}  // namespace jeton::mint
