#include "formats/jose/jwe.h"

#include <array>

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "formats/jose/jwe_keys.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::jose {
namespace {

constexpr std::size_t kMostJwe = 4 << 20;   // of offline tools
constexpr std::size_t kMostRecipients = 16;
constexpr json::Limits kJsonLimits{.size = kMostJwe, .depth = 16, .members = 64};
constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

Result<Bytes> decode(std::string_view part) {
  auto bytes = base64url::decode(part);
  if (!bytes) return bad("a part is not base64url without padding");
  return *std::move(bytes);
}

// What no message here may ask for, and what every one has.
Status acceptable(const Header& header) {
  if (header.alg.empty() || header.enc.empty()) return bad("the header has no alg or no enc");
  // [RFC8725 §3.6] compression tells of what was encrypted, and a small message may unpack to a large one
  if (header.zip) return refuse(Refusal::Unsupported, "compressed messages are not taken");
  if (header.has_crit || header.has_b64) return refuse(Refusal::Unsupported, "a critical header that is not understood");
  return {};
}

// Five parts; the length and the number of points are looked at before anything else.
Result<std::array<std::string_view, 5>> split_five(std::string_view token, std::size_t most) {
  if (token.size() > most) return refuse(Refusal::TooLarge, "the token is too long");
  std::array<std::string_view, 5> parts;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto point = token.find('.');
    if (point == std::string_view::npos) return bad("an encrypted token has five parts");
    parts[i] = token.substr(0, point);
    token.remove_prefix(point + 1);
  }
  if (token.find('.') != std::string_view::npos) return bad("an encrypted token has five parts");
  parts[4] = token;
  return parts;
}

Result<std::string_view> text_member(const json::Value& object, std::string_view name) {
  const auto* member = object.find(name);
  if (member == nullptr) return std::string_view();
  const auto text = member->string();
  // [RFC7516 §7.2.1] what would be empty is left out; the ciphertext of an empty message alone is not
  if (!text || (text->empty() && name != "ciphertext")) return bad("a JWE member that is text is not");
  return *text;
}

Result<std::string_view> object_member(std::string_view json, std::string_view wanted) {
  std::string_view found;
  TRY_VOID(json::each_member(json, kJsonLimits, [&](std::string_view name, const json::Item& item) {
    if (name != wanted) return Status();
    found = item.raw;
    return item.kind == json::Kind::Object ? Status() : Status(bad("a header is a JSON object"));
  }));
  return found;
}

}  // namespace

// Takes a JWE in JSON apart (RFC 7516 §5.2 steps 1 to 8).
struct JweReading {
  std::string_view text;
  ParsedJwe& jwe;
  std::string_view shared;   // the unprotected header

  Status recipient(std::string_view json) {
    TRY(const auto value, json::parse(json, kJsonLimits));
    if (value.object() == nullptr) return bad("a recipient is a JSON object");
    TRY(const auto encrypted, text_member(value, "encrypted_key"));
    TRY(const auto own, object_member(json, "header"));
    ParsedJwe::Recipient r;
    TRY(r.encrypted_key, decode(encrypted));
    const std::string_view beside[] = {shared, own};
    TRY(r.header, read_headers(as_text(jwe.protected_json_), beside));
    TRY_VOID(acceptable(r.header));
    // [RFC7516 §7.2.1] one content algorithm for all
    if (!jwe.recipients_.empty() && jwe.recipients_.front().header.enc != r.header.enc)
      return bad("enc is not the same for all recipients");
    jwe.recipients_.push_back(std::move(r));
    return {};
  }

  Status recipients(const json::Value& value) {
    const auto* list = value.find("recipients");
    // [RFC7516 §7.2.2] one form or the other, not both
    if (list == nullptr) return recipient(text);
    if (value.find("encrypted_key") != nullptr || value.find("header") != nullptr) return bad("either recipients or one of them");
    if (list->array() == nullptr || list->array()->empty()) return bad("recipients is a list");
    if (list->array()->size() > kMostRecipients) return refuse(Refusal::TooLarge, "too many recipients");
    std::string_view raw;
    TRY_VOID(json::each_member(text, kJsonLimits, [&](std::string_view name, const json::Item& item) {
      if (name == "recipients") raw = item.raw;
      return Status();
    }));
    json::Scanner scanner(raw, kJsonLimits);
    TRY_VOID(scanner.enter('['));
    for (;;) {
      TRY(const bool more, scanner.another(']'));
      if (!more) break;
      TRY(const auto one, scanner.value());
      TRY_VOID(recipient(one.raw));
    }
    scanner.leave();
    return {};
  }

  Status read() {
    TRY(const auto value, json::parse(text, kJsonLimits));
    if (value.object() == nullptr) return bad("a JWE in JSON is an object");
    TRY(const auto protected_header, text_member(value, "protected"));
    TRY(const auto aad, text_member(value, "aad"));
    if (value.find("ciphertext") == nullptr) return bad("a JWE in JSON has a ciphertext");
    TRY(const auto ciphertext, text_member(value, "ciphertext"));
    TRY(const auto iv, text_member(value, "iv"));
    TRY(const auto tag, text_member(value, "tag"));
    TRY(shared, object_member(text, "unprotected"));
    TRY(jwe.protected_json_, decode(protected_header));
    TRY(jwe.ciphertext_, decode(ciphertext));
    TRY(jwe.iv_, decode(iv));
    TRY(jwe.tag_, decode(tag));
    TRY_VOID(decode(aad));
    // [RFC7516 §5.2] step 15: as they were received, never written anew
    jwe.associated_ = protected_header;
    if (!aad.empty()) jwe.associated_.append(1, '.').append(aad);
    return recipients(value);
  }
};

