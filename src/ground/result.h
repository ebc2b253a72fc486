// Errors are few: a refusal (the input's fault) or a fault (ours).
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>
#include <utility>

namespace jeton {

// What was wrong with an input. Closed and short: a caller may switch on it. `name()` gives the wire spelling.
enum class Refusal : std::uint8_t {
  Malformed,     // not of the grammar at all
  TooLarge,      // over a size, count or depth limit
  Unsupported,   // well formed, but of a kind that is not accepted here
  WeakKey,       // a key too short, inconsistent, or not fit for the algorithm
  BadSignature,  // the signature, MAC, tag or checksum does not fit
  UnknownKey,    // no key of that id
  Expired,       // at or after its end
  NotYetValid,   // before its start
  WrongIssuer,
  WrongAudience,
  WrongType,   // another kind of token, or another claim type, than asked for
  Revoked,     // taken back
  Denied,      // understood and not allowed
  NotFound,    // no such thing, or none the caller may see
  Conflict,    // it exists already, or was changed since it was read
  Invalid,     // one field has a value that cannot be
  RateLimited,
};

// What failed on our side. Never an accept: every fault refuses.
enum class Fault : std::uint8_t {
  StoreUnavailable,  // not reachable, busy for too long, disk full
  StoreCorrupt,
  NoEntropy,
  Crypto,     // a primitive failed that cannot fail on good input
  SelfTest,   // the algorithm is out of service
  Io,
  Shutdown,
  Config,
};

// A refusal or a fault, with a fixed text. The text is a literal: nothing of the input can be in it.
class Failure {
 public:
  constexpr Failure(Refusal r, std::string_view detail = {}) : detail_(detail), code_(static_cast<std::uint8_t>(r)) {}
  constexpr Failure(Fault f, std::string_view detail = {}) : detail_(detail), code_(static_cast<std::uint8_t>(f)), fault_(true) {}

  constexpr bool is_fault() const { return fault_; }
  constexpr bool is(Refusal r) const { return !fault_ && code_ == static_cast<std::uint8_t>(r); }
  constexpr bool is(Fault f) const { return fault_ && code_ == static_cast<std::uint8_t>(f); }
  // Only where `is_fault()` is false.
  constexpr Refusal refusal() const { return static_cast<Refusal>(code_); }
  // Only where `is_fault()` is true.
  constexpr Fault fault() const { return static_cast<Fault>(code_); }
  // Says what to do or what was expected; may be empty. Points into static storage.
  constexpr std::string_view detail() const { return detail_; }
  // The stable snake_case name of the code, "malformed" or "store_unavailable".
  std::string_view name() const;

 private:
  std::string_view detail_;
  std::uint8_t code_;
  bool fault_ = false;
};

std::string_view name(Refusal r);
std::string_view name(Fault f);

template <class T>
using Result = std::expected<T, Failure>;
using Status = std::expected<void, Failure>;

// Refuses: `return refuse(Refusal::Malformed, "expected three parts");`
constexpr std::unexpected<Failure> refuse(Refusal r, std::string_view detail = {}) { return std::unexpected(Failure(r, detail)); }
constexpr std::unexpected<Failure> fault(Fault f, std::string_view detail = {}) { return std::unexpected(Failure(f, detail)); }

}  // namespace jeton

// Returns the failure of EXPR from the current function, or goes on with its value:
//   TRY(auto key, load(bytes));     binds the value
//   TRY_VOID(check(key));           for a Status
#define JETON_JOIN2(a, b) a##b
#define JETON_JOIN(a, b) JETON_JOIN2(a, b)
#define TRY_NAMED(tmp, binding, expr)                       \
  auto tmp = (expr);                                        \
  if (!tmp) return std::unexpected(std::move(tmp).error()); \
  binding = std::move(*tmp)
#define TRY(binding, expr) TRY_NAMED(JETON_JOIN(try_, __LINE__), binding, expr)
#define TRY_VOID(expr)                                                                                \
  do {                                                                                                \
    if (auto try_status = (expr); !try_status) return std::unexpected(std::move(try_status).error()); \
  } while (false)
