// jwe decrypt, jwe encrypt.
#include "formats/jose/jwe.h"

#include "blocks/crypto/random.h"
#include "ground/secret_pass.h"
#include "program/cli/offline/jose_commands.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

int decrypt(const Arguments& given) {
  const auto jwe = read_input(given);
  if (!jwe) return jwe.error();
  const auto keys = read_keys(given, "--jwk");
  if (!keys) return keys.error();
  const auto opened = open_message(*jwe, *keys, {.passwords = given.has("--pbes2"), .alg = given.get("--alg")});
  if (!opened) return refused("the message", opened.error());
  write_octets(opened->plain.read(program::Pass::key()));
  return kYes;
}

Result<std::string> encrypted(const std::string& plain, const jose::Jwk& key, const Arguments& given) {
  TRY(const auto alg, key_alg_of(key, given.get("--alg")));
  if (!crypto::info(alg).on_by_default && !given.has("--pbes2"))
    return refuse(Refusal::Unsupported, "keys from passwords are not made unless asked for");
  TRY(const auto enc, content_alg_of(key, given.get("--enc")));
  TRY(const auto to, jose::EncryptKey::of(key, alg));
  std::string members;
  if (!key.kid.empty()) members = text_member("kid", key.kid);
  crypto::SystemEntropy entropy;
  if (given.has("--json")) return jose::encrypt_json(members, as_bytes(plain), {}, to, enc, entropy);
  return jose::encrypt_compact(members, as_bytes(plain), to, enc, entropy);
}

int encrypt(const Arguments& given) {
  const auto plain = read_input_octets(given);
  if (!plain) return plain.error();
  const auto keys = read_keys(given, "--jwk");
  if (!keys) return keys.error();
  if (keys->size() != 1) return fail(kUsage, "--jwk names one key to encrypt to");
  const auto jwe = encrypted(*plain, keys->keys.front(), given);
  if (!jwe) return refused("the key", jwe.error());
  print(*jwe + "\n");
  return kYes;
}

constexpr Operand kInput[] = {{"INPUT", "\"-\" for standard input, or a file"}};
constexpr Option kDecryptOptions[] = {
    {"--jwk", "FILE", "the private or shared key: a JWK, a JWK set, or PEM", Count::Once},
    {"--alg", "ALG", "take nothing but this key management algorithm"},
    {"--pbes2", "", "take keys from passwords too; the JWK's k is the password"},
};
constexpr Option kEncryptOptions[] = {
    {"--jwk", "FILE", "whom to encrypt to: a public or shared key, as a JWK or PEM", Count::Once},
    {"--alg", "ALG", "the key management algorithm; the key's own where it names one"},
    {"--enc", "ENC", "the content algorithm; A256GCM where not given"},
    {"--json", "", "the flattened JSON serialization instead of the compact one"},
    {"--pbes2", "", "let the key be a password"},
};
constexpr Command kCommands[] = {
    {"jwe decrypt", "Decrypt a message and print it", "jeton jwe decrypt - --jwk private.json < message.jwe", kInput, kDecryptOptions,
     decrypt,
     "Takes compact and JSON serializations (RFC 7516). What was encrypted goes to standard output as it is. Decrypting tells nothing of who "
     "wrote it: a public key is everybody's."},
    {"jwe encrypt", "Encrypt octets to the owner of a key", "jeton jwe encrypt - --jwk public.json < message", kInput, kEncryptOptions,
     encrypt},
};

}  // namespace

std::span<const Command> jwe_commands() { return kCommands; }

}  // namespace jeton::cli