Result<ParsedJwe> ParsedJwe::parse(std::string_view compact, std::size_t most) {
  TRY(const auto parts, split_five(compact, most));
  ParsedJwe jwe;
  if (parts[0].empty() || parts[2].empty() || parts[4].empty()) return bad("a part is empty");
  TRY(jwe.protected_json_, decode(parts[0]));
  Recipient reader;
  TRY(reader.header, read_headers(as_text(jwe.protected_json_), {}));
  TRY_VOID(acceptable(reader.header));
  TRY(reader.encrypted_key, decode(parts[1]));
  TRY(jwe.iv_, decode(parts[2]));
  TRY(jwe.ciphertext_, decode(parts[3]));
  TRY(jwe.tag_, decode(parts[4]));
  jwe.associated_ = parts[0];
  jwe.recipients_.push_back(std::move(reader));
  return jwe;
}

Result<ParsedJwe> ParsedJwe::parse_json(std::string_view json) {
  ParsedJwe jwe;
  JweReading reading{json, jwe, {}};
  TRY_VOID(reading.read());
  return jwe;
}

Result<Secret> ParsedJwe::decrypt(const DecryptKey& key, std::size_t recipient) const {
  const auto& [header, encrypted_key] = recipients_[recipient];
  // [RFC8725 §3.1] the algorithm belongs to the key
  if (header.alg != crypto::info(key.alg()).name) return refuse(Refusal::Unsupported, "the header's alg is not the key's");
  const auto enc = crypto::content_alg(header.enc);
  if (!enc) return refuse(Refusal::Unsupported, "an enc that is not known here");
  const auto& content = crypto::info(*enc);
  if (iv_.size() != content.iv_size || tag_.size() != content.tag_size) return bad("the iv or the tag has the wrong length");
  TRY(const auto cek, recover_key(key.body(), header, encrypted_key, *enc));
  return crypto::open_content(*enc, cek, iv_, as_bytes(associated_), ciphertext_, tag_);
}

Result<std::size_t> recipient_for(const ParsedJwe& jwe, const Jwk& key, crypto::KeyAlg alg) {
  for (std::size_t i = 0; i < jwe.recipients(); ++i) {
    const auto& header = jwe.header(i);
    if (header.alg != crypto::info(alg).name) continue;
    if (!header.kid.empty() && !key.kid.empty() && header.kid != key.kid) continue;
    return i;
  }
  return refuse(Refusal::UnknownKey, "no recipient that the key could be");
}

namespace {

struct Encrypted {
  std::string protected_header, encrypted_key, iv, ciphertext, tag;   // base64url
};

Result<Encrypted> encrypt(std::string_view header_members, ByteView plain, std::string_view aad, const EncryptKey& key,
                          crypto::ContentAlg enc, Entropy& entropy) {
  TRY(const auto cek, protect_key(key.body(), enc, entropy));
  std::string header = "{\"alg\":\"";
  header.append(crypto::info(key.alg()).name).append("\",\"enc\":\"").append(crypto::info(enc).name).append("\"");
  if (!header_members.empty()) header.append(",").append(header_members);
  header.append(cek.members).append("}");
  Encrypted out;
  out.protected_header = base64url::encode(as_bytes(header));
  std::string associated = out.protected_header;
  if (!aad.empty()) associated.append(1, '.').append(aad);
  Bytes iv(crypto::info(enc).iv_size);
  TRY_VOID(entropy.fill(iv));
  TRY(const auto sealed, crypto::seal_content(enc, cek.key, iv, as_bytes(associated), plain));
  out.encrypted_key = base64url::encode(cek.encrypted);
  out.iv = base64url::encode(iv);
  out.ciphertext = base64url::encode(sealed.ciphertext);
  out.tag = base64url::encode(sealed.tag);
  return out;
}

}  // namespace

Result<std::string> encrypt_compact(std::string_view header_members, ByteView plain, const EncryptKey& key, crypto::ContentAlg enc,
                                    Entropy& entropy) {
  TRY(const auto e, encrypt(header_members, plain, {}, key, enc, entropy));
  return e.protected_header + "." + e.encrypted_key + "." + e.iv + "." + e.ciphertext + "." + e.tag;
}

Result<std::string> encrypt_json(std::string_view header_members, ByteView plain, ByteView aad, const EncryptKey& key,
                                 crypto::ContentAlg enc, Entropy& entropy) {
  const std::string aad_text = base64url::encode(aad);
  TRY(const auto e, encrypt(header_members, plain, aad_text, key, enc, entropy));
  std::string out;
  json::Writer w(out);
  w.object().member("protected", e.protected_header);
  if (!e.encrypted_key.empty()) w.member("encrypted_key", e.encrypted_key);
  if (!aad_text.empty()) w.member("aad", aad_text);
  w.member("iv", e.iv).member("ciphertext", e.ciphertext).member("tag", e.tag).end_object();
  return out;
}

}  // namespace jeton::jose
