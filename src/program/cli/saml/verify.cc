#include "program/cli/saml/verify.h"

#include <chrono>

#include "blocks/crypto/pem/encoded.h"
#include "blocks/json/writer.h"
#include "blocks/xml/base64.h"
#include "blocks/xml/signature.h"
#include "formats/jose/jwk.h"
#include "formats/saml/login.h"
#include "formats/saml/metadata.h"
#include "program/cli/input.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

// A refusal is an answer; that a flag, a file or its contents are not usable is wrong usage.
struct Problem {
  Exit code;
  std::string what;
};
template <class T>
using Outcome = std::expected<T, Problem>;

std::unexpected<Problem> usage(std::string what) { return std::unexpected(Problem{kUsage, std::move(what)}); }

std::unexpected<Problem> usage_of(std::string_view file, const Failure& failure) {
  std::string what(file);
  what.append(": ").append(failure.detail().empty() ? failure.name() : failure.detail());
  // A key that is too weak to believe is a reason to refuse, not a mistyped flag.
  return std::unexpected(Problem{failure.is(Refusal::WeakKey) ? kNo : kUsage, std::move(what)});
}

Outcome<std::string> read_file(std::string_view name, std::size_t most = kMostInput) {
  auto text = read_text(std::string(name), most);
  if (!text) return usage(std::move(text.error()));
  return *std::move(text);
}

Instant system_now() {
  return Instant::from_millis(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count());
}

struct Idp {
  std::string entity;
  std::vector<crypto::VerifyKey> keys;
};

Outcome<Idp> with_keys(std::string_view file, std::string entity, const std::vector<crypto::PublicParts>& keys) {
  Idp idp{std::move(entity), {}};
  for (const auto& key : keys) {
    auto made = xml::verify_keys(key);
    if (!made) return usage_of(file, made.error());
    idp.keys.insert(idp.keys.end(), made->begin(), made->end());
  }
  return idp;
}

Outcome<Idp> idp_of_metadata(std::string_view file, std::string_view entity, Instant now) {
  TRY(const auto text, read_file(file));
  const auto metadata = saml::parse_metadata(text, entity);
  if (!metadata) return usage_of(file, metadata.error());
  if (!metadata->idp || metadata->idp->signing_keys.empty()) return usage(std::string(file) + ": no identity provider with a signing key");
  if (metadata->valid_until && now >= *metadata->valid_until)
    return std::unexpected(Problem{kNo, "the metadata is not valid any more (validUntil)"});
  return with_keys(file, metadata->entity, metadata->idp->signing_keys);
}

Outcome<Idp> idp_of_certificate(std::string_view entity, std::string_view file) {
  TRY(const auto text, read_file(file));
  const auto keys = crypto::public_keys_of_pem(text);
  if (!keys) return usage_of(file, keys.error());
  return with_keys(file, std::string(entity), *keys);
}

Outcome<Idp> idp_of(const Arguments& given, Instant now) {
  const auto metadata = given.get("--idp-metadata"), entity = given.get("--idp"), certificate = given.get("--idp-cert");
  if (metadata && certificate) return usage("--idp-metadata or --idp-cert, not both");
  if (metadata) return idp_of_metadata(*metadata, entity.value_or(""), now);
  if (!entity || !certificate || entity->empty())
    return usage("who is the identity provider? --idp-metadata FILE, or --idp ENTITY and --idp-cert FILE");
  return idp_of_certificate(*entity, *certificate);
}

Outcome<std::vector<crypto::UnwrapKey>> decryption_keys(const Arguments& given) {
  std::vector<crypto::UnwrapKey> keys;
  const auto add = [&](std::string_view file, const crypto::PublicParts& pub, const crypto::PrivateParts& priv) -> Outcome<int> {
    auto made = crypto::UnwrapKey::from_parts(pub, priv);
    if (!made) return usage_of(file, made.error());
    keys.push_back(*std::move(made));
    return 0;
  };
  for (const auto& file : given.all("--key")) {
    TRY(auto text, read_file(file));
    if (xml::trim(text).starts_with("{")) {
      const auto set = jose::parse_jwk_set(text);
      wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
      if (!set) return usage_of(file, set.error());
      for (const auto& jwk : set->keys)
        if (jwk.is_private() && jwk.pub.type == crypto::KeyType::Rsa) TRY_VOID(add(file, jwk.pub, *jwk.priv));
    } else {
      const auto key = crypto::decode_key(as_bytes(text));
      wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
      if (!key) return usage_of(file, key.error());
      if (!key->priv) return usage(std::string(file) + ": opening needs the private key");
      TRY_VOID(add(file, key->pub, *key->priv));
    }
  }
  return keys;
}

