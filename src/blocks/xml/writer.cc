#include "blocks/xml/writer.h"

#include "blocks/http/form.h"

namespace jeton::xml {

void append_text(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '\r': out += "&#xD;"; break;
      default: out += c;
    }
  }
}

void append_attribute(std::string& out, std::string_view value) {
  for (const char c : value) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '"': out += "&quot;"; break;
      case '\t': out += "&#x9;"; break;
      case '\n': out += "&#xA;"; break;
      case '\r': out += "&#xD;"; break;
      default: out += c;
    }
  }
}

bool representable(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
  // U+FFFE and U+FFFF are characters of UTF-8 and not of XML.
  return text.find("\xef\xbf\xbe") == std::string_view::npos && text.find("\xef\xbf\xbf") == std::string_view::npos &&
         http::well_formed_utf8(text);
}

void Writer::close_tag() {
  if (in_tag_) out_ += '>';
  in_tag_ = false;
}

Writer& Writer::start(std::string_view qualified) {
  close_tag();
  out_.append("<").append(qualified);
  open_.emplace_back(qualified);
  in_tag_ = true;
  return *this;
}

Writer& Writer::space(std::string_view prefix, std::string_view name) { return attribute("xmlns:" + std::string(prefix), name); }

Writer& Writer::attribute(std::string_view name, std::string_view value) {
  good_ = good_ && in_tag_ && representable(value);
  out_.append(" ").append(name).append("=\"");
  append_attribute(out_, value);
  out_ += '"';
  return *this;
}

Writer& Writer::optional(std::string_view name, std::string_view value) { return value.empty() ? *this : attribute(name, value); }

Writer& Writer::text(std::string_view text) {
  close_tag();
  good_ = good_ && representable(text);
  append_text(out_, text);
  return *this;
}

Writer& Writer::raw(std::string_view xml) {
  close_tag();
  out_ += xml;
  return *this;
}

Writer& Writer::end() {
  close_tag();
  out_.append("</").append(open_.back()).append(">");
  open_.pop_back();
  return *this;
}

}  // namespace jeton::xml
