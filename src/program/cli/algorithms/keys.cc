// What guards the rest: data keys, master key, encryption keys of APIs; and the report on cryptography.
#include <optional>

#include "blocks/json/writer.h"
#include "ground/base64url.h"
#include "program/cli/commands.h"
#include "program/cli/input.h"
#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

constexpr Column kReport[] = {{"KIND", "kind"}, {"NAME", "name"},     {"USE", "use"},     {"ALGORITHM", "algorithm"},
                              {"BITS", "bits"}, {"STATE", "state"},   {"COUNT", "count"}, {"CREATED", "created"},
                              {"DUE", "due"},   {"POLICY", "policy"}, {"NOTE", "note"}};

int crypto_report(const Arguments& given) {
  const bool bill = given.has("--cyclonedx");
  const auto answer = ask(given, {.path = bill ? "/v1/crypto/report?format=cyclonedx" : "/v1/crypto/report"});
  if (!answer) return answer.error();
  // A bill of materials is a document of its own form, whatever -o says.
  if (!bill) return show_list(given, *answer, kReport);
  print(json_text(*answer));
  return kYes;
}

int rotate_data(const Arguments& given) { return show_answer(given, create(given, "/v1/keys/rotate-data", "{}")); }

int rotate_master(const Arguments& given) {
  Body body;
  body.text("to", given.get("--to"));
  return show_answer(given, ask(given, {.method = "POST", .path = "/v1/keys/rotate-master", .body = body.done()}));
}

int at_rest(const Arguments& given) { return show_answer(given, ask(given, {.path = "/v1/keys/at-rest"})); }

int emergency(const Arguments& given) {
  Body body;
  body.text("api", given.get("--api")).text("alg", given.get("--alg")).flag("emergency", true);
  return show_answer(given, create(given, "/v1/keys/rotate", body.done()));
}

int adopt(const Arguments& given) {
  Body body;
  body.text("pkcs11", given.get("URI")).text("api", given.get("--api")).text("alg", given.get("--alg"));
  return show_answer(given, ask(given, {.method = "POST", .path = "/v1/keys/adopt", .body = body.done()}));
}

int encryption_key(const Arguments& given) {
  Body body;
  body.text("alg", given.get("--alg").value_or("A256KW"));
  if (const auto file = given.get("--jwk")) {
    const auto text = read_text(std::string(*file));
    if (!text) return fail(kUsage, text.error());
    if (!json::parse(*text)) return fail(kUsage, "the file at --jwk is not a JSON Web Key");
    body.raw("jwk", *text);
  }
  return show_answer(given, ask(given, {.method = "POST",
                                        .path = "/v1/apis/" + http::percent_encode(*given.get("API")) + "/encryption-key",
                                        .body = body.done()}));
}

// A JSON Web Key as it is; anything else is the secret itself, less the end of its line.
std::optional<std::string> secret_in(std::string text) {
  if (const auto key = json::parse(text); key && key->object() != nullptr) return text;
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return std::nullopt;
  std::string jwk;
  json::Writer(jwk).object().member("kty", "oct").member("k", base64url::encode(as_bytes(text))).end_object();
  return jwk;
}

int shared_secret(const Arguments& given) {
  Body body;
  if (const auto file = given.get("--secret")) {
    auto text = read_text(std::string(*file));
    if (!text) return fail(kUsage, text.error());
    const auto jwk = secret_in(*std::move(text));
    if (!jwk) return fail(kUsage, "the file at --secret is empty");
    body.raw("jwk", *jwk);
  }
  return show_answer(given, ask(given, {.method = "POST",
                                        .path = "/v1/apis/" + http::percent_encode(*given.get("API")) + "/shared-secret",
                                        .body = body.done()}));
}

constexpr Operand kUri[] = {{"URI", "of the key (RFC 7512), with module-path and pin-source"}};
constexpr Operand kApi[] = {{"API", "its name or id"}};
constexpr Option kBill[] = {{"--cyclonedx", "", "as a CycloneDX 1.6 cryptography bill of materials"}};
constexpr Option kTo[] = {
    {"--to", "SOURCE",
     "another source: file:PATH, credential:NAME, env:NAME, passphrase:… or pkcs11:…; a new key in the same file where not given"}};
constexpr Option kReplace[] = {{"--api", "API", "the keys of that API alone"},
                               {"--alg", "ALG", "of that algorithm; ES256, or the API's own, where not given"}};
constexpr Option kEncryption[] = {
    {"--alg", "ALG", "dir, A256KW, ECDH-ES+A256KW or RSA-OAEP-256; A256KW where not given"},
    {"--jwk", "FILE", "the API's public key, or a shared one; \"-\" is standard input. A shared one is made where not given"}};

constexpr Option kSecret[] = {
    {"--secret", "FILE",
     "a secret that is there already, 32 octets or more, or its JWK; \"-\" is standard input. One is made where not given"}};

constexpr Command kCommands[] = {
    {"api encryption-key", "Encrypt an API's access tokens to a key", "jeton api encryption-key orders --alg dir", kApi, kEncryption,
     encryption_key,
     "For APIs of format jwe. A shared key that was made is shown once. Tokens under the key before stay good until they expire."},
    {"api shared-secret", "Sign an API's access tokens with a secret that it has too", "jeton api shared-secret orders", kApi, kSecret,
     shared_secret,
     "HS256, for an API that can do nothing else. The secret is shown once. Tokens under the one before stay good until they expire."},
    {"crypto report",
     "Hold every key, algorithm and token population against the policy",
     "jeton crypto report",
     {},
     kBill,
     crypto_report,
     "The policy's table says what is allowed, discouraged or forbidden, since when, and by which source."},
    {"key adopt", "Make a key of a PKCS#11 token the next signing key",
     "jeton key adopt 'pkcs11:token=hsm;object=jwt?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/jeton/pin'", kUri,
     kReplace, adopt, "It never leaves its token. Published from now on; jeton key rotate makes it the active one."},
    {"key at-rest", "List master keys, data keys and peppers", "jeton key at-rest", {}, {}, at_rest},
    {"key replace",
     "Destroy a signing key that others may have, with all it signed",
     "jeton key replace --api orders",
     {},
     kReplace,
     emergency,
     "The active key and the next one are destroyed at once, every JWT they signed is refused, and fresh keys take their place."},
    {"key rotate-data", "Seal what is secret at rest under a new data key", "jeton key rotate-data", {}, {}, rotate_data},
    {"key rotate-master",
     "Put another master key in place",
     "jeton key rotate-master",
     {},
     kTo,
     rotate_master,
     "Only on the server's machine. Everything goes on meanwhile; a change that was cut off is brought to its end by the next start."},
};

}  // namespace

std::span<const Command> guard_commands() { return kCommands; }

}  // namespace jeton::cli
