// jwt verify: is this token good, by these keys, for this audience, now?
#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>

#include "formats/jose/jwt.h"
#include "ground/secret_pass.h"
#include "program/cli/offline/jose_commands.h"
#include "program/cli/offline/offline.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

// What the caller wants of the token.
struct Policy {
  std::string_view issuer, audience, typ;
  std::span<const std::string> algs;
  Seconds leeway{0};
  Instant now;
};

Instant system_now() {
  return Instant::from_millis(std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count());
}

std::optional<Seconds> leeway_of(std::string_view text) {
  if (const auto duration = parse_duration(text)) return duration;
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return Seconds(seconds);
}

Or<Policy> policy_of(const Arguments& given) {
  Policy policy{.issuer = *given.get("--issuer"),
                .audience = *given.get("--audience"),
                .typ = given.get("--typ").value_or(""),
                .algs = given.all("--alg"),
                .leeway = Seconds(0),
                .now = system_now()};
  if (policy.issuer.empty() || policy.audience.empty()) return std::unexpected(fail(kUsage, "--issuer and --audience are not empty"));
  if (const auto leeway = given.get("--leeway")) {
    const auto duration = leeway_of(*leeway);
    if (!duration) return std::unexpected(fail(kUsage, "--leeway is a duration", "As 60s or 5m."));
    policy.leeway = *duration;
  }
  if (const auto at = given.get("--at")) {
    const auto when = moment(*at);
    if (!when) return std::unexpected(fail(kUsage, "--at is a time", "As 2026-11-24T10:00:00Z, or seconds since 1970."));
    policy.now = *when;
  }
  return policy;
}

// [RFC8725 §3.1] by the caller's list; else the public-key algorithms that are safe, and the one the key names itself. A shared
// secret is never taken for a MAC key by the token's word alone.
bool allowed(const Policy& policy, const jose::Jwk& key, std::string_view name) {
  if (!policy.algs.empty()) return std::find(policy.algs.begin(), policy.algs.end(), name) != policy.algs.end();
  const auto alg = crypto::sign_alg(name);
  return key.alg == name || (alg && crypto::info(*alg).on_by_default && crypto::info(*alg).key_type != crypto::KeyType::Oct);
}

// [RFC7519 §5.3] what the outer header repeats of the claims is the same.
Status repeats(std::string_view outer_header, std::string_view claims) {
  for (const std::string_view name : {"iss", "sub", "aud"}) {
    std::string_view outer, inner;
    const auto take = [&](std::string_view& to) {
      return [&to, name](std::string_view member, const json::Item& item) {
        if (member == name) to = item.raw;
        return Status();
      };
    };
    TRY_VOID(json::each_member(outer_header, {}, take(outer)));
    TRY_VOID(json::each_member(claims, {}, take(inner)));
    if (!outer.empty() && outer != inner) return refuse(Refusal::Malformed, "the encrypted token's header contradicts its claims");
  }
  return {};
}

Result<std::string> believe(std::string_view token, const jose::JwkSet& keys, const Policy& policy, std::string_view outer_header) {
  const auto room = std::make_unique<jose::JwtRoom>();
  TRY(const auto parsed, jose::ParsedJwt::parse(token, *room));
  TRY(const auto* key, jose::choose(keys, parsed.header(), jose::fits_signature));
  if (!allowed(policy, *key, parsed.header().alg)) return refuse(Refusal::Unsupported, "the header's alg is not one of those allowed");
  const auto alg = crypto::sign_alg(parsed.header().alg);
  if (!alg) return refuse(Refusal::Unsupported, "an algorithm that is not known here");
  TRY(const auto verifier, jose::verify_key(*key, *alg));
  TRY(const auto verified, parsed.verify(verifier));
  const auto& claims = jose::read_claims(verified);
  if (!claims) return std::unexpected(claims.error());
  if (!outer_header.empty()) TRY_VOID(repeats(outer_header, verified.payload()));
  const jose::Expected expected{.issuer = policy.issuer, .audience = policy.audience, .typ = policy.typ, .leeway = policy.leeway};
  TRY_VOID(jose::judge(verified, *claims, expected, policy.now));
  return std::string(verified.payload());
}

