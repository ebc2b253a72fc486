// saml link: which names elsewhere a user is known by; saml key: what assertions for us are encrypted to.
#include "program/cli/remote/server.h"
#include "program/cli/saml/verify.h"

namespace jeton::cli {
namespace {

constexpr Column kLinks[] = {{"ID", "id"}, {"PROVIDER", "provider"}, {"NAME", "name"}, {"HOW", "how"}, {"CREATED", "created"}};
constexpr Column kKeys[] = {{"NUMBER", "id"},
                            {"STATE", "state"},
                            {"BITS", "bits"},
                            {"AGE", "age"},
                            {"PUBLISHED UNTIL", "published_until"},
                            {"OPENS UNTIL", "opens_until"}};

int list_links(const Arguments& given) {
  return list(given, "/v1/users/" + http::percent_encode(*given.get("USER")) + "/saml-links", kLinks);
}

int delete_link(const Arguments& given) {
  return done(
      given, ask(given, {.method = "DELETE", .path = "/v1/saml-links/" + http::percent_encode(*given.get("LINK"))}),
      "Deleted: the next login under that name is decided anew by its provider's rules. Sessions go on; jeton session revoke ends them.");
}

int list_keys(const Arguments& given) { return list(given, "/v1/saml-keys", kKeys); }
int rotate_key(const Arguments& given) {
  return show_answer(given, ask(given, {.method = "POST", .path = "/v1/saml-keys/rotate", .body = "{}"}));
}

constexpr Operand kUser[] = {{"USER", "the user's name or id"}};
constexpr Operand kLink[] = {{"LINK", "its id, lnk_…"}};
constexpr Command kCommands[] = {
    {"saml link list", "List the names at identity providers that a user is known by", "jeton saml link list ada", kUser, {}, list_links},
    {"saml link delete",
     "Take a name away from its user",
     "jeton saml link delete lnk_0000000000000000000000000000000000000000000000000000000000000000",
     kLink,
     {},
     delete_link},
    {"saml key list", "List the keys that assertions for us are encrypted to", "jeton saml key list", {}, {}, list_keys},
    {"saml key rotate",
     "Publish a new key for assertions to be encrypted to",
     "jeton saml key rotate",
     {},
     {},
     rotate_key,
     "The one before it stays in the metadata for seven days, opens what is encrypted to it for fourteen, and is destroyed then."},
};

}  // namespace

std::span<const Command> saml_link_commands() { return kCommands; }

}  // namespace jeton::cli
