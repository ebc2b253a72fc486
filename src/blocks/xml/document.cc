#include "blocks/xml/document.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include <algorithm>
#include <set>

#include "blocks/xml/libxml.h"
#include "blocks/xml/outline.h"

namespace jeton::xml {
namespace {

using ContextPtr = std::unique_ptr<xmlParserCtxt, decltype([](xmlParserCtxt* c) { xmlFreeParserCtxt(c); })>;

bool is_text(const xmlNode* n) { return n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE; }

// [RFC3986 §3.1] begins with a scheme. A relative namespace name means different things to different canonicalisers.
bool absolute(std::string_view name) {
  const auto colon = name.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return letter(name[0]) && std::ranges::all_of(name.substr(0, colon), [&](char c) {
           return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
         });
}

bool is_id(std::string_view name) { return name == "ID" || name == "Id" || name == "id" || name == "iD"; }

// What the parser lets through and we do not. IDs are gathered over the whole document: one that stands twice could be one
// element to the verifier and another to the reader.
class Inspection {
 public:
  Status run(const xmlNode* node) {
    for (const xmlNode* n = node; n != nullptr; n = n->next) {
      switch (n->type) {
        case XML_ELEMENT_NODE: TRY_VOID(element(n)); break;
        case XML_TEXT_NODE:
        case XML_CDATA_SECTION_NODE:
        case XML_COMMENT_NODE: break;
        default: return refuse(Refusal::Unsupported, "a kind of XML node that is not accepted");
      }
    }
    return {};
  }

 private:
  Status element(const xmlNode* n) {
    for (const xmlNs* ns = n->nsDef; ns != nullptr; ns = ns->next) {
      const auto name = view(ns->href);
      if (name.empty() ? ns->prefix != nullptr : !absolute(name))
        return refuse(Refusal::Unsupported, "a namespace name that is not absolute");
    }
    for (const xmlAttr* a = n->properties; a != nullptr; a = a->next) {
      for (const xmlNode* part = a->children; part != nullptr; part = part->next)
        if (part->type != XML_TEXT_NODE) return refuse(Refusal::Unsupported, "an entity in an attribute");
      if (!is_id(view(a->name))) continue;
      if (!ids_.insert(attribute_text(a)).second) return refuse(Refusal::Malformed, "an ID stands twice");
    }
    return run(n->children);
  }

