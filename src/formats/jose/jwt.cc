#include "formats/jose/jwt.h"

#include <charconv>

#include "ground/base64url.h"

namespace jeton::jose {
namespace {

constexpr json::Limits kLimits{.size = kMostToken, .depth = 16, .members = 128};
constexpr std::int64_t kLatest = std::int64_t{1} << 40;

constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

Status set_text(Claims& claims, std::string_view& to, const json::Item& item) {
  if (item.kind != json::Kind::String) return bad("a claim that is text is not");
  if (const auto plain = item.plain()) {
    to = *plain;
    return {};
  }
  if (claims.kept_count == claims.kept.size()) return bad("too many claims are spelled with escapes");
  auto& kept = claims.kept[claims.kept_count++];
  kept = std::make_unique<std::string>();
  to = *item.text(*kept);
  return {};
}

enum class Round : std::uint8_t { Down, Up };

// [RFC7519 §2] NumericDate is a JSON number, nothing else. A fraction never makes a token live longer: an end is rounded down, a
// beginning up.
Status set_date(std::optional<std::int64_t>& to, const json::Item& item, Round round) {
  to = item.floor();
  if (!to || *to < 0 || *to > kLatest) return bad("a date is a number of seconds");
  if (round == Round::Down || item.integer()) return {};
  double exact = 0;
  std::from_chars(item.raw.data(), item.raw.data() + item.raw.size(), exact);
  if (exact > static_cast<double>(*to)) ++*to;
  return {};
}

// [RFC7519 §4.1.3] one text, or a list of text
Status set_audience(std::string_view& to, const json::Item& item) {
  to = item.raw;
  if (item.kind == json::Kind::String) return {};
  if (item.kind != json::Kind::Array) return bad("aud is text or a list of text");
  json::Scanner scanner(item.raw, kLimits);
  TRY_VOID(scanner.enter('['));
  for (;;) {
    TRY(const bool more, scanner.another(']'));
    if (!more) return {};
    TRY(const auto one, scanner.value());
    if (one.kind != json::Kind::String) return bad("aud is text or a list of text");
  }
}

Status read_claim(std::string_view name, const json::Item& item, Claims& c) {
  switch (name.size()) {
    case 3:
      if (name == "iss") return set_text(c, c.iss, item);
      if (name == "sub") return set_text(c, c.sub, item);
      if (name == "aud") return set_audience(c.aud, item);
      if (name == "exp") return set_date(c.exp, item, Round::Down);
      if (name == "nbf") return set_date(c.nbf, item, Round::Up);
      if (name == "iat") return set_date(c.iat, item, Round::Up);
      if (name == "jti") return set_text(c, c.jti, item);
      if (name == "dev") return set_text(c, c.dev, item);
      if (name == "azp") return set_text(c, c.azp, item);
      if (name == "cnf") {
        if (item.kind != json::Kind::Object) return bad("cnf is a JSON object");
        c.cnf = item.raw;
      }
      return {};
    case 5:
      if (name == "scope") return set_text(c, c.scope, item);
      if (name == "nonce") return set_text(c, c.nonce, item);
      return {};
    default:
      if (name == "parent") return set_text(c, c.parent, item);
      if (name == "client_id") return set_text(c, c.client_id, item);
      if (name == "auth_time") return set_date(c.auth_time, item, Round::Down);
      return {};
  }
}

void read_into(Result<Claims>& claims, std::string_view payload) {
  Claims& c = claims.emplace();
  const auto read = json::each_member(payload, kLimits, [&](std::string_view name, const json::Item& item) { return read_claim(name, item, c); });
  if (!read) claims = std::unexpected(read.error());
}

// Claims that a kind of token cannot be without.
Status complete(Profile profile, const Claims& c) {
  const auto has = [](std::string_view text) { return text.data() != nullptr; };
  bool all = true;
  switch (profile) {
    case Profile::AccessToken:  // [RFC9068 §2.2]
      all = has(c.iss) && has(c.aud) && has(c.sub) && has(c.client_id) && has(c.jti) && c.iat && c.exp;
      break;
    case Profile::IdToken:  // [OIDC Core §2]
      all = has(c.iss) && has(c.aud) && has(c.sub) && c.iat && c.exp;
      break;
    case Profile::LogoutToken:
    case Profile::SecurityEvent: all = has(c.iss) && has(c.jti) && c.iat; break;
    case Profile::ClientAssertion: all = has(c.iss) && has(c.sub) && has(c.jti) && c.exp; break;  // [RFC7523 §3]
    case Profile::DpopProof: all = has(c.jti) && c.iat; break;                                    // [RFC9449 §4.2]
    case Profile::Generic: break;
  }
  if (!all) return bad("a claim that this kind of token needs is missing");
  return {};
}

Status judge_typ(std::string_view typ, std::string_view expected) {
  if (!expected.empty()) {
    if (same_type(typ, expected)) return {};
  } else if (typ.empty() || same_type(typ, "JWT") || same_type(typ, "at+jwt")) {
    return {};
  }
  return refuse(Refusal::WrongType, "another kind of token");
}

Status judge_window(const Claims& c, Seconds leeway, Instant now) {
  const auto at = now.seconds();
  // Security events and proofs carry no end of their own; every other token has one.
  if (c.exp && at >= *c.exp + leeway.count()) return refuse(Refusal::Expired);
  if (c.nbf && at + leeway.count() < *c.nbf) return refuse(Refusal::NotYetValid);
  if (c.iat && at + leeway.count() < *c.iat) return refuse(Refusal::NotYetValid, "it was issued later than now");
  return {};
}

}  // namespace

bool same_type(std::string_view typ, std::string_view wanted) {
  if (typ == wanted) return true;
  constexpr std::string_view kPrefix = "application/";
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto equal = [&](std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (lower(a[i]) != lower(b[i])) return false;
    return true;
  };
  const auto bare = [&](std::string_view t) {
    return t.size() > kPrefix.size() && equal(t.substr(0, kPrefix.size()), kPrefix) ? t.substr(kPrefix.size()) : t;
  };
  return equal(bare(typ), bare(wanted));
}

Result<ParsedJwt> ParsedJwt::parse(std::string_view token, JwtRoom& room) {
  TRY(const auto parts, split(token));
  ByteSpan left(room.octets);
  std::array<ByteView, 3> decoded;
  std::size_t i = 0;
  for (const auto part : {parts.header, parts.payload, parts.signature}) {
    const auto size = base64url::decode_into(part, left);
    if (!size || *size == 0) return bad("a part is not base64url without padding");
    decoded[i++] = left.first(*size);
    left = left.subspan(*size);
  }
  ParsedJwt jwt;
  TRY_VOID(read_header(as_text(decoded[0]), Where::Protected, jwt.header_));
  if (jwt.header_.alg.empty()) return bad("the header has no alg");
  // [RFC7797 §7] a JWT's payload is always encoded
  if (!jwt.header_.b64 || jwt.header_.has_crit) return refuse(Refusal::Unsupported, "a critical header that no JWT may have");
  jwt.signing_input_ = parts.signing_input;
  jwt.payload_ = as_text(decoded[1]);
  jwt.signature_ = decoded[2];
  jwt.room_ = &room;
  return jwt;
}

Result<VerifiedJwt> ParsedJwt::verify(const crypto::VerifyKey& key) const {
  // [RFC8725 §3.1] the algorithm belongs to the key
  if (header_.alg != crypto::info(key.alg()).name) return refuse(Refusal::Unsupported, "the header's alg is not the key's");
  // What is wrong with claims is told to nobody whose signature is not good: a bad signature is the error then.
  read_into(room_->claims, payload_);
  TRY_VOID(key.verify(as_bytes(signing_input_), signature_));
  return VerifiedJwt(header_, payload_, room_->claims);
}

bool Claims::has_audience(std::string_view wanted) const {
  std::string scratch;
  const auto same = [&](const json::Item& item) { return item.text(scratch) == wanted; };
  json::Scanner scanner(aud, kLimits);
  if (aud.starts_with('"')) {
    if (aud.find('\\') == std::string_view::npos) return aud.substr(1, aud.size() - 2) == wanted;
    const auto one = scanner.value();
    return one && same(*one);
  }
  if (aud.empty() || !scanner.enter('[')) return false;
  for (;;) {
    const auto more = scanner.another(']');
    if (!more || !*more) return false;
    const auto one = scanner.value();
    if (!one) return false;
    if (same(*one)) return true;
  }
}

const Result<Claims>& read_claims(const VerifiedJwt& jwt) { return *jwt.claims_; }

Profile profile_of(std::string_view typ) {
  static constexpr std::pair<std::string_view, Profile> kProfiles[] = {{"at+jwt", Profile::AccessToken},
                                                                {"logout+jwt", Profile::LogoutToken},
                                                                {"dpop+jwt", Profile::DpopProof},
                                                                {"secevent+jwt", Profile::SecurityEvent},
                                                                {"client-authentication+jwt", Profile::ClientAssertion}};
  for (const auto& [name, profile] : kProfiles)
    if (typ.size() >= name.size() && same_type(typ, name)) return profile;
  return Profile::Generic;
}

Status judge(const VerifiedJwt& jwt, const Claims& claims, const Expected& expected, Instant now) {
  TRY_VOID(judge_typ(jwt.header().typ, expected.typ));
  const auto profile = profile_of(jwt.header().typ);
  TRY_VOID(complete(profile, claims));
  const bool needs_end = profile != Profile::LogoutToken && profile != Profile::SecurityEvent && profile != Profile::DpopProof;
  if (needs_end && !claims.exp) return bad("the token has no exp: it would never end");
  if (!expected.issuer.empty() && claims.iss != expected.issuer) return refuse(Refusal::WrongIssuer);
  if (!expected.audience.empty() && !claims.has_audience(expected.audience)) return refuse(Refusal::WrongAudience);
  return judge_window(claims, expected.leeway, now);
}

}  // namespace jeton::jose
