// Every sealed member of every record, with the place that its seal is bound to: one list for all stores.
#pragma once

#include "authority/ledger/ledger.h"

namespace jeton::stores {

// Where a record's sealed member stands: `table` and `place` as keys::Place has them, `column` as a database does.
template <class R>
struct Sealed {
  std::string_view table, place, column;
  Bytes R::* member;
};

// f(Sealed<R>) for each.
template <class F>
void every_sealed(F&& f) {
  using namespace ledger;
  f(Sealed<SigningKey>{"signing_keys", "private", "sealed_private", &SigningKey::sealed_private});
  f(Sealed<Api>{"apis", "encryption", "sealed_encryption", &Api::sealed_encryption});
  f(Sealed<Webhook>{"webhooks", "sealed_secret", "sealed_secret", &Webhook::sealed_secret});
  f(Sealed<Stream>{"streams", "sealed_authorization", "sealed_authorization", &Stream::sealed_authorization});
  f(Sealed<Credential>{"credentials", "sealed", "sealed", &Credential::sealed});
  f(Sealed<Ticket>{"tickets", "sealed", "sealed", &Ticket::sealed});
  f(Sealed<Delivery>{"deliveries", "sealed", "sealed", &Delivery::sealed});
  f(Sealed<SavedAnswer>{"answers", "sealed", "sealed", &SavedAnswer::sealed});
}

// What names a record, and the text of it that a place has.
template <class R>
const auto& name_of(const R& record) {
  if constexpr (requires { record.id; }) return record.id;
  else return record.key;
}
template <class Id>
std::string row_of(const Id& id) {
  if constexpr (requires { id.text(); }) return id.text();
  else return to_hex(id);
}
template <class Id>
std::optional<Id> name_in(std::string_view row) {
  if constexpr (requires { Id::parse(row); }) {
    return Id::parse(row);
  } else {
    Id id{};
    if (!from_hex(row, id)) return std::nullopt;
    return id;
  }
}

// The head of what a Sealer writes: its version, and the data key's number (docs/formats/at-rest.md).
inline std::array<std::uint8_t, 5> sealed_head(std::uint32_t data_key) {
  return {1, static_cast<std::uint8_t>(data_key >> 24), static_cast<std::uint8_t>(data_key >> 16), static_cast<std::uint8_t>(data_key >> 8),
          static_cast<std::uint8_t>(data_key)};
}

// Of which tokens an end is remembered by their hash (ledger::Hashes).
inline bool hash_outlives(opaque::Kind kind) { return kind == opaque::Kind::Pat || kind == opaque::Kind::Key; }

}  // namespace jeton::stores
