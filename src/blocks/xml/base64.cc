#include "blocks/xml/base64.h"

#include "ground/base64url.h"

namespace jeton::base64 {

std::optional<Bytes> decode(std::string_view text) {
  // The same digits as base64url but for two, and padding that says nothing new.
  std::string plain;
  plain.reserve(text.size());
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    if (padding != 0 || c == '-' || c == '_') return std::nullopt;
    plain += c == '+' ? '-' : c == '/' ? '_' : c;
  }
  if (padding > 2 || (plain.size() + padding) % 4 != 0) return std::nullopt;
  return base64url::decode(plain);
}

std::string encode(ByteView bytes) {
  auto text = base64url::encode(bytes);
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

}  // namespace jeton::base64
