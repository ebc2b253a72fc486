// jwt sign, jwt inspect.
#include "formats/jose/jwt.h"

#include <algorithm>
#include <chrono>

#include "blocks/crypto/random.h"
#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "formats/jose/jwe.h"
#include "ground/base64url.h"
#include "program/cli/offline/jose_commands.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

// The claims with iat and exp counted from now, where a lifetime was asked for.
Result<std::string> completed(std::string_view claims, std::optional<Seconds> lifetime) {
  const auto trimmed = claims.substr(0, claims.find_last_not_of(" \t\r\n") + 1);
  TRY(const auto value, json::parse(trimmed));
  if (value.object() == nullptr) return refuse(Refusal::Malformed, "claims are a JSON object");
  if (!lifetime) return std::string(trimmed);
  if (value.find("exp") != nullptr) return refuse(Refusal::Conflict, "the claims have an exp already");
  const auto now = std::chrono::duration_cast<Seconds>(std::chrono::system_clock::now().time_since_epoch());
  std::string out(trimmed.substr(0, trimmed.rfind('}')));
  if (!value.object()->empty()) out += ',';
  if (value.find("iat") == nullptr) out += "\"iat\":" + std::to_string(now.count()) + ",";
  return out + "\"exp\":" + std::to_string((now + *lifetime).count()) + "}";
}

Result<std::string> signed_token(std::string_view claims, const jose::Jwk& key, const Arguments& given) {
  TRY(const auto alg, sign_alg_of(key, given.get("--alg")));
  TRY(const auto signer, jose::sign_key(key, alg));
  std::string members = text_member("typ", given.get("--typ").value_or("JWT"));
  const auto kid = given.get("--kid").value_or(key.kid);
  if (!kid.empty()) members += "," + text_member("kid", kid);
  return jose::sign_compact(members, as_bytes(claims), signer);
}

// [RFC7519 §11.2] signed, then encrypted
Result<std::string> nested(const std::string& token, const jose::Jwk& to, const Arguments& given) {
  TRY(const auto alg, key_alg_of(to, given.get("--encrypt-alg")));
  if (!crypto::info(alg).on_by_default) return refuse(Refusal::Unsupported, "tokens are not encrypted under passwords");
  TRY(const auto enc, content_alg_of(to, given.get("--enc")));
  TRY(const auto key, jose::EncryptKey::of(to, alg));
  std::string members = text_member("cty", "JWT");
  if (!to.kid.empty()) members += "," + text_member("kid", to.kid);
  crypto::SystemEntropy entropy;
  return jose::encrypt_compact(members, as_bytes(token), key, enc, entropy);
}

int sign(const Arguments& given) {
  std::optional<Seconds> lifetime;
  if (const auto text = given.get("--expires")) {
    lifetime = parse_duration(*text);
    if (!lifetime) return fail(kUsage, "--expires is a duration", "As 5m or 12h.");
  }
  const auto input = read_input(given);
  if (!input) return input.error();
  const auto keys = read_keys(given, "--jwk");
  if (!keys) return keys.error();
  if (keys->size() != 1) return fail(kUsage, "--jwk names one key to sign with");
  const auto claims = completed(*input, lifetime);
  if (!claims) return refused("what is to be signed", claims.error());
  auto token = signed_token(*claims, keys->keys.front(), given);
  if (!token) return refused("the key", token.error());
  if (given.has("--encrypt-to")) {
    const auto to = read_keys(given, "--encrypt-to");
    if (!to) return to.error();
    if (to->size() != 1) return fail(kUsage, "--encrypt-to names one key");
    token = nested(*token, to->keys.front(), given);
    if (!token) return refused("the key to encrypt to", token.error());
  }
  print(*token + "\n");
  return kYes;
}

Result<std::string> decoded_json(std::string_view part) {
  const auto octets = base64url::decode(part);
  if (!octets) return refuse(Refusal::Malformed, "a part is not base64url without padding");
  TRY_VOID(json::parse(as_text(*octets)));
  return std::string(as_text(*octets));
}

Result<std::string> shown(std::string_view token) {
  std::string out;
  json::Writer w(out);
  if (std::count(token.begin(), token.end(), '.') == 4) {
    TRY(const auto jwe, jose::ParsedJwe::parse(token, token.size()));
    w.object().flag("verified", false).flag("encrypted", true).key("header").raw(jwe.protected_json()).end_object();
    return out;
  }
  TRY(const auto parts, jose::split(token, token.size()));
  TRY(const auto header, decoded_json(parts.header));
  TRY(const auto claims, decoded_json(parts.payload));
  w.object().flag("verified", false).flag("encrypted", false).key("header").raw(header).key("claims").raw(claims).end_object();
  return out;
}

int inspect(const Arguments& given) {
  const auto token = read_input(given);
  if (!token) return token.error();
  const auto text = shown(*token);
  if (!text) return refused("the token", text.error());
  remark(given, "Nothing was verified: anybody could have written this.");
  write_json(*text);
  return kYes;
}

constexpr Operand kClaims[] = {{"INPUT", "the claims as JSON: \"-\" for standard input, or a file"}};
constexpr Operand kToken[] = {{"INPUT", "the token: \"-\" for standard input, or a file"}};
constexpr Option kSignOptions[] = {
    {"--jwk", "FILE", "the private key: a JWK or PEM", Count::Once},
    {"--alg", "ALG", "the algorithm; the key's own where not given"},
    {"--typ", "TYPE", "the kind of token; JWT where not given"},
    {"--kid", "KID", "the key's name in the header; the JWK's own where not given"},
    {"--expires", "DURATION", "add iat and an exp so far from now, as 5m"},
    {"--encrypt-to", "FILE", "encrypt the signed token to the owner of this key, a JWK or PEM"},
    {"--encrypt-alg", "ALG", "how the message key travels, as ECDH-ES+A256KW"},
    {"--enc", "ENC", "the content algorithm; A256GCM where not given"},
};
constexpr Command kCommands[] = {
    {"jwt inspect", "Show a token's header and claims without verifying anything", "jeton jwt inspect - < token", kToken, {}, inspect},
    {"jwt sign", "Sign claims as a JSON Web Token", "jeton jwt sign - --jwk key.json --expires 5m < claims.json", kClaims, kSignOptions,
     sign, "The claims are signed as they stand. With --encrypt-to the token is nested: signed first, then encrypted."},
};

}  // namespace

std::span<const Command> jwt_commands() { return kCommands; }

}  // namespace jeton::cli
