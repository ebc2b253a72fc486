// saml sp, saml metadata: the web sites that users log in to here, and who we are to them.
#include "program/cli/remote/server.h"
#include "program/cli/saml/registration.h"
#include "program/cli/saml/verify.h"

namespace jeton::cli {
namespace {

constexpr Column kColumns[] = {
    {"ID", "id"}, {"ENTITY", "entity"}, {"NAME FORMAT", "name_format"}, {"ENCRYPT", "encrypt"}, {"CREATED", "created"}};

std::string path_of(const Arguments& given) { return "/v1/saml-service-providers/" + http::percent_encode(*given.get("PROVIDER")); }

void put_rules(const Arguments& given, Body& body) {
  body.text("name_format", given.get("--name-format")).text("signature_algorithm", given.get("--sign-with"));
  body.text("exchange_scope", given.get("--exchange-scope")).text("client", given.get("--client"));
}

int create_provider(const Arguments& given) {
  Body body;
  if (const auto wrong = put_metadata(given, body); wrong != kYes) return wrong;
  if (const auto wrong = put_attributes(given, body); wrong != kYes) return wrong;
  body.flag("encrypt", given.has("--encrypt"));
  put_rules(given, body);
  return show_answer(given, ask(given, {.method = "POST", .path = "/v1/saml-service-providers", .body = body.done()}));
}

int list_providers(const Arguments& given) { return list(given, "/v1/saml-service-providers", kColumns); }

int show_provider(const Arguments& given) { return show_answer(given, ask(given, {.path = path_of(given)})); }

int update_provider(const Arguments& given) {
  Body body;
  if (!given.all("--attribute").empty())
    if (const auto wrong = put_attributes(given, body); wrong != kYes) return wrong;
  put_rules(given, body);
  return show_answer(given, ask(given, {.method = "PATCH", .path = path_of(given), .body = body.done()}));
}

int delete_provider(const Arguments& given) {
  return done(given, ask(given, {.method = "DELETE", .path = path_of(given)}), "Deleted: nobody logs in there from here any more.");
}

int metadata(const Arguments& given) {
  const auto answer = ask(given, {.path = "/v1/saml-metadata"});
  if (!answer) return answer.error();
  print(std::string(answer->string_at("metadata").value_or("")) + "\n");
  return kYes;
}

constexpr Operand kMetadata[] = {
    {"METADATA", "the service provider's metadata: a file, an https address it is fetched from again and again, or - for standard input"}};
constexpr Operand kProvider[] = {{"PROVIDER", "its id"}};
constexpr Option kNameFormat{"--name-format", "persistent|transient|email",
                             "how users are named there; persistent where nothing was said: another name at each provider"};
constexpr Option kAttribute{"--attribute", "NAME=SOURCE", "an attribute it is told: from name, email, id, or metadata.NAME of the user",
                            Count::Many};
constexpr Option kSignWith{"--sign-with", "rsa|ecdsa|announced",
                           "what we sign with for it; announced where nothing was said: ecdsa where its metadata announces it, else rsa"};
constexpr Option kExchangeScope{"--exchange-scope", "SCOPE",
                                "a token with this scope may be exchanged for an assertion; none may where nothing was said"};
constexpr Option kClient{"--client", "ID", "the OAuth client that may exchange such an assertion back for an access token"};
constexpr Option kUpdate[] = {kNameFormat, kAttribute, kSignWith, kExchangeScope, kClient};
constexpr Option kCreate[] = {
    kNameFormat,
    kAttribute,
    {"--encrypt", "", "encrypt assertions to the key in its metadata"},
    kSignWith,
    kExchangeScope,
    kClient,
    {"--metadata-certificate", "FILE",
     "the certificate that the metadata at an address is signed by; the provider's own key where not given"},
};
constexpr Command kCommands[] = {
    {"saml metadata", "Print our metadata, for service providers", "jeton saml metadata > idp.xml", {}, {}, metadata},
    {"saml sp create", "Register a service provider by its metadata, or replace it",
     "jeton saml sp create sp.xml --attribute mail=email --attribute uid=name", kMetadata, kCreate, create_provider},
    {"saml sp list", "List service providers", "jeton saml sp list", {}, {}, list_providers},
    {"saml sp show", "Show a service provider", "jeton saml sp show sp_0123456789abcdef0123456789", kProvider, {}, show_provider},
    {"saml sp update", "Change what a service provider is told, and how",
     "jeton saml sp update sp_0123456789abcdef0123456789 --sign-with rsa", kProvider, kUpdate, update_provider,
     "What is given takes the place of what was there; what is not given stays."},
    {"saml sp delete", "Delete a service provider", "jeton saml sp delete sp_0123456789abcdef0123456789", kProvider, {}, delete_provider},
};

}  // namespace

std::span<const Command> saml_provider_commands() { return kCommands; }

}  // namespace jeton::cli
