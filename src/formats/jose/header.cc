#include "formats/jose/header.h"

#include <algorithm>

#include "blocks/json/scanner.h"

namespace jeton::jose {
namespace {

constexpr json::Limits kLimits{.size = 16 * 1024, .depth = 8, .members = 64};

constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

Status set(std::string_view& to, const json::Item& item) {
  const auto plain = item.plain();
  // Compared to the letter, so there is one way to spell it.
  if (!plain || plain->empty()) return bad("a header value is not plain text");
  if (to.data() != nullptr) return bad("a header name stands twice");
  to = *plain;
  return {};
}

// [RFC7515 §4.1.11] what is critical must be understood; nothing but b64 is. Never empty, no name twice.
Status read_crit(const json::Item& item, Header& header) {
  json::Scanner scanner(item.raw, kLimits);
  TRY_VOID(scanner.enter('['));
  header.has_crit = true;
  for (;;) {
    TRY(const bool more, scanner.another(']'));
    if (!more) break;
    TRY(const auto name, scanner.value());
    if (name.plain() != "b64" || header.crit_names_b64) return refuse(Refusal::Unsupported, "a critical header that is not understood");
    header.crit_names_b64 = true;
  }
  scanner.leave();
  if (!header.crit_names_b64) return bad("crit is empty");
  return {};
}

// The member that a name of text is kept in, or null.
std::string_view* text_of(std::string_view name, Header& h) {
  switch (name.size()) {
    case 2: return name == "iv" ? &h.iv : nullptr;
    case 3:
      if (name == "alg") return &h.alg;
      if (name == "kid") return &h.kid;
      if (name == "typ") return &h.typ;
      if (name == "enc") return &h.enc;
      if (name == "cty") return &h.cty;
      if (name == "apu") return &h.apu;
      if (name == "apv") return &h.apv;
      if (name == "tag") return &h.tag;
      return name == "p2s" ? &h.p2s : nullptr;
    default: return nullptr;
  }
}

Status read_member(std::string_view name, const json::Item& item, Where where, Header& h) {
  if (auto* text = text_of(name, h)) return set(*text, item);
  if (name == "epk") {
    if (item.kind != json::Kind::Object) return bad("epk is a JSON object");
    h.epk = item.raw;
  } else if (name == "zip") {
    h.zip = true;
  } else if (name == "crit") {
    if (where == Where::Unprotected) return bad("crit stands outside the protected header");
    return read_crit(item, h);
  } else if (name == "b64") {
    if (where == Where::Unprotected || (item.kind != json::Kind::True && item.kind != json::Kind::False))
      return bad("b64 is true or false, and protected");
    h.has_b64 = true;
    h.b64 = item.kind == json::Kind::True;
  } else if (name == "p2c") {
    h.p2c = item.integer();
    if (!h.p2c) return bad("p2c is a whole number");
  }
  return {};
}

}  // namespace

Status read_header(std::string_view json, Where where, Header& header) {
  TRY_VOID(json::each_member(json, kLimits,
                             [&](std::string_view name, const json::Item& item) { return read_member(name, item, where, header); }));
  if (where == Where::Unprotected) return {};
  // [RFC7797 §6] an unencoded payload is critical: who does not know it must not go on.
  if (!header.b64 && !header.crit_names_b64) return bad("b64 is not named in crit");
  // [RFC7515 §4.1.11] what is critical is there
  if (header.crit_names_b64 && !header.has_b64) return bad("crit names what the header does not have");
  return {};
}

Result<Header> read_headers(std::string_view protected_json, std::span<const std::string_view> unprotected) {
  Header header;
  std::vector<std::string> names;
  const auto note = [&](std::string_view name, const json::Item&) {
    names.emplace_back(name);
    return Status();
  };
  if (!protected_json.empty()) {
    TRY_VOID(read_header(protected_json, Where::Protected, header));
    TRY_VOID(json::each_member(protected_json, kLimits, note));
  }
  for (const auto part : unprotected) {
    if (part.empty()) continue;
    TRY_VOID(json::each_member(part, kLimits, note));
    TRY_VOID(read_header(part, Where::Unprotected, header));
  }
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) return bad("a header name stands twice");
  return header;
}

}  // namespace jeton::jose
