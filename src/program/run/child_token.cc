#include "program/run/child_token.h"

#include <cstdlib>

#include "ground/secret_pass.h"
#include "program/cli/remote/server.h"
#include "program/vault/commands.h"
#include "program/vault/unlock.h"

namespace jeton::run {
namespace {

std::expected<Secret, int> holder_of(const cli::Arguments& given, const ChildToken& wanted) {
  if (wanted.from.empty()) {
    const char* own = std::getenv(kHolderVariable);
    if (own != nullptr && *own != 0) return Secret::copy_of(as_bytes(own));
    return std::unexpected(cli::fail(cli::kNotAuthenticated, "a child token is made of a token of yours, and none is at hand",
                                     "put it into JETON_TOKEN, or into the vault: token:from=ITEM,scope=…"));
  }
  vault::Unlocking how{vault::standard_path(), std::nullopt, true};
  if (const auto file = given.get("--passphrase-file")) how.passphrase_file = std::string(*file);
  const auto ref = vault::Reference::parse(wanted.from);
  if (!ref) return std::unexpected(vault::told(ref.error()));
  const auto contents = vault::open(how.vault, vault::key_of(how));
  if (!contents) return std::unexpected(vault::told(contents.error()));
  const auto* found = contents->find(*ref);
  if (found == nullptr) return std::unexpected(cli::fail(cli::kNotFound, "the vault holds no such item or field"));
  return found->clone();
}

// A token speaks for one API: to ask for another is a mistake that is better told at once.
int check_api(const cli::Arguments& given, const ChildToken& wanted, std::string_view holder) {
  if (wanted.api.empty()) return 0;
  const auto own = cli::ask(given, {.path = "/v1/tokens/self", .bearer = std::string(holder)});
  if (!own) return own.error();
  if (own->string_at("api") == wanted.api || own->string_at("api_name") == wanted.api) return 0;
  return cli::fail(cli::kNotAllowed, "the token it would be made of is for another API");
}

}  // namespace

std::expected<Given, int> mint(const cli::Arguments& given, const ChildToken& wanted) {
  const auto holder = holder_of(given, wanted);
  if (!holder) return std::unexpected(holder.error());
  const auto text = as_text(holder->read(program::Pass::key()));
  if (const int failed = check_api(given, wanted, text); failed != 0) return std::unexpected(failed);
  std::string body;
  json::Writer(body).object().strings("scopes", wanted.scopes).member("expires_in", wanted.expires).end_object();
  const auto answer =
      cli::ask(given, {.method = "POST", .path = "/v1/tokens/self/access-tokens", .body = std::move(body), .bearer = std::string(text)});
  if (!answer) return std::unexpected(answer.error());
  const auto token = answer->string_at("access_token");
  if (!token) return std::unexpected(cli::fail(cli::kNotReached, "the server's answer was not understood"));
  return Given{wanted.name, Secret::copy_of(as_bytes(*token)), true};
}

void end(const cli::Arguments& given, const Given& token) {
  const auto text = as_text(token.value.read(program::Pass::key()));
  (void)cli::ask(given, {.method = "POST",
                         .path = "/oauth/revoke",
                         .body = "token=" + http::percent_encode(text),
                         .type = "application/x-www-form-urlencoded",
                         .standing = cli::Standing::Nobody});
}

}  // namespace jeton::run
