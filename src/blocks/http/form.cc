#include "blocks/http/form.h"

#include "blocks/json/scanner.h"

namespace jeton::http {
namespace {

constexpr std::size_t kMostParameters = 64;

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

}  // namespace

bool well_formed_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && static_cast<signed char>(text[i]) >= 0) ++i;   // ASCII, mostly all of it
  while (i < text.size()) {
    const auto n = json::utf8_sequence(text.substr(i));
    if (n == 0) return false;
    i += n;
  }
  return true;
}

Result<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  std::size_t clean = 0;   // what is before it stands in `out`
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c != '%' && c != '+' && c != '\0') continue;
    out.append(text.substr(clean, i - clean));
    if (c == '+' && plus == Plus::Space) c = ' ';
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex(text[i + 1]) : -1, low = i + 2 < text.size() ? hex(text[i + 2]) : -1;
      if (high < 0 || low < 0) return refuse(Refusal::Malformed, "a percent sign without two hex digits");
      c = static_cast<char>(high << 4 | low);
      i += 2;
    }
    if (c == '\0') return refuse(Refusal::Malformed, "a NUL octet");
    out += c;
    clean = i + 1;
  }
  out.append(text.substr(clean));
  if (!well_formed_utf8(out)) return refuse(Refusal::Malformed, "not UTF-8");
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (unreserved(c)) {
      out += c;
      continue;
    }
    out += '%';
    out += kHex[static_cast<unsigned char>(c) >> 4];
    out += kHex[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

Result<Form> Form::parse(std::string_view text) {
  Form form;
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (form.parameters_.size() == kMostParameters) return refuse(Refusal::TooLarge, "too many parameters");
    const auto equals = std::min(pair.find('='), pair.size());
    TRY(auto name, percent_decode(pair.substr(0, equals), Plus::Space));
    TRY(auto value, percent_decode(pair.substr(std::min(equals + 1, pair.size())), Plus::Space));
    if (form.get(name)) return refuse(Refusal::Malformed, "a parameter stands twice");
    form.parameters_.emplace_back(std::move(name), std::move(value));
  }
  return form;
}

std::optional<std::string_view> Form::get(std::string_view name) const {
  for (const auto& [key, value] : parameters_)
    if (key == name) return value;
  return std::nullopt;
}

}  // namespace jeton::http
