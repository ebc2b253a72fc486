#include "formats/webauthn/ceremony.h"

#include "blocks/crypto/ecdsa_form.h"
#include "blocks/crypto/hash.h"
#include "blocks/json/value.h"
#include "formats/webauthn/cose.h"

namespace jeton::webauthn {
namespace {

constexpr std::size_t kMostOctets = 1 << 14;
constexpr std::size_t kHead = 37;   // rpIdHash (32), flags (1), signCount (4)
// Flags of authenticator data, §6.1; the backup bits of Level 3.
constexpr std::uint8_t kPresent = 1, kVerified = 4, kMayBackUp = 8, kBackedUp = 16, kHasKey = 64, kHasExtensions = 128;

constexpr Failure kMalformed(Refusal::Malformed, "the authenticator's answer is not well formed");

std::uint32_t number(ByteView four) {
  return std::uint32_t{four[0]} << 24 | std::uint32_t{four[1]} << 16 | std::uint32_t{four[2]} << 8 | four[3];
}

// [WebAuthn §7.1 steps 5-9, §7.2 steps 8-13] JSON of the browser's making: members that are not known are ignored.
Status check_client_data(ByteView octets, std::string_view type, const Expected& expected) {
  TRY(const auto data, json::parse(as_text(octets), {.size = kMostOctets, .depth = 8, .members = 64}));
  if (data.string_at("type") != type) return refuse(Refusal::WrongType);
  if (data.string_at("challenge") != expected.challenge) return refuse(Refusal::WrongType);
  if (data.string_at("origin") != expected.origin) return refuse(Refusal::WrongAudience);
  if (const auto* cross = data.find("crossOrigin"); cross != nullptr && cross->boolean() != false) return refuse(Refusal::WrongType);
  return {};
}

struct Head {
  std::uint8_t flags = 0;
  std::uint32_t counter = 0;
  ByteView rest;
};

// [WebAuthn §6.1] and the checks that both ceremonies share. What follows the head must be there exactly where a flag says so.
Result<Head> read_head(ByteView data, const Expected& expected) {
  if (data.size() < kHead || data.size() > kMostOctets) return std::unexpected(kMalformed);
  const auto site = crypto::sha256(as_bytes(expected.rp_id));
  if (!equal_constant_time(data.first(32), site)) return refuse(Refusal::WrongAudience);
  const Head head{data[32], number(data.subspan(33, 4)), data.subspan(kHead)};
  const std::uint8_t needed = expected.verification == UserVerification::Required ? kPresent | kVerified : kPresent;
  if ((head.flags & needed) != needed) return refuse(Refusal::Denied, "the authenticator did not verify the person");
  if ((head.flags & kBackedUp) != 0 && (head.flags & kMayBackUp) == 0) return std::unexpected(kMalformed);
  return head;
}

// Extensions are not asked for: only that they are one map, and the end.
Status check_extensions(const Head& head, ByteView rest) {
  if ((head.flags & kHasExtensions) == 0) return rest.empty() ? Status() : std::unexpected(kMalformed);
  TRY(const auto extensions, cbor::parse(rest));
  if (extensions.kind != cbor::Kind::Map) return std::unexpected(kMalformed);
  return {};
}

// attestedCredentialData (§6.5.1): aaguid (16), length (2), credential id, COSE_Key.
Result<Registered> read_credential(const Head& head) {
  if ((head.flags & kHasKey) == 0 || head.rest.size() < 18) return std::unexpected(kMalformed);
  const std::size_t length = std::size_t{head.rest[16]} << 8 | head.rest[17];
  auto rest = head.rest.subspan(18);
  // [WebAuthn §4, credential id] at least 16 octets; [L3 §7.1 step 25] at most 1023
  if (length < 16 || length > 1023 || rest.size() < length) return std::unexpected(kMalformed);
  Registered r;
  r.credential_id.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(length));
  rest = rest.subspan(length);
  TRY(const auto key, cbor::parse_front(rest));
  TRY_VOID(cose_key(key.first));
  r.key.assign(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(key.second));
  r.counter = head.counter;
  TRY_VOID(check_extensions(head, rest.subspan(key.second)));
  return r;
}

}  // namespace

Result<Registered> read_registration(const Attestation& said, const Expected& expected) {
  TRY_VOID(check_client_data(said.client_data, "webauthn.create", expected));
  TRY(const auto object, cbor::parse(said.object, {.size = kMostOctets}));
  const auto* data = object.find("authData");
  const auto* format = object.find("fmt");
  const auto* statement = object.find("attStmt");
  if (data == nullptr || data->kind != cbor::Kind::Octets || format == nullptr || format->kind != cbor::Kind::Text ||
      statement == nullptr || statement->kind != cbor::Kind::Map)
    return std::unexpected(kMalformed);
  TRY(const auto head, read_head(data->octets, expected));
  return read_credential(head);
}

Result<Asserted> verify_assertion(const Assertion& said, ByteView key, const Expected& expected) {
  TRY_VOID(check_client_data(said.client_data, "webauthn.get", expected));
  TRY(const auto head, read_head(said.authenticator_data, expected));
  if ((head.flags & kHasKey) != 0) return std::unexpected(kMalformed);
  TRY_VOID(check_extensions(head, head.rest));
  TRY(const auto cose, cbor::parse(key));
  TRY(const auto verify, cose_key(cose));
  // [WebAuthn §7.2 step 19-20] over authenticator data and the hash of the client data
  Bytes message(said.authenticator_data.begin(), said.authenticator_data.end());
  const auto hash = crypto::sha256(said.client_data);
  message.insert(message.end(), hash.begin(), hash.end());
  if (verify.alg() != crypto::SignAlg::ES256) {
    TRY_VOID(verify.verify(message, said.signature));
    return Asserted{head.counter};
  }
  // [WebAuthn §6.5.6] ECDSA signatures come as ASN.1
  TRY(const auto raw, crypto::raw_signature(crypto::SignAlg::ES256, said.signature));
  TRY_VOID(verify.verify(message, raw));
  return Asserted{head.counter};
}

}  // namespace jeton::webauthn
