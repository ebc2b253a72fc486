#include "blocks/xml/outline.h"

#include "blocks/http/form.h"

namespace jeton::xml {
namespace {

constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }
// Of an element and all that it stands in. Any of them may declare a namespace, and each is looked at for every prefix below.
constexpr unsigned kMostAround = 256;
bool white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool same_letters(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if ((a[i] >= 'A' && a[i] <= 'Z' ? a[i] + ('a' - 'A') : a[i]) != lower[i]) return false;
  return true;
}

// The quoted value of `name` in an XML declaration; nothing where it is not there.
std::optional<std::string_view> pseudo_attribute(std::string_view declaration, std::string_view name) {
  const auto at = declaration.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  const auto open = declaration.find_first_of("\"'", at);
  if (open == std::string_view::npos) return std::string_view();
  const auto close = declaration.find(declaration[open], open + 1);
  if (close == std::string_view::npos) return std::string_view();
  return declaration.substr(open + 1, close - open - 1);
}

class Scan {
 public:
  Scan(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  Status run() {
    TRY_VOID(declaration());
    for (at_ = text_.find('<', at_); at_ != std::string_view::npos; at_ = text_.find('<', at_)) TRY_VOID(markup());
    return {};
  }

 private:
  // [XML §2.8] version 1.0, and UTF-8 where an encoding is named.
  Status declaration() {
    if (!text_.starts_with("<?xml") || text_.size() < 6 || !white(text_[5])) return {};
    const auto end = text_.find("?>");
    if (end == std::string_view::npos) return bad("the XML declaration has no end");
    const auto inside = text_.substr(5, end - 5);
    if (pseudo_attribute(inside, "version") != "1.0") return refuse(Refusal::Unsupported, "XML 1.0 only");
    const auto encoding = pseudo_attribute(inside, "encoding");
    if (encoding && !same_letters(*encoding, "utf-8")) return refuse(Refusal::Unsupported, "UTF-8 only");
    at_ = end + 2;
    return {};
  }

  Status markup() {
    const auto rest = text_.substr(at_);
    if (rest.starts_with("<!--")) return past("-->", 4);
    if (rest.starts_with("<![CDATA[")) return past("]]>", 9);
    if (rest.starts_with("<!")) return refuse(Refusal::Unsupported, "a document type declaration");
    if (rest.starts_with("<?")) return refuse(Refusal::Unsupported, "a processing instruction");
    if (rest.starts_with("</")) {
      if (!open_.empty()) {
        around_ -= open_.back();
        open_.pop_back();
      }
      return past(">", 2);
    }
    return start_tag();
  }

  Status past(std::string_view end, std::size_t from) {
    const auto found = text_.find(end, at_ + from);
    if (found == std::string_view::npos) return bad("markup without an end");
    at_ = found + end.size();
    return {};
  }

  Status start_tag() {
    unsigned attributes = 0;
    std::size_t i = at_ + 1;
    while (i < text_.size() && text_[i] != '>') {
      if (text_[i] == '"' || text_[i] == '\'') {
        if (++attributes > limits_.attributes) return refuse(Refusal::TooLarge, "an element with too many attributes");
        i = text_.find(text_[i], i + 1);
        if (i == std::string_view::npos) return bad("an attribute without an end");
      }
      ++i;
    }
    if (i >= text_.size()) return bad("markup without an end");
    if (++elements_ > limits_.elements) return refuse(Refusal::TooLarge, "too many elements");
    if (open_.size() + 1 > limits_.depth) return refuse(Refusal::TooLarge, "elements too deep inside each other");
    if (around_ + attributes > kMostAround) return refuse(Refusal::TooLarge, "an element inside too many attributes");
    if (text_[i - 1] != '/') {
      open_.push_back(attributes);
      around_ += attributes;
    }
    at_ = i + 1;
    return {};
  }

  std::string_view text_;
  const Limits& limits_;
  std::size_t at_ = 0;
  unsigned elements_ = 0;
  std::vector<unsigned> open_;   // attributes of each element that has no end yet
  unsigned around_ = 0;          // all of them
};

}  // namespace

Status outline(std::string_view text, const Limits& limits) {
  if (text.size() > limits.size) return refuse(Refusal::TooLarge, "too many octets of XML");
  if (!http::well_formed_utf8(text)) return bad("not UTF-8");
  return Scan(text, limits).run();
}

}  // namespace jeton::xml
