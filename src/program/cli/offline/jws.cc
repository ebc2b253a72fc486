// jws verify, jws sign.
#include "formats/jose/jws.h"

#include <algorithm>

#include "ground/base64url.h"
#include "program/cli/offline/jose_commands.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

// The key that is meant: the only one of the file, or the one of a compact token's kid.
Result<const jose::Jwk*> key_for(std::string_view jws, const jose::JwkSet& keys, std::string_view alg) {
  jose::Header header;
  Bytes json;
  if (!jose::is_json(jws)) {
    TRY(const auto parts, jose::split(jws, jws.size()));
    auto decoded = base64url::decode(parts.header);
    if (!decoded) return refuse(Refusal::Malformed, "a part is not base64url without padding");
    json = *std::move(decoded);
    TRY_VOID(jose::read_header(as_text(json), jose::Where::Protected, header));
  }
  // [RFC8725 §3.1] a shared secret and a public key in one set invite the one to be taken for the other
  const auto secret = [](const jose::Jwk& key) { return key.pub.type == crypto::KeyType::Oct; };
  if (std::any_of(keys.keys.begin(), keys.keys.end(), secret) && !std::all_of(keys.keys.begin(), keys.keys.end(), secret))
    return refuse(Refusal::WeakKey, "the set mixes shared secrets and public keys");
  if (header.alg.empty()) header.alg = alg;
  return jose::choose(keys, header, jose::fits_signature);
}

Result<Bytes> verified(const std::string& jws, const jose::JwkSet& keys, std::optional<std::string_view> asked,
                       std::optional<std::string> payload) {
  TRY(const auto* key, key_for(jws, keys, asked.value_or("")));
  if (!asked && key->alg.empty()) return refuse(Refusal::Unsupported, "the key names no alg: say which with --alg");
  TRY(const auto alg, sign_alg_of(*key, asked));
  TRY(const auto verifier, jose::verify_key(*key, alg));
  if (payload) return jose::verify_detached(jws, as_bytes(*payload), verifier);
  return jose::is_json(jws) ? jose::verify_json(jws, verifier) : jose::verify_compact(jws, verifier);
}

int verify(const Arguments& given) {
  const auto jws = read_input(given);
  if (!jws) return jws.error();
  const auto keys = read_keys(given, "--jwk");
  if (!keys) return keys.error();
  std::optional<std::string> payload;
  if (given.has("--payload")) {
    auto beside = read_named(given, "--payload");
    if (!beside) return beside.error();
    payload = *std::move(beside);
  }
  const auto octets = verified(*jws, *keys, given.get("--alg"), payload);
  if (!octets) return refused("the signature", octets.error());
  write_octets(*octets);
  return kYes;
}

Result<std::string> made(const std::string& payload, const jose::Jwk& key, const Arguments& given) {
  TRY(const auto alg, sign_alg_of(key, given.get("--alg")));
  TRY(const auto signer, jose::sign_key(key, alg));
  std::string members;
  if (const auto typ = given.get("--typ")) members = text_member("typ", *typ);
  if (!key.kid.empty()) members += (members.empty() ? "" : ",") + text_member("kid", key.kid);
  const auto form = given.has("--json") ? jose::Form::Flattened : given.has("--detached") ? jose::Form::Detached : jose::Form::Compact;
  const auto spelling = given.has("--unencoded") ? jose::Payload::Unencoded : jose::Payload::Encoded;
  return jose::sign_as(form, spelling, members, as_bytes(payload), signer);
}

int sign(const Arguments& given) {
  if (given.has("--json") && given.has("--detached")) return fail(kUsage, "either --json or --detached");
  const auto payload = read_input_octets(given);
  if (!payload) return payload.error();
  const auto keys = read_keys(given, "--jwk");
  if (!keys) return keys.error();
  if (keys->size() != 1) return fail(kUsage, "--jwk names one key to sign with");
  const auto jws = made(*payload, keys->keys.front(), given);
  if (!jws) return refused("the key", jws.error());
  print(*jws + "\n");
  return kYes;
}

constexpr Operand kInput[] = {{"INPUT", "\"-\" for standard input, or a file"}};
constexpr Option kVerifyOptions[] = {
    {"--jwk", "FILE", "the key: a JWK, a JWK set, or PEM", Count::Once},
    {"--alg", "ALG", "the algorithm; the key's own where it names one"},
    {"--payload", "FILE", "the payload, where it is detached"},
};
constexpr Option kSignOptions[] = {
    {"--jwk", "FILE", "the private key: a JWK or PEM", Count::Once},
    {"--alg", "ALG", "the algorithm; the key's own where not given"},
    {"--typ", "TYPE", "the typ of the header"},
    {"--json", "", "the flattened JSON serialization instead of the compact one"},
    {"--detached", "", "leave the payload out"},
    {"--unencoded", "", "sign the payload as it is, not in base64url (RFC 7797)"},
};
constexpr Command kCommands[] = {
    {"jws sign", "Sign octets", "jeton jws sign - --jwk key.json < message", kInput, kSignOptions, sign},
    {"jws verify", "Verify a signature and print the payload", "jeton jws verify - --jwk key.json --alg ES256 < message.jws", kInput,
     kVerifyOptions, verify,
     "Takes compact and JSON serializations (RFC 7515), detached payloads, and unencoded ones (RFC 7797). The payload goes to standard output as it is."},
};

}  // namespace

std::span<const Command> jws_commands() { return kCommands; }

}  // namespace jeton::cli
