#include "blocks/xml/canonical.h"

#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include <memory>

#include "blocks/xml/libxml.h"

namespace jeton::xml {
namespace {

struct Region {
  const xmlNode* apex;
  const xmlNode* left_out;   // may be null
};

// Asked for every node, attribute and namespace of the document.
int visible(void* data, xmlNode* node, xmlNode* parent) {
  const auto& region = *static_cast<const Region*>(data);
  // A namespace is no xmlNode: only its parent may be walked from.
  const xmlNode* n = node != nullptr && node->type == XML_ELEMENT_NODE ? node : parent;
  for (; n != nullptr; n = n->parent) {
    if (n == region.left_out) return 0;
    if (n == region.apex) return 1;
  }
  return 0;
}

// The apex as all that a document holds, for as long as this lives: the library walks the whole document and looks up every prefix at every
// element of it, also of what it leaves out, and what is around a signature is anybody's. Namespaces are still found above the apex.
class Alone {
 public:
  explicit Alone(xmlNode* apex) : apex_(apex), next_(apex->next), document_(*apex->doc) {
    apex_->next = nullptr;
    document_.children = apex_;
  }
  ~Alone() { apex_->next = next_; }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;
  xmlDoc* document() { return &document_; }

 private:
  xmlNode *apex_, *next_;
  xmlDoc document_;
};

using BufferPtr = std::unique_ptr<xmlOutputBuffer, decltype([](xmlOutputBuffer* b) { xmlOutputBufferClose(b); })>;

void ignore(void*, xmlError*) {}

}  // namespace

void start_library() {
  [[maybe_unused]] static const bool started = [] {
    xmlInitParser();
    return true;
  }();
  [[maybe_unused]] thread_local const bool quiet = [] {
    xmlSetStructuredErrorFunc(nullptr, ignore);
    return true;
  }();
}

Result<std::string> canonical(Element apex, std::span<const std::string> prefixes, std::optional<Element> left_out) {
  start_library();
  std::vector<xmlChar*> list;
  for (const auto& prefix : prefixes) list.push_back(reinterpret_cast<xmlChar*>(const_cast<char*>(prefix.c_str())));
  list.push_back(nullptr);
  const BufferPtr buffer(xmlAllocOutputBuffer(nullptr));
  if (!buffer) return fault(Fault::Crypto, "no memory for canonical XML");
  Region region{apex.node(), left_out ? left_out->node() : nullptr};
  Alone alone(apex.node());
  constexpr int kWithoutComments = 0;
  const int written =
      xmlC14NExecute(alone.document(), visible, &region, XML_C14N_EXCLUSIVE_1_0, list.data(), kWithoutComments, buffer.get());
  const auto* text = xmlOutputBufferGetContent(buffer.get());
  const auto size = xmlOutputBufferGetSize(buffer.get());
  if (written < 0 || text == nullptr || size == 0) return refuse(Refusal::BadSignature, "the element has no canonical form");
  return std::string(reinterpret_cast<const char*>(text), size);
}

}  // namespace jeton::xml