// XML as it is, or in base64 as the POST binding carries it.
Outcome<std::string> message_of(std::string text) {
  const auto inner = xml::trim(text);
  if (inner.empty()) return std::unexpected(Problem{kNo, "refused: malformed: nothing was given"});
  if (inner.front() == '<' || inner.starts_with("\xef\xbb\xbf")) return text;
  const auto octets = base64::decode(inner);
  if (!octets) return std::unexpected(Problem{kNo, "refused: malformed: neither XML nor base64"});
  return std::string(as_text(*octets));
}

void write_facts(json::Writer& w, const saml::Login& login) {
  w.member("name_id", login.subject.value).optional("name_id_format", login.subject.format);
  w.member("issuer", login.issuer).member("assertion_id", login.assertion_id);
  w.member("authenticated_at", to_rfc3339(login.authenticated));
  w.optional("session_index", login.session_index).optional("authn_context", login.context_class);
  w.optional("session_not_on_or_after", login.session_ends ? to_rfc3339(*login.session_ends) : "");
  w.flag("encrypted", login.encrypted);
}

int show_login(const Arguments& given, const saml::Login& login) {
  const auto format = format_of(given);
  if (format == Format::Id) {
    print(printable(login.subject.value) + "\n");
    return kYes;
  }
  std::string text;
  json::Writer w(text);
  w.object();
  write_facts(w, login);
  // In a table each attribute has a line of its own.
  if (format == Format::Table) {
    for (const auto& attribute : login.attributes) w.strings("attribute " + attribute.name, attribute.values);
  } else {
    w.key("attributes").object();
    for (const auto& attribute : login.attributes) w.strings(attribute.name, attribute.values);
    w.end_object();
  }
  w.end_object();
  const auto value = json::parse(text);
  if (!value) return fail(kNo, "the response's attributes cannot be shown");
  return show(given, *value);
}

Outcome<saml::Login> verified(const Arguments& given) {
  Instant now = system_now();
  if (const auto at = given.get("--at")) {
    const auto t = parse_rfc3339(*at);
    if (!t) return usage("--at takes a time such as 2026-11-24T10:00:00Z");
    now = *t;
  }
  const auto leeway = parse_duration(given.get("--leeway").value_or("0s"));
  if (!leeway) return usage("--leeway takes a duration such as 60s");
  TRY(const auto idp, idp_of(given, now));
  TRY(const auto decryption, decryption_keys(given));
  // More than the verifier takes: that something is too large is an answer, too.
  TRY(auto input, read_file(*given.get("RESPONSE"), 8 * kMostInput));
  TRY(const auto message, message_of(std::move(input)));
  std::optional<std::string> request;
  if (const auto id = given.get("--request-id")) request = *id;
  const auto login = saml::verify_response(message,
                                           {.idp = idp.entity,
                                            .idp_keys = idp.keys,
                                            .sp = *given.get("--sp"),
                                            .acs = *given.get("--acs"),
                                            .request_id = request,
                                            .decryption = decryption,
                                            .leeway = *leeway},
                                           now);
  if (login) return *login;
  std::string what = "refused: " + std::string(login.error().name());
  if (!login.error().detail().empty()) what.append(": ").append(login.error().detail());
  return std::unexpected(Problem{kNo, std::move(what)});
}

int verify(const Arguments& given) {
  const auto login = verified(given);
  if (!login) return fail(login.error().code, login.error().what);
  return show_login(given, *login);
}

constexpr Operand kResponse[] = {{"RESPONSE", "the response, as XML or base64; - reads it from standard input"}};
constexpr Option kVerifyOptions[] = {
    {"--idp-metadata", "FILE", "the identity provider's metadata: its name and its keys"},
    {"--idp", "ENTITY", "the identity provider's entity name; with metadata of several, the one that is meant"},
    {"--idp-cert", "FILE", "the identity provider's signing certificates or public keys, in PEM"},
    {"--sp", "ENTITY", "your entity name: the audience of the assertion", Count::Once},
    {"--acs", "URL", "the address the response was sent to", Count::Once},
    {"--request-id", "ID", "of the AuthnRequest this answers; without it only an unsolicited response is good"},
    {"--at", "TIME", "verify as of that time, 2026-11-24T10:00:00Z"},
    {"--leeway", "DURATION", "how far the clocks may differ; 0s where nothing is said"},
    {"--key", "FILE", "your private RSA key, in PEM or as a JWK, for encrypted assertions", Count::Many},
};
constexpr Command kCommands[] = {
    {"saml verify", "Say whether a SAML response is good, and whom it logs in",
     "jeton saml verify - --idp-metadata idp.xml --sp https://app.example/saml --acs https://app.example/saml/acs < response.xml",
     kResponse, kVerifyOptions, verify,
     "The response or its assertion is signed by a key of the identity provider's metadata or certificate; keys inside the response "
     "are never used. Every rule of the Web Browser SSO profile is held: issuer, destination, recipient, audience, times, status and "
     "InResponseTo. Whether the assertion was seen before is for the service provider to know."},
};

}  // namespace

std::span<const Command> saml_commands() { return kCommands; }

}  // namespace jeton::cli
