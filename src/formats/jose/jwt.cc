#include "formats/jose/jwt.h"

#include <algorithm>
#include <charconv>

#include "ground/base64url.h"

namespace jeton::jose {
namespace {

constexpr json::Limits kLimits{.size = kMostToken, .depth = 16, .members = 128};
constexpr std::int64_t kLatest = std::int64_t{1} << 40;

constexpr std::string_view kNotEncoded = "a part is not base64url without padding";
constexpr std::string_view kTakenOver = "the room was given to another token";

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
  const auto whole = item.integer();
  to = whole ? whole : item.floor();
  if (!to || *to < 0 || *to > kLatest) return bad("a date is a number of seconds");
  if (whole || round == Round::Down) return {};
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

// A name of three letters as one number, so that which it is costs one look.
constexpr std::uint32_t three(std::string_view name) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(name[i])); };
  return at(0) << 16 | at(1) << 8 | at(2);
}

// The claim that a name of text is kept in, or null.
std::string_view* text_of(std::string_view name, Claims& c) {
  switch (name.size()) {
    case 3:
      switch (three(name)) {
        case three("iss"): return &c.iss;
        case three("sub"): return &c.sub;
        case three("jti"): return &c.jti;
        case three("dev"): return &c.dev;
        case three("azp"): return &c.azp;
        default: return nullptr;
      }
    case 5: return name == "scope" ? &c.scope : name == "nonce" ? &c.nonce : nullptr;
    case 6: return name == "parent" ? &c.parent : name == "acting" ? &c.acting : nullptr;
    case 9: return name == "client_id" ? &c.client_id : nullptr;
    default: return nullptr;
  }
}

Status read_claim(std::string_view name, const json::Item& item, Claims& c) {
  if (auto* const text = text_of(name, c)) return set_text(c, *text, item);
  if (name.size() == 9 && name == "auth_time") return set_date(c.auth_time, item, Round::Down);
  if (name.size() != 3) return {};
  switch (three(name)) {
    case three("aud"): return set_audience(c.aud, item);
    case three("exp"): return set_date(c.exp, item, Round::Down);
    case three("nbf"): return set_date(c.nbf, item, Round::Up);
    case three("iat"): return set_date(c.iat, item, Round::Up);
    case three("cnf"):
      if (item.kind != json::Kind::Object) return bad("cnf is a JSON object");
      c.cnf = item.raw;
      return {};
    default: return {};
  }
}

void read_into(Result<Claims>& claims, std::string_view payload) {
  Claims& c = claims.emplace();
  const auto read =
      json::each_member(payload, kLimits, [&](std::string_view name, const json::Item& item) { return read_claim(name, item, c); });
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

// What is known of a text stays true of it: the same text says the same.
Status JwtRoom::take_header(std::string_view text) {
  if (!text.empty() && text == std::string_view(header_text_.data(), header_size_)) return {};
  header_size_ = 0;
  header_ = {};
  const auto size = base64url::decode_into(text, octets_->header);
  if (!size || *size == 0) return bad(kNotEncoded);
  TRY_VOID(read_header(as_text(ByteView(octets_->header).first(*size)), Where::Protected, header_));
  if (header_.alg.empty()) return bad("the header has no alg");
  // [RFC7797 §7] a JWT's payload is always encoded
  if (!header_.b64 || header_.has_crit) return refuse(Refusal::Unsupported, "a critical header that no JWT may have");
  profile_ = profile_of(header_.typ);
  if (text.size() > header_text_.size()) return {};
  std::copy(text.begin(), text.end(), header_text_.begin());
  header_size_ = text.size();
  return {};
}

Result<ParsedJwt> ParsedJwt::parse(std::string_view token, JwtRoom& room) {
  ++room.turn_;
  TRY(const auto parts, split(token));
  TRY_VOID(room.take_header(parts.header));
  const auto payload = base64url::decode_into(parts.payload, room.octets_->token);
  if (!payload || *payload == 0) return bad(kNotEncoded);
  const auto left = ByteSpan(room.octets_->token).subspan(*payload);
  const auto signature = base64url::decode_into(parts.signature, left);
  if (!signature || *signature == 0) return bad(kNotEncoded);
  ParsedJwt jwt;
  jwt.signing_input_ = parts.signing_input;
  jwt.payload_ = as_text(ByteView(room.octets_->token).first(*payload));
  jwt.signature_ = left.first(*signature);
  jwt.room_ = &room;
  jwt.turn_ = room.turn_;
  return jwt;
}

Result<VerifiedJwt> ParsedJwt::verify(const crypto::VerifyKey& key) const {
  if (turn_ != room_->turn_) return fault(Fault::Crypto, kTakenOver);
  // [RFC8725 §3.1] the algorithm belongs to the key
  if (header().alg != crypto::info(key.alg()).name) return refuse(Refusal::Unsupported, "the header's alg is not the key's");
  // What is wrong with claims is told to nobody whose signature is not good: a bad signature is the error then.
  read_into(room_->claims_, payload_);
  TRY_VOID(key.verify(as_bytes(signing_input_), signature_));
  return VerifiedJwt(*room_, payload_);
}

const Result<Claims>& read_claims(const VerifiedJwt& jwt) {
  static const Result<Claims> taken_over = fault(Fault::Crypto, kTakenOver);
  return jwt.turn_ == jwt.room_->turn_ ? jwt.room_->claims_ : taken_over;
}

bool Claims::has_audience(std::string_view wanted) const {
  const bool alone = aud.starts_with('"');
  if (alone && aud.find('\\') == std::string_view::npos) return aud.substr(1, aud.size() - 2) == wanted;
  std::string scratch;
  const auto same = [&](const Result<json::Item>& item) { return item && item->text(scratch) == wanted; };
  json::Scanner scanner(aud, kLimits);
  if (alone) return same(scanner.value());
  if (aud.empty() || !scanner.enter('[')) return false;
  for (;;) {
    const auto more = scanner.another(']');
    if (!more || !*more) return false;
    const auto next = scanner.value();
    if (!next) return false;
    if (same(next)) return true;
  }
}

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
  const auto profile = jwt.profile();
  TRY_VOID(complete(profile, claims));
  const bool needs_end = profile != Profile::LogoutToken && profile != Profile::SecurityEvent && profile != Profile::DpopProof;
  if (needs_end && !claims.exp) return bad("the token has no exp: it would never end");
  if (expected.issuer && (claims.iss != *expected.issuer || claims.iss.empty())) return refuse(Refusal::WrongIssuer);
  if (expected.audience && (expected.audience->empty() || !claims.has_audience(*expected.audience))) return refuse(Refusal::WrongAudience);
  return judge_window(claims, expected.leeway, now);
}

}  // namespace jeton::jose
