// Appends JSON to a string.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace jeton::json {

// Commas come by themselves; nesting is the caller's to close. Text must be UTF-8.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& array() { return open('['); }
  Writer& end_array() { return close(']'); }
  Writer& key(std::string_view name);
  Writer& string(std::string_view text);
  Writer& number(std::int64_t n);
  Writer& boolean(bool b) { return raw(b ? "true" : "false"); }
  Writer& null() { return raw("null"); }
  // JSON that was made elsewhere.
  Writer& raw(std::string_view json);

  // A member in one go.
  Writer& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  Writer& member(std::string_view name, const char* text) { return key(name).string(text); }
  Writer& member(std::string_view name, std::int64_t n) { return key(name).number(n); }
  Writer& flag(std::string_view name, bool b) { return key(name).boolean(b); }
  // null where the text is empty.
  Writer& optional(std::string_view name, std::string_view text) {
    key(name);
    return text.empty() ? null() : string(text);
  }
  template <class List>
  Writer& strings(std::string_view name, const List& list) {
    key(name).array();
    for (const auto& s : list) string(s);
    return end_array();
  }

 private:
  Writer& open(char c);
  Writer& close(char c);
  void comma();

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace jeton::json
