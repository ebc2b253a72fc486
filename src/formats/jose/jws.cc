#include "formats/jose/jws.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "ground/base64url.h"

namespace jeton::jose {
namespace {

constexpr std::size_t kMostJws = 4 << 20;   // of offline tools
constexpr std::size_t kMostSignatures = 16;
constexpr std::size_t kMostSignature = 2048;   // octets: RSA of 16384 bits
constexpr json::Limits kJsonLimits{.size = kMostJws, .depth = 16, .members = 64};
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
  std::string_view payload;            // as it stands: base64url, or the octets themselves where b64 is false
  std::string_view signature;
};

// What was signed is what is returned: the payload is decoded after the signature over its spelling was found good.
Result<Bytes> verify_parts(const Parts& parts, const Header& header, const crypto::VerifyKey& key) {
  TRY_VOID(agree(header, key));
  TRY(const auto signature, decode(parts.signature));
  std::string input;
  input.reserve(parts.protected_header.size() + 1 + parts.payload.size());
  input.append(parts.protected_header).append(1, '.').append(parts.payload);
  TRY_VOID(key.verify(as_bytes(input), signature));
  if (!header.b64) return Bytes(parts.payload.begin(), parts.payload.end());
  return decode(parts.payload);
}

// [RFC7797 §5.2] in compact form an unencoded payload is plain characters, without the one that parts them.
bool plain_characters(std::string_view payload) {
  return std::all_of(payload.begin(), payload.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '.'; });
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
  (void)json::each_member(json, kJsonLimits, [&](std::string_view name, const json::Item& item) {
    if (name == wanted) found = item.raw;
    return Status();
  });
  return found;
}

// Where the payload is: in the JWS, or beside it.
struct Carried {
  std::optional<std::string> inside;
  std::optional<ByteView> beside;
};

// One signature of a JWS in JSON, taken apart.
struct Entry {
  std::string protected_header, signature;
  Bytes protected_json;
  Header header;   // views into protected_json and the text
};

Result<Entry> read_entry(std::string_view text) {
  TRY(const auto json, json::parse(text, kJsonLimits));
  if (json.object() == nullptr) return bad("a signature entry is a JSON object");
  Entry entry;
  TRY(entry.protected_header, member_text(json, "protected"));
  TRY(entry.signature, member_text(json, "signature"));
  if (entry.signature.empty()) return bad("a signature entry has a signature");
  if (json.find("protected") != nullptr && entry.protected_header.empty()) return bad("a protected header that is there is not empty");
  TRY(entry.protected_json, decode(entry.protected_header));
  const auto* header = json.find("header");
  if (header != nullptr && header->object() == nullptr) return bad("header is a JSON object");
  const std::string_view beside[] = {header ? raw_member(text, "header") : std::string_view()};
  TRY(entry.header, read_headers(as_text(entry.protected_json), beside));
  return entry;
}

Result<Bytes> verify_entry(const Entry& entry, const Carried& payload, const crypto::VerifyKey& key) {
  if (payload.inside) return verify_parts({entry.protected_header, *payload.inside, entry.signature}, entry.header, key);
  const std::string spelled = entry.header.b64 ? base64url::encode(*payload.beside) : std::string(as_text(*payload.beside));
  return verify_parts({entry.protected_header, spelled, entry.signature}, entry.header, key);
}

// Every signature entry is well formed, and one verifies; the error of the last is told where none does.
Result<Bytes> verify_entries(std::string_view signatures, const Carried& payload, const crypto::VerifyKey& key) {
  json::Scanner scanner(signatures, kJsonLimits);
  TRY_VOID(scanner.enter('['));
  std::vector<Entry> entries;
  for (;;) {
    TRY(const bool more, scanner.another(']'));
    if (!more) break;
    if (entries.size() == kMostSignatures) return refuse(Refusal::TooLarge, "too many signatures");
    TRY(const auto text, scanner.value());
    TRY(auto entry, read_entry(text.raw));
    // [RFC7797 §3] the payload has one spelling for all signatures
    if (!entries.empty() && entries.front().header.b64 != entry.header.b64) return bad("b64 is not the same for all signatures");
    entries.push_back(std::move(entry));
  }
  scanner.leave();
  Result<Bytes> verified = bad("there is no signature");
  for (const auto& entry : entries)
    if (verified = verify_entry(entry, payload, key); verified) break;
  return verified;
}