  std::set<std::string> ids_;
};

const xmlAttr* find_attribute(const xmlNode* node, std::string_view name) {
  for (const xmlAttr* a = node->properties; a != nullptr; a = a->next)
    if (a->ns == nullptr && view(a->name) == name) return a;
  return nullptr;
}

void append_all(const xmlNode* node, std::string& out) {
  for (const xmlNode* n = node->children; n != nullptr; n = n->next) {
    if (is_text(n)) out += view(n->content);
    if (n->type == XML_ELEMENT_NODE) append_all(n, out);
  }
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

void Document::Free::operator()(_xmlDoc* document) const { xmlFreeDoc(document); }

Result<Document> Document::parse(std::string_view text, const Limits& limits) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  TRY_VOID(outline(text, limits));
  start_library();
  const ContextPtr context(xmlNewParserCtxt());
  if (!context) return fault(Fault::Crypto, "no memory for an XML parser");
  constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT;
  std::unique_ptr<xmlDoc, Free> doc(xmlCtxtReadMemory(context.get(), text.data(), int(text.size()), nullptr, "UTF-8", kOptions));
  if (!doc || context->wellFormed != 1 || context->nsWellFormed != 1) return refuse(Refusal::Malformed, "not well-formed XML");
  if (doc->intSubset != nullptr || doc->extSubset != nullptr) return refuse(Refusal::Unsupported, "a document type declaration");
  if (xmlDocGetRootElement(doc.get()) == nullptr) return refuse(Refusal::Malformed, "no element");
  TRY_VOID(Inspection().run(doc->children));
  return Document(std::move(doc));
}

Element Document::root() const { return Element(xmlDocGetRootElement(doc_.get())); }

std::string_view Element::name() const { return view(node_->name); }
std::string_view Element::space() const { return node_->ns == nullptr ? std::string_view() : view(node_->ns->href); }
bool Element::is(std::string_view space_name, std::string_view local) const { return name() == local && space() == space_name; }

std::optional<Element> Element::parent() const {
  if (node_->parent == nullptr || node_->parent->type != XML_ELEMENT_NODE) return std::nullopt;
  return Element(node_->parent);
}

std::optional<std::string> Element::attribute(std::string_view wanted) const {
  const auto* found = find_attribute(node_, wanted);
  if (found == nullptr) return std::nullopt;
  return attribute_text(found);
}

Status Element::only_attributes(std::initializer_list<std::string_view> names) const {
  for (const xmlAttr* a = node_->properties; a != nullptr; a = a->next) {
    if (a->ns != nullptr && is_id(view(a->name))) return refuse(Refusal::Malformed, "an ID in a namespace");
    if (a->ns == nullptr && std::ranges::find(names, view(a->name)) == names.end())
      return refuse(Refusal::Malformed, "an attribute that does not belong here");
  }
  return {};
}

Result<std::vector<Element>> Element::elements() const {
  for (const xmlNode* n = node_->children; n != nullptr; n = n->next)
    if (is_text(n) && !trim(view(n->content)).empty()) return refuse(Refusal::Malformed, "text where only elements stand");
  return elements_amid_text();
}

std::vector<Element> Element::elements_amid_text() const {
  std::vector<Element> found;
  for (xmlNode* n = node_->children; n != nullptr; n = n->next)
    if (n->type == XML_ELEMENT_NODE) found.emplace_back(n);
  return found;
}

Result<std::string> Element::text() const {
  std::string out;
  for (const xmlNode* n = node_->children; n != nullptr; n = n->next) {
    if (n->type == XML_ELEMENT_NODE) return refuse(Refusal::Malformed, "an element where only text stands");
    if (is_text(n)) out += view(n->content);
  }
  return out;
}

Result<std::string> Element::plain_text() const {
  for (const xmlNode* n = node_->children; n != nullptr; n = n->next)
    if (n->type != XML_TEXT_NODE) return refuse(Refusal::Malformed, "something else where only plain text stands");
  return text();
}

std::string Element::all_text() const {
  std::string out;
  append_all(node_, out);
  return out;
}

std::vector<std::pair<std::string, std::string>> Element::scope() const {
  std::vector<std::pair<std::string, std::string>> found;
  for (const xmlNode* n = node_; n != nullptr && n->type == XML_ELEMENT_NODE; n = n->parent)
    for (const xmlNs* ns = n->nsDef; ns != nullptr; ns = ns->next)
      if (std::ranges::none_of(found, [&](const auto& pair) { return pair.first == view(ns->prefix); }))
        found.emplace_back(view(ns->prefix), view(ns->href));
  return found;
}

Result<Sequence> Sequence::of(Element parent) {
  TRY(auto children, parent.elements());
  return Sequence(std::move(children));
}

std::optional<Element> Sequence::take(std::string_view space, std::string_view name) {
  if (at_ == children_.size() || !children_[at_].is(space, name)) return std::nullopt;
  return children_[at_++];
}

std::optional<Element> Sequence::take_any() {
  if (at_ == children_.size()) return std::nullopt;
  return children_[at_++];
}

Result<Element> Sequence::need(std::string_view space, std::string_view name, std::string_view what) {
  if (const auto found = take(space, name)) return *found;
  return refuse(Refusal::Malformed, what);
}

Status Sequence::end(std::string_view what) const {
  if (at_ != children_.size()) return refuse(Refusal::Malformed, what);
  return {};
}

}  // namespace jeton::xml
