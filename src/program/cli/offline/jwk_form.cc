// jwk public, jwk pem: a key in another form.
#include "blocks/crypto/pem/encoded.h"
#include "blocks/json/writer.h"
#include "program/cli/offline/jose_commands.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

Or<jose::JwkSet> read_key_input(const Arguments& given) {
  const auto text = read_input_octets(given);
  if (!text) return std::unexpected(text.error());
  auto keys = parse_keys(*text);
  if (!keys) return std::unexpected(refused("the key", keys.error()));
  return *std::move(keys);
}

Result<std::string> public_set(const jose::JwkSet& keys) {
  std::string out;
  json::Writer w(out);
  w.object().key("keys").array();
  for (const auto& key : keys.keys) {
    TRY(const auto one, jose::to_json(key, jose::Part::Public));
    w.raw(one);
  }
  w.end_array().end_object();
  return out;
}

int make_public(const Arguments& given) {
  const auto keys = read_key_input(given);
  if (!keys) return keys.error();
  const auto text = keys->alone && !given.has("--set") ? jose::to_json(keys->keys.front(), jose::Part::Public) : public_set(*keys);
  if (!text) return refused("the key", text.error());
  print(*text + "\n");
  return kYes;
}

int make_pem(const Arguments& given) {
  const auto keys = read_key_input(given);
  if (!keys) return keys.error();
  if (keys->size() != 1) return fail(kUsage, "one key is written as PEM, not a set");
  const auto& key = keys->keys.front();
  if (given.has("--private") && !key.is_private()) return refused("the key", Failure(Refusal::Unsupported, "it has no private half"));
  const auto text = crypto::encode_key_pem(key.pub, given.has("--private") ? &*key.priv : nullptr);
  if (!text) return refused("the key", text.error());
  print(*text);
  return kYes;
}

constexpr Operand kInput[] = {{"INPUT", "a JWK, or a key in PEM or DER: \"-\" for standard input, or a file"}};
constexpr Option kPublicOptions[] = {{"--set", "", "as a JWK set, the form issuers publish"}};
constexpr Option kPemOptions[] = {{"--private", "", "the private key (PKCS #8), not its public half"}};
constexpr Command kCommands[] = {
    {"jwk pem", "A key as PEM", "jeton jwk pem - < key.json", kInput, kPemOptions, make_pem},
    {"jwk public", "The public half of a key, as a JWK", "jeton jwk public - --set < private.json > keys.json", kInput, kPublicOptions,
     make_public},
};

}  // namespace

std::span<const Command> jwk_form_commands() { return kCommands; }

}  // namespace jeton::cli
