// jwk check, jwk generate, jwk thumbprint.
#include <fcntl.h>
#include <unistd.h>

#include "blocks/crypto/envelope/agreement.h"
#include "blocks/crypto/random.h"
#include "blocks/json/writer.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"
#include "program/cli/offline/jose_commands.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

using jose::Jwk;

Or<jose::JwkSet> read_key_input(const Arguments& given) {
  const auto text = read_input_octets(given);
  if (!text) return std::unexpected(text.error());
  auto keys = parse_keys(*text);
  if (!keys) return std::unexpected(refused("the key", keys.error()));
  return *std::move(keys);
}

std::string_view type_name(const Jwk& key) {
  switch (key.pub.type) {
    case crypto::KeyType::Rsa: return "RSA";
    case crypto::KeyType::Ec: return "EC";
    case crypto::KeyType::Okp: return "OKP";
    case crypto::KeyType::Oct: return "oct";
  }
  return "";
}

std::size_t bits_of(const Jwk& key) {
  if (key.pub.type == crypto::KeyType::Oct) return key.priv->k.size() * 8;
  if (key.pub.type != crypto::KeyType::Rsa) return 0;
  std::size_t bits = key.pub.n.size() * 8;
  for (std::uint8_t top = 0x80; top != 0 && (key.pub.n[0] & top) == 0; top >>= 1) --bits;
  return bits;
}

// What is known of a key that was found good.
void describe(json::Writer& w, const Jwk& key) {
  w.object().member("kty", type_name(key));
  if (!key.kid.empty()) w.member("kid", key.kid);
  if (key.pub.curve != crypto::Curve::None) w.member("crv", jose::curve_name(key.pub.curve));
  if (const auto bits = bits_of(key); bits != 0) w.member("bits", static_cast<std::int64_t>(bits));
  w.flag("private", key.is_private());
  // [RFC7638 §7] a hash of a shared secret tells of the secret: only who asks for it gets it
  if (key.pub.type != crypto::KeyType::Oct) w.member("thumbprint", jose::thumbprint(key));
  w.key("alg").array();
  for (const auto alg : jose::possible_algs(key))
    if (jose::permits(key, alg, jose::Purpose::Verify)) w.string(crypto::info(alg).name);
  for (const auto alg : jose::possible_key_algs(key))
    if (jose::permits(key, alg, jose::Direction::Decrypt) || jose::permits(key, alg, jose::Direction::Encrypt))
      w.string(crypto::info(alg).name);
  w.end_array().end_object();
}

int check(const Arguments& given) {
  const auto keys = read_key_input(given);
  if (!keys) return keys.error();
  if (keys->size() == 0) return fail(kNo, "the set is refused: no key of a type that is known here");
  std::string out;
  json::Writer w(out);
  w.object().key("keys").array();
  for (const auto& key : keys->keys) {
    const auto alg = given.get("--alg");
    const auto sound = alg ? jose::check(key, *alg) : jose::check(key);
    if (!sound) return refused("the key", sound.error());
    describe(w, key);
  }
  w.end_array().member("left_out", static_cast<std::int64_t>(keys->left_out)).end_object();
  write_json(out);
  return kYes;
}

Result<Jwk> generate_encryption(crypto::KeyMode mode, std::size_t octets, crypto::Curve curve, unsigned bits) {
  Jwk jwk;
  if (mode == crypto::KeyMode::Oaep) {
    TRY(const auto key, crypto::SignKey::generate(crypto::SignAlg::RS256, bits));
    jwk = jose::to_jwk(key, {});
  } else if (mode == crypto::KeyMode::Agree || mode == crypto::KeyMode::AgreeWrap) {
    TRY(const auto key, crypto::AgreeKey::generate(curve));
    jwk.pub = key.public_parts();
    jwk.priv = key.private_parts();
  } else {
    jwk.pub.type = crypto::KeyType::Oct;
    jwk.priv.emplace();
    jwk.priv->k = Secret(octets);
    crypto::SystemEntropy entropy;
    TRY_VOID(entropy.fill(jwk.priv->k.write(program::Pass::key())));
  }
  jwk.use = "enc";
  return jwk;
}

