// Values into columns and back. docs/formats/database.md says what each looks like.
#pragma once

#include "authority/ledger/records.h"
#include "stores/sqlite/engine/connection.h"

namespace jeton::sqlite {

void put(Statement& s, const Ulid& value);         // 16 octets; NULL for all zero
void put(Statement& s, const PrincipalId& value);  // 17 octets: kind, ULID; NULL for none
void put(Statement& s, const std::string& value);
void put(Statement& s, const std::vector<std::string>& value);
void put(Statement& s, const ledger::Metadata& value);
void put(Statement& s, const ledger::NetworkRule& value);
void put(Statement& s, const std::vector<ledger::ClientSecret>& value);
void put(Statement& s, const net::Address& value);  // 4 or 16 octets; NULL for none
inline void put(Statement& s, const Bytes& value) { s.octets(value); }
inline void put(Statement& s, const crypto::Sha256Digest& value) { s.octets(value); }
inline void put(Statement& s, const std::array<char, 4>& value) { s.text({value.data(), value.size()}); }
inline void put(Statement& s, Instant value) { s.integer(value.millis()); }
inline void put(Statement& s, Seconds value) { s.integer(value.count()); }
inline void put(Statement& s, std::int64_t value) { s.integer(value); }
// What is beyond a column stands for the most that one can hold: above every row.
inline void put(Statement& s, std::uint64_t value) { s.integer(value > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(value)); }
inline void put(Statement& s, std::uint32_t value) { s.integer(value); }
inline void put(Statement& s, bool value) { s.integer(value); }
template <class Tag>
void put(Statement& s, const Id<Tag>& value) {
  put(s, value.ulid());
}
template <class E>
  requires std::is_enum_v<E>
void put(Statement& s, E value) {
  s.integer(static_cast<std::int64_t>(value));
}
template <class T>
void put(Statement& s, const std::optional<T>& value) {
  if (value) put(s, *value);
  else s.null();
}

// Reads a row from left to right. `sound()` is false once a column held what no writer of ours puts there:
// the file is damaged, and nothing read from the row may be used.
class Row {
 public:
  explicit Row(const Statement& s) : stmt_(s.row()) {}
  bool sound() const { return sound_; }

  bool null() const { return sqlite3_column_type(stmt_, next_) == SQLITE_NULL; }
  void skip() { ++next_; }
  std::int64_t integer() { return sqlite3_column_int64(stmt_, next_++); }
  std::string_view text();
  ByteView octets();
  void require(bool held) { sound_ = sound_ && held; }

 private:
  sqlite3_stmt* stmt_;
  int next_ = 0;
  bool sound_ = true;
};

void take(Row& r, Ulid& value);
void take(Row& r, PrincipalId& value);
void take(Row& r, std::string& value);
void take(Row& r, std::vector<std::string>& value);
void take(Row& r, ledger::Metadata& value);
void take(Row& r, ledger::NetworkRule& value);
void take(Row& r, std::vector<ledger::ClientSecret>& value);
void take(Row& r, net::Address& value);
void take(Row& r, Bytes& value);
void take(Row& r, crypto::Sha256Digest& value);
void take(Row& r, std::array<char, 4>& value);
inline void take(Row& r, Instant& value) { value = Instant::from_millis(r.integer()); }
inline void take(Row& r, Seconds& value) { value = Seconds(r.integer()); }
inline void take(Row& r, std::int64_t& value) { value = r.integer(); }
inline void take(Row& r, std::uint64_t& value) { value = static_cast<std::uint64_t>(r.integer()); }
inline void take(Row& r, std::uint32_t& value) { value = static_cast<std::uint32_t>(r.integer()); }
inline void take(Row& r, bool& value) { value = r.integer() != 0; }
template <class Tag>
void take(Row& r, Id<Tag>& value) {
  Ulid ulid;
  take(r, ulid);
  value = Id<Tag>(ulid);
}

// The last enumerator, so that a number beyond it is seen as damage.
constexpr ledger::Hold last(ledger::Hold) { return ledger::Hold::StepUp; }
constexpr ledger::Encryption last(ledger::Encryption) { return ledger::Encryption::RsaOaep256; }
constexpr ledger::TokenFormat last(ledger::TokenFormat) { return ledger::TokenFormat::Opaque; }
constexpr ledger::Standing last(ledger::Standing) { return ledger::Standing::Deleted; }
constexpr ledger::ClientType last(ledger::ClientType) { return ledger::ClientType::Machine; }
constexpr ledger::EndReason last(ledger::EndReason) { return ledger::EndReason::HolderRevoked; }
constexpr ledger::Overlap last(ledger::Overlap) { return ledger::Overlap::Either; }
constexpr ledger::OnReuse last(ledger::OnReuse) { return ledger::OnReuse::RevokeFamily; }
constexpr ledger::KeyState last(ledger::KeyState) { return ledger::KeyState::Destroyed; }
constexpr ledger::CredentialKind last(ledger::CredentialKind) { return ledger::CredentialKind::Passkey; }
constexpr ledger::TicketKind last(ledger::TicketKind) { return ledger::TicketKind::Lasting; }
constexpr ledger::StreamState last(ledger::StreamState) { return ledger::StreamState::Overflowed; }
constexpr ledger::DeliveryState last(ledger::DeliveryState) { return ledger::DeliveryState::Dead; }
constexpr ledger::Severity last(ledger::Severity) { return ledger::Severity::Critical; }
constexpr crypto::SignAlg last(crypto::SignAlg) { return crypto::SignAlg::HS512; }
constexpr opaque::Kind last(opaque::Kind) { return opaque::Kind::Inv; }

template <class E>
  requires std::is_enum_v<E>
void take(Row& r, E& value) {
  const auto number = r.integer();
  r.require(number >= 0 && number <= static_cast<std::int64_t>(last(E{})));
  value = r.sound() ? static_cast<E>(number) : E{};
}
template <class T>
void take(Row& r, std::optional<T>& value) {
  if (r.null()) {
    r.skip();
    value.reset();
    return;
  }
  T held{};
  take(r, held);
  value = held;
}

}  // namespace jeton::sqlite
