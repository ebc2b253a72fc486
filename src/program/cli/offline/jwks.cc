// --jwks: where the issuer's keys come from.
#include "program/cli/offline/jose_commands.h"
#include "program/cli/output.h"
#include "program/fetch/fetch.h"

namespace jeton::cli {
namespace {

constexpr std::size_t kMostKeys = 1 << 20;

bool starts_without_case(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i)
    if ((text[i] | 0x20) != (prefix[i] | 0x20)) return false;
  return true;
}

// Only what the caller typed is fetched, never what a token names. Plain http serves this machine alone: who can change the keys on
// their way can write every token.
Or<jose::JwkSet> fetched(const std::string& url) {
  if (!starts_without_case(url, "https://") && !fetch::is_loopback(url))
    return std::unexpected(
        fail(kUsage, "keys are fetched by https, or by http from this machine", "Or fetch them another way and name the file."));
  const auto response = fetch::send(
      {.url = url, .fields = {"Accept: application/jwk-set+json, application/json"}, .timeout = Seconds(10), .most = kMostKeys});
  if (!response) return std::unexpected(fail(kNotReached, "the keys were not fetched: " + std::string(fetch::text(response.error()))));
  if (response->status != 200)
    return std::unexpected(fail(kNotReached, "the keys were not fetched: the server answered " + std::to_string(response->status)));
  auto keys = jose::parse_jwk_set(response->body);
  if (!keys) return std::unexpected(refused("the key", keys.error()));
  return *std::move(keys);
}

}  // namespace

Or<jose::JwkSet> read_verifying_keys(const Arguments& given) {
  const std::string name(given.get("--jwks").value_or(""));
  if (starts_without_case(name, "http://") || starts_without_case(name, "https://")) return fetched(name);
  return read_keys(given, "--jwks");
}

}  // namespace jeton::cli
