// Ids: a short prefix that says what it names, and a ULID of its own randomness. Safe in logs.
#pragma once

#include <array>
#include <compare>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ground/entropy.h"
#include "ground/instant.h"

namespace jeton {

// 128 bits: 48 of time in milliseconds, 80 of randomness (github.com/ulid/spec). Text is 26 characters of
// Crockford's base32, upper case, canonical only.
struct Ulid {
  std::array<std::uint8_t, 16> octets{};

  auto operator<=>(const Ulid&) const = default;
  static Result<Ulid> make(Instant now, Entropy& entropy);
  static std::optional<Ulid> parse(std::string_view text);
  void write(char* out26) const;
  std::string text() const;
  Instant created() const;
  bool is_zero() const { return *this == Ulid{}; }
};

// An id of one kind. Two kinds never mix: `Tag::kPrefix` is part of the text and of the type.
template <class Tag>
class Id {
 public:
  static constexpr std::string_view kPrefix = Tag::kPrefix;

  constexpr Id() = default;
  explicit constexpr Id(Ulid ulid) : ulid_(ulid) {}
  static Result<Id> make(Instant now, Entropy& entropy) {
    TRY(const auto ulid, Ulid::make(now, entropy));
    return Id(ulid);
  }
  static std::optional<Id> parse(std::string_view text) {
    if (!text.starts_with(kPrefix)) return std::nullopt;
    const auto ulid = Ulid::parse(text.substr(kPrefix.size()));
    if (!ulid) return std::nullopt;
    return Id(*ulid);
  }
  std::string text() const { return std::string(kPrefix) + ulid_.text(); }
  const Ulid& ulid() const { return ulid_; }
  // The all-zero id stands for "none".
  bool none() const { return ulid_.is_zero(); }
  auto operator<=>(const Id&) const = default;

 private:
  Ulid ulid_;
};

// clang-format off
struct TokenTag { static constexpr std::string_view kPrefix = "tok_"; };
struct DeviceTag { static constexpr std::string_view kPrefix = "dev_"; };
struct ClientTag { static constexpr std::string_view kPrefix = "cli_"; };
struct ApiTag { static constexpr std::string_view kPrefix = "api_"; };
struct SessionTag { static constexpr std::string_view kPrefix = "ses_"; };
struct KeyTag { static constexpr std::string_view kPrefix = "key_"; };
struct RuleTag { static constexpr std::string_view kPrefix = "rul_"; };
struct AlertTag { static constexpr std::string_view kPrefix = "alr_"; };
struct EventTag { static constexpr std::string_view kPrefix = "evt_"; };
struct WebhookTag { static constexpr std::string_view kPrefix = "whk_"; };
struct DeliveryTag { static constexpr std::string_view kPrefix = "dlv_"; };
struct StreamTag { static constexpr std::string_view kPrefix = "str_"; };
struct CredentialTag { static constexpr std::string_view kPrefix = "crd_"; };
// clang-format on

using TokenId = Id<TokenTag>;
using DeviceId = Id<DeviceTag>;
using ClientId = Id<ClientTag>;
using ApiId = Id<ApiTag>;
using SessionId = Id<SessionTag>;
using KeyId = Id<KeyTag>;
using RuleId = Id<RuleTag>;
using AlertId = Id<AlertTag>;
using EventId = Id<EventTag>;
using WebhookId = Id<WebhookTag>;
using DeliveryId = Id<DeliveryTag>;
using StreamId = Id<StreamTag>;
using CredentialId = Id<CredentialTag>;

enum class PrincipalKind : std::uint8_t { User, Service };

// A user (`usr_`) or a service account (`svc_`): one id space, because a token's subject may be either.
class PrincipalId {
 public:
  constexpr PrincipalId() = default;
  constexpr PrincipalId(PrincipalKind kind, Ulid ulid) : ulid_(ulid), kind_(kind) {}
  static Result<PrincipalId> make(PrincipalKind kind, Instant now, Entropy& entropy);
  static std::optional<PrincipalId> parse(std::string_view text);
  std::string text() const;
  const Ulid& ulid() const { return ulid_; }
  PrincipalKind kind() const { return kind_; }
  bool none() const { return ulid_.is_zero(); }
  auto operator<=>(const PrincipalId&) const = default;

 private:
  Ulid ulid_;
  PrincipalKind kind_ = PrincipalKind::User;
};

}  // namespace jeton

template <>
struct std::hash<jeton::Ulid> {
  // The last eight octets are random already.
  std::size_t operator()(const jeton::Ulid& u) const noexcept {
    std::size_t h;
    std::memcpy(&h, u.octets.data() + 8, sizeof h);
    return h;
  }
};
template <class Tag>
struct std::hash<jeton::Id<Tag>> {
  std::size_t operator()(const jeton::Id<Tag>& id) const noexcept { return std::hash<jeton::Ulid>()(id.ulid()); }
};
template <>
struct std::hash<jeton::PrincipalId> {
  std::size_t operator()(const jeton::PrincipalId& id) const noexcept { return std::hash<jeton::Ulid>()(id.ulid()); }
};
