#include "blocks/http/authorization.h"

#include <array>

#include "blocks/http/form.h"

namespace jeton::http {
namespace {

// b64token, and dots for the parts of a JWT (RFC 6750 §2.1).
constexpr auto kTokenCharacters = [] {
  std::array<bool, 256> good{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/="))
    good[static_cast<unsigned char>(c)] = true;
  return good;
}();

// What follows the scheme; nothing where the field is absent or of another scheme.
Result<std::optional<std::string_view>> credential(const Request& request, std::string_view scheme) {
  std::optional<std::string_view> value;
  for (const auto& f : request.fields) {
    if (f.name.size() != 13 || !iequals(f.name, "authorization")) continue;
    if (value) return refuse(Refusal::Malformed, "more than one Authorization field");
    value = f.value;
  }
  if (!value || value->size() <= scheme.size() || !iequals(value->substr(0, scheme.size()), scheme) || (*value)[scheme.size()] != ' ')
    return std::nullopt;
  value->remove_prefix(scheme.size());
  while (value->starts_with(' ')) value->remove_prefix(1);
  return value;
}

constexpr auto kSextets = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  std::int8_t n = 0;
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
    values[static_cast<unsigned char>(c)] = n++;
  return values;
}();

// Padded base64 of RFC 4648 §4, canonical.
Result<std::string> decode64(std::string_view text) {
  std::string out(text.size() / 4 * 3, '\0');
  std::size_t size = 0;
  if (text.size() % 4 != 0) return refuse(Refusal::Malformed, "not base64");
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  unsigned bits = 0, held = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const int value = kSextets[static_cast<unsigned char>(c)];
    if (value < 0) return refuse(Refusal::Malformed, "not base64");
    held = held << 6 | static_cast<unsigned>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[size++] = static_cast<char>(held >> bits);
    held &= (1u << bits) - 1;
  }
  if (held != 0) return refuse(Refusal::Malformed, "not base64");
  out.resize(size);
  return out;
}

}  // namespace

namespace {
Result<std::optional<std::string_view>> token_of(const Request& request, std::string_view scheme) {
  TRY(const auto token, credential(request, scheme));
  if (!token) return std::nullopt;
  if (token->empty()) return refuse(Refusal::Malformed, "an empty bearer token");
  bool good = true;
  for (const char c : *token) good &= kTokenCharacters[static_cast<unsigned char>(c)];
  if (!good) return refuse(Refusal::Malformed, "not the characters of a bearer token");
  return token;
}
}  // namespace

Result<std::optional<std::string_view>> bearer(const Request& request) { return token_of(request, "Bearer"); }
Result<std::optional<std::string_view>> dpop_token(const Request& request) { return token_of(request, "DPoP"); }

Result<std::optional<Basic>> basic(const Request& request) {
  TRY(const auto encoded, credential(request, "Basic"));
  if (!encoded) return std::nullopt;
  TRY(const auto pair, decode64(*encoded));
  const auto colon = pair.find(':');
  if (colon == std::string::npos) return refuse(Refusal::Malformed, "Basic credentials without a colon");
  Basic out;
  TRY(out.user, percent_decode(std::string_view(pair).substr(0, colon), Plus::Space));
  TRY(out.password, percent_decode(std::string_view(pair).substr(colon + 1), Plus::Space));
  return out;
}

}  // namespace jeton::http
