// Appends XML to a string, in canonical form where the caller keeps its order: declarations, then attributes by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jeton::xml {

// Escaped as canonical XML has it (Canonical XML 1.0 §2.3).
void append_text(std::string& out, std::string_view text);
void append_attribute(std::string& out, std::string_view value);

// Whether every character is one that XML can carry (XML 1.0 §2.2), in UTF-8. What it cannot carry is refused, never dropped.
bool representable(std::string_view text);

// Writes elements by their qualified names. One that holds nothing still has an end tag: canonical XML knows no other form.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& start(std::string_view qualified);
  // Right after start: the declarations by prefix, then the attributes by name.
  Writer& space(std::string_view prefix, std::string_view name);
  Writer& attribute(std::string_view name, std::string_view value);
  // Left out where the value is empty.
  Writer& optional(std::string_view name, std::string_view value);
  Writer& text(std::string_view text);
  // XML that was made elsewhere.
  Writer& raw(std::string_view xml);
  Writer& end();
  Writer& leaf(std::string_view qualified, std::string_view content) { return start(qualified).text(content).end(); }

  // Whether all that was written can be carried by XML.
  bool good() const { return good_; }

 private:
  void close_tag();
  std::string& out_;
  std::vector<std::string> open_;
  bool in_tag_ = false;
  bool good_ = true;
};

}  // namespace jeton::xml