Result<Jwk> generated(std::string_view alg, crypto::Curve curve, unsigned bits) {
  Jwk jwk;
  if (const auto sign = crypto::sign_alg(alg)) {
    TRY(const auto key, crypto::SignKey::generate(*sign, bits));
    jwk = jose::to_jwk(key, {});
  } else if (const auto wrap = crypto::key_alg(alg); wrap && *wrap != crypto::KeyAlg::Dir && crypto::info(*wrap).on_by_default) {
    TRY(jwk, generate_encryption(crypto::info(*wrap).mode, crypto::info(*wrap).kek_size, curve, bits));
  } else if (const auto content = crypto::content_alg(alg)) {
    TRY(jwk, generate_encryption(crypto::KeyMode::Direct, crypto::info(*content).key_size, curve, bits));
  } else {
    return refuse(Refusal::Unsupported, "no key is made for that algorithm");
  }
  jwk.alg = alg;
  return jwk;
}

// The thumbprint, or a random name for a shared secret.
std::string name_for(const Jwk& key) {
  if (key.pub.type != crypto::KeyType::Oct) return jose::thumbprint(key);
  Bytes octets(16);
  crypto::SystemEntropy entropy;
  return entropy.fill(octets) ? base64url::encode(octets) : std::string();
}

// A file for all to read.
bool write_file(const std::string& name, const std::string& text) {
  const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const bool ok = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (fd >= 0) ::close(fd);
  return ok;
}

int generate(const Arguments& given) {
  const auto curve = jose::curve_named(given.get("--crv").value_or("P-256"));
  unsigned bits = 3072;
  if (const auto text = given.get("--bits")) bits = *text == "2048" ? 2048 : *text == "4096" ? 4096 : 3072;
  auto jwk = generated(*given.get("--alg"), *curve, bits);
  if (!jwk) {
    const bool usage = jwk.error().is(Refusal::Unsupported);
    return usage ? fail(kUsage, jwk.error().detail(), "For dir, name the content algorithm, as A256GCM.") : refused("the key", jwk.error());
  }
  jwk->kid = given.has("--kid") ? std::string(*given.get("--kid")) : name_for(*jwk);
  if (const auto name = given.get("--public")) {
    const auto text = jose::to_json(*jwk, jose::Part::Public);
    if (!text) return refused("--public", text.error());
    if (!write_file(std::string(*name), *text + "\n")) return fail(kUsage, "the file of --public cannot be written");
  }
  const auto text = jose::to_json(*jwk, jose::Part::Private);
  if (!text) return refused("the key", text.error());
  print(*text + "\n");
  return kYes;
}

int thumbprint(const Arguments& given) {
  const auto keys = read_key_input(given);
  if (!keys) return keys.error();
  for (const auto& key : keys->keys) print((given.has("--uri") ? jose::thumbprint_uri(key) : jose::thumbprint(key)) + "\n");
  return kYes;
}

constexpr Operand kInput[] = {{"INPUT", "a JWK, a JWK set, or a key in PEM: \"-\" for standard input, or a file"}};
constexpr Option kCheckOptions[] = {{"--alg", "ALG", "and may it be used with this algorithm?"}};
constexpr Option kGenerateOptions[] = {
    {"--alg", "ALG", "what the key is for, as ES256, EdDSA, ECDH-ES+A256KW or A256GCM", Count::Once},
    {"--kid", "KID", "its name; its thumbprint where not given, or random for a shared secret"},
    {"--crv", "P-256|P-384|P-521|X25519", "the curve, for ECDH-ES; P-256 where not given"},
    {"--bits", "2048|3072|4096", "the size, for RSA; 3072 where not given"},
    {"--public", "FILE", "write the public half to this file too"},
};
constexpr Option kThumbprintOptions[] = {{"--uri", "", "as a URI (RFC 9278)"}};
constexpr Command kCommands[] = {
    {"jwk check", "Is this key, or set of keys, sound?", "jeton jwk check - --alg ES256 < key.json", kInput, kCheckOptions, check,
     "Proves what can be proven: lengths and spelling, the point on its curve, the size and primes of RSA, that the private half and the "
     "certificate are of the public one, and that alg, use and key_ops agree."},
    {"jwk generate", "Make a new private or shared key", "jeton jwk generate --alg ES256 > private.json", {}, kGenerateOptions, generate},
    {"jwk thumbprint", "The SHA-256 thumbprint of a key (RFC 7638)", "jeton jwk thumbprint - < key.json", kInput, kThumbprintOptions,
     thumbprint},
};

}  // namespace

std::span<const Command> jwk_commands() { return kCommands; }

}  // namespace jeton::cli
