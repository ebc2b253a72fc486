#include "blocks/crypto/pkcs11/uri.h"

#include <optional>

namespace jeton::crypto::pkcs11 {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(digit(text[i + 1]) << 4 | digit(text[i + 2]));
    i += 2;
  }
  return out;
}

Status take(Uri& uri, std::string_view attribute) {
  const auto equals = attribute.find('=');
  if (equals == std::string_view::npos) return refuse(Refusal::Malformed, "a PKCS#11 URI has attributes of the form name=value");
  const auto name = attribute.substr(0, equals);
  auto value = decoded(attribute.substr(equals + 1));
  if (!value || value->empty()) return refuse(Refusal::Malformed, "an attribute of the PKCS#11 URI has no value, or a wrong % in it");
  if (name == "pin-value") return refuse(Refusal::Denied, "a PIN does not stand in a PKCS#11 URI: use pin-source=file:/path");
  if (name == "type")
    return *value == "secret-key" || *value == "private" ? Status() : Status(refuse(Refusal::Malformed, "type: secret-key or private"));
  if (name == "id") {
    if (!uri.id.empty()) return refuse(Refusal::Malformed, "an attribute stands twice in the PKCS#11 URI");
    uri.id.assign(value->begin(), value->end());
    return {};
  }
  std::string* const place = name == "token"         ? &uri.token
                             : name == "serial"      ? &uri.serial
                             : name == "object"      ? &uri.object
                             : name == "module-path" ? &uri.module_path
                             : name == "pin-source"  ? &uri.pin_source
                                                     : nullptr;
  if (place == nullptr) return refuse(Refusal::Malformed, "known in a PKCS#11 URI: token serial object id type module-path pin-source");
  if (!place->empty()) return refuse(Refusal::Malformed, "an attribute stands twice in the PKCS#11 URI");
  *place = *std::move(value);
  return {};
}

Status take_all(Uri& uri, std::string_view list, char separator) {
  while (!list.empty()) {
    const auto one = list.substr(0, list.find(separator));
    list.remove_prefix(std::min(one.size() + 1, list.size()));
    TRY_VOID(take(uri, one));
  }
  return {};
}

}  // namespace

Result<Uri> parse_uri(std::string_view text) {
  constexpr std::string_view kScheme = "pkcs11:";
  if (!text.starts_with(kScheme)) return refuse(Refusal::Malformed, "a PKCS#11 URI begins with pkcs11:");
  text.remove_prefix(kScheme.size());
  const auto question = text.find('?');
  Uri uri;
  TRY_VOID(take_all(uri, text.substr(0, question), ';'));
  if (question != std::string_view::npos) TRY_VOID(take_all(uri, text.substr(question + 1), '&'));
  if (uri.token.empty() && uri.serial.empty())
    return refuse(Refusal::Malformed, "the PKCS#11 URI names no token: token=LABEL or serial=NUMBER");
  if (uri.object.empty() && uri.id.empty()) return refuse(Refusal::Malformed, "the PKCS#11 URI names no key: object=LABEL or id=%01");
  if (uri.module_path.empty()) return refuse(Refusal::Malformed, "the PKCS#11 URI names no module: module-path=/path/to/module.so");
  return uri;
}

}  // namespace jeton::crypto::pkcs11