bool is_encrypted(std::string_view token) { return std::count(token.begin(), token.end(), '.') == 4; }

// A signed token inside an encrypted one. Decrypting tells nothing of who wrote it: what is inside must verify like any other.
Result<Opened> unwrap(std::string_view token, const jose::JwkSet& keys) {
  if (token.size() > jose::kMostToken) return refuse(Refusal::TooLarge, "the token is too long");
  TRY(auto opened, open_message(token, keys, {}));
  jose::Header header;
  TRY_VOID(jose::read_header(opened.protected_json, jose::Where::Protected, header));
  // [RFC7519 §5.2] a nested token says that it is one
  if (!jose::same_type(header.cty, "JWT")) return refuse(Refusal::WrongType, "the encrypted token does not hold a signed one");
  return opened;
}

int verify(const Arguments& given) {
  const auto policy = policy_of(given);
  if (!policy) return policy.error();
  const auto token = read_input(given);
  if (!token) return token.error();
  const auto keys = read_verifying_keys(given);
  if (!keys) return keys.error();
  std::string inner = *token, outer_header;
  if (is_encrypted(*token)) {
    if (!given.has("--key")) return fail(kNo, "the token is refused: unsupported: it is encrypted", "Give --key with the private key.");
    const auto private_keys = read_keys(given, "--key");
    if (!private_keys) return private_keys.error();
    const auto opened = unwrap(*token, *private_keys);
    if (!opened) return refused("the token", opened.error());
    inner = as_text(opened->plain.read(program::Pass::key()));
    outer_header = opened->protected_json;
  } else if (given.has("--key")) {
    // Read all the same: a key that cannot be read is wrong usage, whatever the token is.
    if (const auto private_keys = read_keys(given, "--key"); !private_keys) return private_keys.error();
  }
  const auto claims = believe(inner, *keys, *policy, outer_header);
  if (!claims) return refused("the token", claims.error());
  if (claims->find("\"cnf\"") != std::string::npos)
    remark(given, "The token is bound to a key or certificate; whether its bearer holds that was not checked.");
  write_json(*claims);
  return kYes;
}

constexpr Operand kInput[] = {{"INPUT", "the token: \"-\" for standard input, or a file"}};
constexpr Option kOptions[] = {
    {"--jwks", "FILE|URL", "the keys of the issuer: a JWK set, a JWK, or a public key in PEM", Count::Once},
    {"--issuer", "ISSUER", "the issuer the token must name, to the letter", Count::Once},
    {"--audience", "AUDIENCE", "the audience the token must name, to the letter", Count::Once},
    {"--typ", "TYPE", "the kind the token must be, as at+jwt; JWT, at+jwt or none where not given"},
    {"--alg", "ALG", "a signature algorithm that is taken; all safe public-key ones where not given", Count::Many},
    {"--leeway", "DURATION", "how far clocks may differ, as 60s; 0s where not given"},
    {"--at", "TIME", "the time to judge by, as 2026-11-24T10:00:00Z or seconds since 1970; now where not given"},
    {"--key", "FILE", "the private key, or set of them, that encrypted tokens are opened with first"},
};
constexpr Command kCommands[] = {
    {"jwt verify", "Verify a JSON Web Token and print its claims",
     "jeton jwt verify - --jwks keys.json --issuer https://issuer.example --audience https://api.example < token", kInput, kOptions, verify,
     "Exits with 0 and prints the claims where all is well, and with 1 and the reason on standard error where it is not. The key is the one "
     "of the token's kid; the algorithm must be the key's. An encrypted token (five parts) is opened with --key and must hold a signed one."},
};

}  // namespace

std::span<const Command> jwt_verify_commands() { return kCommands; }

}  // namespace jeton::cli
