// What this room's files share of libxml2: views of its strings, and its start.
#pragma once

#include <libxml/tree.h>

#include <string>
#include <string_view>

namespace jeton::xml {

inline std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

// The value of an attribute whose nodes are text.
inline std::string attribute_text(const xmlAttr* attribute) {
  std::string out;
  for (const xmlNode* n = attribute->children; n != nullptr; n = n->next) out += view(n->content);
  return out;
}

// Starts the library once and silences it on this thread: it writes on standard error by itself otherwise.
void start_library();

}  // namespace jeton::xml
