// The one strict XML reader: UTF-8, no DTD, no entities, no processing instructions, everything bounded.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ground/result.h"

struct _xmlDoc;
struct _xmlNode;

namespace jeton::xml {

struct Limits {
  std::size_t size = 512 << 10;   // octets of text
  unsigned depth = 64;            // elements inside each other
  unsigned elements = 20'000;
  unsigned attributes = 64;       // of one element, namespace declarations counted
};

// An element of a document: a view, good as long as the document lives. Attributes are those in no namespace unless said
// otherwise: a prefixed `x:ID` is never taken for `ID`.
class Element {
 public:
  std::string_view name() const;    // without its prefix
  std::string_view space() const;   // its namespace, empty for none
  bool is(std::string_view space, std::string_view name) const;
  std::optional<Element> parent() const;

  std::optional<std::string> attribute(std::string_view name) const;
  // Refuses an attribute in no namespace that is not named here, and one named ID in any namespace.
  Status only_attributes(std::initializer_list<std::string_view> names) const;

  // The elements right below. Malformed where other text than white space stands between them.
  Result<std::vector<Element>> elements() const;
  // The same, whatever stands between.
  std::vector<Element> elements_amid_text() const;
  // All text, joined around comments. Malformed where there is an element in it.
  Result<std::string> text() const;
  // The text of an element that holds nothing else, not even a comment: the form of what is under a signature's rules.
  Result<std::string> plain_text() const;
  // All text of it and everything below it.
  std::string all_text() const;
  // Namespace declarations in scope, nearest first, one a prefix; the empty prefix is the default namespace.
  std::vector<std::pair<std::string, std::string>> scope() const;

  bool operator==(const Element&) const = default;
  explicit Element(_xmlNode* node) : node_(node) {}
  _xmlNode* node() const { return node_; }   // for this room

 private:
  _xmlNode* node_;
};

// A text that was read as XML. Move-only; for one thread at a time.
class Document {
 public:
  // Malformed: not well formed (also: undeclared prefixes), not UTF-8, or an ID that stands twice. Unsupported: a document type
  // declaration, a processing instruction, XML 1.1, another encoding, a relative namespace name. TooLarge: over a limit.
  static Result<Document> parse(std::string_view text, const Limits& limits = {});
  Element root() const;

 private:
  struct Free {
    void operator()(_xmlDoc* document) const;
  };
  explicit Document(std::unique_ptr<_xmlDoc, Free> doc) : doc_(std::move(doc)) {}
  std::unique_ptr<_xmlDoc, Free> doc_;
};

// Walks an element's children in the order a schema gives them.
class Sequence {
 public:
  static Result<Sequence> of(Element parent);
  // The next child where it is this one, and moves past it.
  std::optional<Element> take(std::string_view space, std::string_view name);
  // The next child, whatever it is; nothing at the end.
  std::optional<Element> take_any();
  // Refuses with `what` where the next child is not this one.
  Result<Element> need(std::string_view space, std::string_view name, std::string_view what);
  // Refuses where anything is left.
  Status end(std::string_view what) const;

 private:
  explicit Sequence(std::vector<Element> children) : children_(std::move(children)) {}
  std::vector<Element> children_;
  std::size_t at_ = 0;
};

// Without the white space of XML at both ends.
std::string_view trim(std::string_view text);

}  // namespace jeton::xml
