// saml idp: who else logs users in here.
#include "program/cli/remote/server.h"
#include "program/cli/saml/registration.h"
#include "program/cli/saml/verify.h"

namespace jeton::cli {
namespace {

constexpr Column kColumns[] = {
    {"ID", "id"}, {"NAME", "name"}, {"ENTITY", "entity"}, {"CREATES USERS", "create_users"}, {"CREATED", "created"}};

std::string path_of(const Arguments& given) { return "/v1/saml-identity-providers/" + http::percent_encode(*given.get("PROVIDER")); }

int create_provider(const Arguments& given) {
  Body body;
  if (const auto wrong = put_metadata(given, body); wrong != kYes) return wrong;
  if (const auto wrong = put_attributes(given, body); wrong != kYes) return wrong;
  body.text("name", given.get("--name"))
      .flag("create_users", given.has("--create-users"))
      .flag("link_by_email", given.has("--link-by-email"));
  body.flag("allow_unsolicited", given.has("--allow-unsolicited")).flag("accept_grants", given.has("--accept-grants"));
  body.texts("email_domains", given.all("--email-domain")).texts("clients", given.all("--client"));
  return show_answer(given, ask(given, {.method = "POST", .path = "/v1/saml-identity-providers", .body = body.done()}));
}

int list_providers(const Arguments& given) { return list(given, "/v1/saml-identity-providers", kColumns); }

int show_provider(const Arguments& given) { return show_answer(given, ask(given, {.path = path_of(given)})); }

int delete_provider(const Arguments& given) {
  return done(given, ask(given, {.method = "DELETE", .path = path_of(given)}), "Deleted: it logs nobody in here any more.");
}

constexpr Operand kMetadata[] = {
    {"METADATA", "the identity provider's metadata: a file, an https address it is fetched from again and again, or - for standard input"}};
constexpr Operand kProvider[] = {{"PROVIDER", "its id"}};
constexpr Option kCreate[] = {
    {"--name", "NAME", "what the login page calls it; its entity name where not given"},
    {"--attribute", "NAME=USE",
     "an attribute it tells, and what it is of the user: name, email, metadata.NAME, or id where it names the user in place of the NameID",
     Count::Many},
    {"--create-users", "", "make a user of who logs in for the first time"},
    {"--link-by-email", "", "take the user who has the same e-mail address for the same person"},
    {"--email-domain", "DOMAIN", "addresses it may speak of; any where not given", Count::Many},
    {"--allow-unsolicited", "", "take logins that began there"},
    {"--accept-grants", "", "take its assertions at the token endpoint (RFC 7522)"},
    {"--client", "ID", "an OAuth client it may vouch for at the token endpoint", Count::Many},
    {"--metadata-certificate", "FILE",
     "the certificate that the metadata at an address is signed by; the provider's own key where not given"},
};
constexpr Command kCommands[] = {
    {"saml idp create", "Register an identity provider by its metadata, or replace it",
     "jeton saml idp create idp.xml --name Example --attribute mail=email --create-users --email-domain example.com", kMetadata, kCreate,
     create_provider},
    {"saml idp list", "List identity providers", "jeton saml idp list", {}, {}, list_providers},
    {"saml idp show", "Show an identity provider", "jeton saml idp show idp_0123456789abcdef0123456789", kProvider, {}, show_provider},
    {"saml idp delete",
     "Delete an identity provider",
     "jeton saml idp delete idp_0123456789abcdef0123456789",
     kProvider,
     {},
     delete_provider},
};

}  // namespace

std::span<const Command> saml_identity_provider_commands() { return kCommands; }

}  // namespace jeton::cli
