#include "formats/jose/jws.h"

#include "blocks/json/value.h"
#include "ground/base64url.h"

namespace jeton::jose {
namespace {

constexpr std::size_t kMostJws = 4 << 20;   // of offline tools
constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

Result<Bytes> decode(std::string_view part) {
  auto bytes = base64url::decode(part);
  if (!bytes) return bad("a part is not base64url without padding");
  return *std::move(bytes);
}

// The algorithm belongs to the key; the header only has to agree.
Status agree(const Header& header, const crypto::VerifyKey& key) {
  if (header.alg.empty()) return bad("the header has no alg");
  if (header.alg != crypto::info(key.alg()).name) return refuse(Refusal::Unsupported, "the header's alg is not the key's");
  return {};
}

struct Parts {
  std::string_view protected_header;   // base64url; may be empty in JSON
  std::string_view unprotected;        // JSON; may be empty
  std::string_view payload;            // as it stands: base64url, or the octets themselves where b64 is false
  std::string_view signature;
};

// What was signed is what is returned: the payload is decoded after the signature over its spelling was found good.
Result<Bytes> verify_parts(const Parts& parts, const crypto::VerifyKey& key) {
  TRY(const auto protected_json, decode(parts.protected_header));
  Header header;
  if (!protected_json.empty()) TRY_VOID(read_header(as_text(protected_json), Where::Protected, header));
  if (!parts.unprotected.empty()) {
    // [RFC7515 §7.2.1] the names of both parts are disjoint: one reading of the two together finds a repetition.
    const std::string_view inner = as_text(protected_json);
    std::string both(inner.empty() ? "{" : inner.substr(0, inner.rfind('}')));
    const auto more = parts.unprotected.substr(1);
    if (both.find_first_not_of(" \t\r\n{") != std::string::npos && more.find_first_not_of(" \t\r\n}") != std::string_view::npos) both += ',';
    both += more;
    TRY_VOID(json::each_member(both, {}, [](auto, const auto&) { return Status(); }));
    TRY_VOID(read_header(parts.unprotected, Where::Unprotected, header));
  }
  TRY_VOID(agree(header, key));
  TRY(const auto signature, decode(parts.signature));
  std::string input;
  input.reserve(parts.protected_header.size() + 1 + parts.payload.size());
  input.append(parts.protected_header).append(1, '.').append(parts.payload);
  TRY_VOID(key.verify(as_bytes(input), signature));
  if (!header.b64) return Bytes(parts.payload.begin(), parts.payload.end());
  return decode(parts.payload);
}

Result<std::string> member_text(const json::Value& object, std::string_view name) {
  const auto* member = object.find(name);
  if (member == nullptr) return std::string();
  const auto text = member->string();
  if (!text) return bad("a JWS member that is text is not");
  return std::string(*text);
}

// The object as it stands in the text, so that the reader that knows headers reads it.
std::string_view raw_member(std::string_view json, std::string_view wanted) {
  std::string_view found;
  (void)json::each_member(json, {.size = kMostJws, .depth = 16, .members = 64}, [&](std::string_view name, const json::Item& item) {
    if (name == wanted) found = item.raw;
    return Status();
  });
  return found;
}

Result<Bytes> verify_entry(std::string_view entry_json, const std::string& payload, const crypto::VerifyKey& key) {
  TRY(const auto entry, json::parse(entry_json, {.size = kMostJws, .depth = 16, .members = 64}));
  if (entry.object() == nullptr) return bad("a signature entry is a JSON object");
  TRY(const auto protected_header, member_text(entry, "protected"));
  TRY(const auto signature, member_text(entry, "signature"));
  const auto* header = entry.find("header");
  if (header != nullptr && header->object() == nullptr) return bad("header is a JSON object");
  if (signature.empty()) return bad("a signature entry has a signature");
  return verify_parts({protected_header, header ? raw_member(entry_json, "header") : std::string_view(), payload, signature}, key);
}

// Every signature entry is well formed, and one verifies; the error of the last is told where none does.
Result<Bytes> verify_entries(std::string_view signatures, const std::string& payload, const crypto::VerifyKey& key) {
  json::Scanner scanner(signatures, {.size = kMostJws, .depth = 16, .members = 64});
  TRY_VOID(scanner.enter('['));
  Result<Bytes> verified = bad("there is no signature");
  for (int n = 0;; ++n) {
    TRY(const bool more, scanner.another(']'));
    if (!more) break;
    if (n == 16) return refuse(Refusal::TooLarge, "too many signatures");
    TRY(const auto entry, scanner.value());
    auto one = verify_entry(entry.raw, payload, key);
    if (!one && one.error().is(Refusal::Malformed)) return one;
    if (!verified) verified = std::move(one);
  }
  scanner.leave();
  return verified;
}

}  // namespace

Result<Compact> split(std::string_view token, std::size_t most) {
  if (token.size() > most) return refuse(Refusal::TooLarge, "the token is too long");
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return bad("a signed token has three parts");
  return Compact{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
                 token.substr(0, second)};
}

Result<Bytes> verify_compact(std::string_view token, const crypto::VerifyKey& key) {
  TRY(const auto parts, split(token, kMostJws));
  if (parts.header.empty() || parts.signature.empty()) return bad("a part is empty");
  return verify_parts({parts.header, {}, parts.payload, parts.signature}, key);
}

Result<Bytes> verify_json(std::string_view json, const crypto::VerifyKey& key) {
  TRY(const auto jws, json::parse(json, {.size = kMostJws, .depth = 16, .members = 64}));
  if (jws.object() == nullptr || jws.find("payload") == nullptr) return bad("a JWS in JSON has a payload");
  TRY(const auto payload, member_text(jws, "payload"));
  const bool flattened = jws.find("signature") != nullptr;
  // [RFC7515 §7.2.2] one form or the other, not both
  if (flattened == (jws.find("signatures") != nullptr)) return bad("either signature or signatures");
  if (flattened) return verify_entry(json, payload, key);
  if (jws.find("protected") != nullptr || jws.find("header") != nullptr) return bad("headers stand beside their signature");
  return verify_entries(raw_member(json, "signatures"), payload, key);
}

Result<Bytes> verify_detached(std::string_view jws, ByteView payload, const crypto::VerifyKey& key) {
  TRY(const auto parts, split(jws, kMostJws));
  if (!parts.payload.empty()) return bad("the payload is not detached");
  TRY(const auto header_json, decode(parts.header));
  Header header;
  TRY_VOID(read_header(as_text(header_json), Where::Protected, header));
  const std::string carried = header.b64 ? base64url::encode(payload) : std::string(as_text(payload));
  return verify_parts({parts.header, {}, carried, parts.signature}, key);
}

Result<std::string> sign_compact(std::string_view header_members, ByteView payload, const crypto::SignKey& key) {
  std::string header = "{\"alg\":\"";
  header.append(crypto::info(key.alg()).name).append("\"");
  if (!header_members.empty()) header.append(",").append(header_members);
  header += '}';
  std::string out = base64url::encode(as_bytes(header));
  out += '.';
  base64url::append(out, payload);
  Bytes signature(key.signature_size());
  TRY_VOID(key.sign(as_bytes(out), signature));
  out += '.';
  base64url::append(out, signature);
  return out;
}

}  // namespace jeton::jose