Result<Bytes> verify_json(std::string_view json, std::optional<ByteView> beside, const crypto::VerifyKey& key) {
  TRY(const auto jws, json::parse(json, kJsonLimits));
  if (jws.object() == nullptr) return bad("a JWS in JSON is an object");
  const bool carries = jws.find("payload") != nullptr;
  if (carries == beside.has_value()) return bad(carries ? "the payload is not detached" : "a JWS in JSON has a payload");
  Carried payload{.inside = {}, .beside = beside};
  if (carries) { TRY(payload.inside, member_text(jws, "payload")); }
  const bool flattened = jws.find("signature") != nullptr;
  // [RFC7515 §7.2.2] one form or the other, not both
  if (flattened == (jws.find("signatures") != nullptr)) return bad("either signature or signatures");
  if (flattened) {
    TRY(const auto entry, read_entry(json));
    return verify_entry(entry, payload, key);
  }
  if (jws.find("protected") != nullptr || jws.find("header") != nullptr) return bad("headers stand beside their signature");
  return verify_entries(raw_member(json, "signatures"), payload, key);
}

}  // namespace

Result<Compact> split(std::string_view token, std::size_t most) {
  if (token.size() > most) return refuse(Refusal::TooLarge, "the token is too long");
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return bad("a signed token has three parts");
  return Compact{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1), token.substr(0, second)};
}

Result<Bytes> verify_compact(std::string_view token, const crypto::VerifyKey& key) {
  TRY(const auto parts, split(token, kMostJws));
  if (parts.header.empty() || parts.signature.empty()) return bad("a part is empty");
  TRY(const auto protected_json, decode(parts.header));
  TRY(const auto header, read_headers(as_text(protected_json), {}));
  if (!header.b64 && !plain_characters(parts.payload)) return bad("an unencoded payload is plain characters");
  return verify_parts({parts.header, parts.payload, parts.signature}, header, key);
}

Result<Bytes> verify_json(std::string_view json, const crypto::VerifyKey& key) { return verify_json(json, std::nullopt, key); }

Result<Bytes> verify_detached(std::string_view jws, ByteView payload, const crypto::VerifyKey& key) {
  if (is_json(jws)) return verify_json(jws, payload, key);
  TRY(const auto parts, split(jws, kMostJws));
  if (!parts.payload.empty()) return bad("the payload is not detached");
  if (parts.header.empty() || parts.signature.empty()) return bad("a part is empty");
  TRY(const auto protected_json, decode(parts.header));
  TRY(const auto header, read_headers(as_text(protected_json), {}));
  const std::string spelled = header.b64 ? base64url::encode(payload) : std::string(as_text(payload));
  return verify_parts({parts.header, spelled, parts.signature}, header, key);
}

bool is_json(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

Result<std::string> sign_compact(std::string_view header_members, ByteView payload, const crypto::SignKey& key) {
  std::string header = "{\"alg\":\"";
  header.append(crypto::info(key.alg()).name).append("\"");
  if (!header_members.empty()) header.append(",").append(header_members);
  header += '}';
  std::string out;
  out.reserve(base64url::encoded_size(header.size()) + base64url::encoded_size(payload.size()) +
              base64url::encoded_size(key.signature_size()) + 2);
  base64url::append(out, as_bytes(header));
  out += '.';
  base64url::append(out, payload);
  std::array<std::uint8_t, kMostSignature> room;
  if (key.signature_size() > room.size()) return fault(Fault::Crypto);
  const ByteSpan signature = ByteSpan(room).first(key.signature_size());
  TRY_VOID(key.sign(as_bytes(out), signature));
  out += '.';
  base64url::append(out, signature);
  return out;
}

Result<std::string> sign_as(Form form, Payload spelling, std::string_view header_members, ByteView payload, const crypto::SignKey& key) {
  const bool encoded = spelling == Payload::Encoded;
  std::string members(header_members);
  if (!encoded) members += members.empty() ? R"("b64":false,"crit":["b64"])" : R"(,"b64":false,"crit":["b64"])";
  if (!encoded && form == Form::Compact && !plain_characters(as_text(payload)))
    return refuse(Refusal::Unsupported, "such a payload has no unencoded compact form: detach it");
  if (!encoded && form == Form::Flattened && std::any_of(payload.begin(), payload.end(), [](auto c) { return c >= 0x80; }))
    return refuse(Refusal::Unsupported, "such a payload has no unencoded form in JSON: detach it");
  std::string header = "{\"alg\":\"" + std::string(crypto::info(key.alg()).name) + "\"" + (members.empty() ? "" : ",") + members + "}";
  const std::string protected_header = base64url::encode(as_bytes(header));
  const std::string spelled = encoded ? base64url::encode(payload) : std::string(as_text(payload));
  const std::string input = protected_header + "." + spelled;
  Bytes signature(key.signature_size());
  TRY_VOID(key.sign(as_bytes(input), signature));
  const std::string end = base64url::encode(signature);
  if (form == Form::Compact) return input + "." + end;
  if (form == Form::Detached) return protected_header + ".." + end;
  std::string out;
  json::Writer(out).object().member("payload", spelled).member("protected", protected_header).member("signature", end).end_object();
  return out;
}

}  // namespace jeton::jose
