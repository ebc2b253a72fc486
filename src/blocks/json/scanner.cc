#include "blocks/json/scanner.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace jeton::json {
namespace {

constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What is inlined by force here is on the path of every check of a signed token (docs/performance.md).

// One of 64 bits for a name: by its length and its first and last characters no two of the usual ones have the same.
[[gnu::always_inline]] inline std::uint64_t mark_of(std::string_view name) {
  if (name.empty()) return 1;
  const auto first = static_cast<std::uint8_t>(name.front()), last = static_cast<std::uint8_t>(name.back());
  return std::uint64_t{1} << ((first + 3u * last + 5u * name.size()) & 63);
}

// The top bit of each octet that is a quote, a backslash, a control character or not ASCII. A borrow may mark an octet above a true
// one too, never one below: the lowest mark is true.
constexpr std::uint64_t unusual(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u, kTops = 0x8080808080808080u;
  const auto zeros = [](std::uint64_t w) { return (w - kOnes) & ~w; };
  const std::uint64_t control = (word - kOnes * 0x20) & ~word;
  return (zeros(word ^ kOnes * '"') | zeros(word ^ kOnes * '\\') | control | word) & kTops;
}

// From `at` past characters of a string that mean themselves, up to one that may not; where few are left, all of them may not.
[[gnu::always_inline]] inline std::size_t past_plain(std::string_view text, std::size_t at) {
#if defined(__SSE2__)
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i c = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    // As signed octets what is not ASCII is below the control characters.
    const __m128i low = _mm_cmplt_epi8(c, _mm_set1_epi8(0x20));
    const __m128i ends = _mm_or_si128(_mm_cmpeq_epi8(c, _mm_set1_epi8('"')), _mm_cmpeq_epi8(c, _mm_set1_epi8('\\')));
    const auto odd = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(low, ends)));
    if (odd != 0) return at + static_cast<std::size_t>(std::countr_zero(odd));
  }
#endif
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    if (const std::uint64_t odd = unusual(word); odd != 0) return at + static_cast<std::size_t>(std::countr_zero(odd)) / 8;
  }
  return at;
}

// Four hex digits at the front, or -1.
int code_unit(std::string_view text) {
  if (text.size() < 4) return -1;
  int unit = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex(text[i]);
    if (digit < 0) return -1;
    unit = unit << 4 | digit;
  }
  return unit;
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 63));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 63));
    out += static_cast<char>(0x80 | (code & 63));
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 63));
    out += static_cast<char>(0x80 | (code >> 6 & 63));
    out += static_cast<char>(0x80 | (code & 63));
  }
}

}  // namespace

std::size_t utf8_sequence(std::string_view t) {
  const auto at = [&](std::size_t i) { return i < t.size() ? static_cast<std::uint8_t>(t[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
  const unsigned a = at(0), b = at(1);
  if (a < 0x80) return t.empty() ? 0 : 1;
  if (a >= 0xc2 && a <= 0xdf) return tail(1) ? 2 : 0;
  if (a == 0xe0) return b >= 0xa0 && b <= 0xbf && tail(2) ? 3 : 0;
  if (a == 0xed) return b >= 0x80 && b <= 0x9f && tail(2) ? 3 : 0;
  if (a >= 0xe1 && a <= 0xef) return tail(1) && tail(2) ? 3 : 0;
  if (a == 0xf0) return b >= 0x90 && b <= 0xbf && tail(2) && tail(3) ? 4 : 0;
  if (a == 0xf4) return b >= 0x80 && b <= 0x8f && tail(2) && tail(3) ? 4 : 0;
  if (a >= 0xf1 && a <= 0xf3) return tail(1) && tail(2) && tail(3) ? 4 : 0;
  return 0;
}

void unescape(std::string_view inner, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != '\\') {
      out += inner[i];
      continue;
    }
    switch (const char c = inner[++i]) {
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'u': {
        auto code = static_cast<unsigned>(code_unit(inner.substr(i + 1)));
        i += 4;
        if (code >= 0xd800 && code < 0xdc00) {
          code = 0x10000 + ((code - 0xd800) << 10) + (static_cast<unsigned>(code_unit(inner.substr(i + 3))) - 0xdc00);
          i += 6;
        }
        append_utf8(out, code);
        break;
      }
      default: out += c;
    }
  }
}

std::optional<std::string_view> Item::text(std::string& scratch) const {
  if (kind != Kind::String) return std::nullopt;
  if (!escaped) return plain();
  unescape(raw.substr(1, raw.size() - 2), scratch);
  return scratch;
}

std::optional<std::int64_t> Item::integer() const {
  if (kind != Kind::Number) return std::nullopt;
  std::int64_t value = 0;
  if (raw.size() <= 18) {
    // What dates are: digits alone.
    std::size_t i = 0;
    for (; i < raw.size() && raw[i] >= '0' && raw[i] <= '9'; ++i) value = value * 10 + (raw[i] - '0');
    if (i == raw.size()) return value;
    value = 0;
  }
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (error != std::errc() || end != raw.data() + raw.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> Item::floor() const {
  if (const auto whole = integer()) return whole;
  if (kind != Kind::Number) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (error != std::errc() || end != raw.data() + raw.size() || !(std::abs(value) <= 9007199254740992.0)) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(value));
}

Scanner::Scanner(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {
  if (text.size() > limits.size) {
    wrong_ = Failure(Refusal::TooLarge, "the JSON text is too long");
    text_ = {};
  }
}

[[gnu::always_inline]] inline void Scanner::space() {
  if (at_ < text_.size() && static_cast<std::uint8_t>(text_[at_]) > ' ') return;
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) ++at_;
}

bool Scanner::wrong(std::string_view what, Refusal why) {
  wrong_ = Failure(why, what);
  return false;
}

bool Scanner::utf8() {
  const auto n = utf8_sequence(text_.substr(at_));
  at_ += n;
  return n != 0 || wrong("not UTF-8");
}

bool Scanner::escape(bool& escaped) {
  escaped = true;
  if (++at_ >= text_.size()) return wrong("the JSON text ends too early");
  const char c = text_[at_++];
  if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos || wrong("not a JSON escape");
  const int unit = code_unit(text_.substr(at_));
  if (unit < 0) return wrong("not a JSON escape");
  at_ += 4;
  if (unit < 0xd800 || unit > 0xdfff) return true;
  const bool pair = unit < 0xdc00 && text_.substr(at_, 2) == "\\u";
  const int low = pair ? code_unit(text_.substr(at_ + 2)) : -1;
  if (low < 0xdc00 || low > 0xdfff) return wrong("a lone surrogate");
  at_ += 6;
  return true;
}

// The cursor is a local while it runs: in the object each step would wait for the store of the one before.
[[gnu::always_inline]] inline bool Scanner::characters(bool& escaped) {
  for (;;) {
    at_ = past_plain(text_, at_);
    if (at_ >= text_.size()) return wrong("a JSON string without end");
    const auto c = static_cast<std::uint8_t>(text_[at_]);
    if (c == '"') break;
    if (c == '\\') {
      if (!escape(escaped)) return false;
    } else if (c < 0x20) {
      return wrong("a control character in a JSON string");
    } else if (c < 0x80) {
      ++at_;
    } else if (!utf8()) {
      return false;
    }
  }
  ++at_;
  return true;
}

Result<Kind> Scanner::peek() {
  space();
  if (at_ >= text_.size()) return std::unexpected(wrong_);
  switch (const char c = text_[at_]) {
    case '{': return Kind::Object;
    case '[': return Kind::Array;
    case '"': return Kind::String;
    case 't': return Kind::True;
    case 'f': return Kind::False;
    case 'n': return Kind::Null;
    default:
      if (c == '-' || (c >= '0' && c <= '9')) return Kind::Number;
      return bad("not a JSON value");
  }
}

Status Scanner::enter(char open) {
  TRY(const auto kind, peek());
  if (kind != (open == '{' ? Kind::Object : Kind::Array)) return bad(open == '{' ? "expected a JSON object" : "expected a JSON array");
  if (frames_.size() >= limits_.depth) return refuse(Refusal::TooLarge, "JSON is nested too deeply");
  ++at_;
  frames_.push_back({static_cast<std::uint32_t>(names_.size())});
  return {};
}

[[gnu::always_inline]] inline bool Scanner::step(Frame& frame, char close, bool& more) {
  space();
  if (at_ >= text_.size()) return wrong("the JSON text ends too early");
  const bool first = std::exchange(frame.first, false);
  more = text_[at_] != close;
  if (!more) {
    ++at_;
    return true;
  }
  if (first) return true;
  if (text_[at_] != ',') return wrong("expected a comma");
  ++at_;
  space();
  return at_ >= text_.size() || text_[at_] != close || wrong("a comma before the end");
}

Result<bool> Scanner::another(char close) {
  bool more = false;
  if (!step(frames_.back(), close, more)) return std::unexpected(wrong_);
  return more;
}

void Scanner::leave() {
  names_.shrink(frames_.back().names);
  frames_.shrink(frames_.size() - 1);
}

[[gnu::always_inline]] inline bool Scanner::note_name(Frame& frame, std::string_view name) {
  const std::size_t from = frame.names;
  if (names_.size() - from >= limits_.members) return wrong("a JSON object has too many members", Refusal::TooLarge);
  const std::uint64_t bit = mark_of(name);
  if ((frame.seen & bit) != 0)
    for (std::size_t i = from; i < names_.size(); ++i)
      if (names_[i] == name) return wrong("a member name stands twice in a JSON object");
  frame.seen |= bit;
  names_.push_back(name);
  return true;
}

[[gnu::always_inline]] inline bool Scanner::take_name(Frame& frame, std::string_view& name) {
  space();
  if (at_ >= text_.size() || text_[at_] != '"') return wrong("expected a member name");
  const std::size_t start = ++at_;
  bool escaped = false;
  if (!characters(escaped)) return false;
  name = text_.substr(start, at_ - 1 - start);
  if (escaped) [[unlikely]] {
    unescaped_.push_back(std::make_unique<std::string>());
    unescape(name, *unescaped_.back());
    name = *unescaped_.back();
  }
  if (!note_name(frame, name)) return false;
  space();
  if (at_ >= text_.size() || text_[at_] != ':') return wrong("expected a colon");
  ++at_;
  return true;
}

Result<std::string_view> Scanner::name() {
  std::string_view name;
  if (!take_name(frames_.back(), name)) return std::unexpected(wrong_);
  return name;
}

Status Scanner::end() {
  space();
  if (at_ != text_.size()) return bad("something follows the JSON value");
  return {};
}

[[gnu::always_inline]] inline bool Scanner::string(Item& item) {
  const std::size_t start = at_++;
  bool escaped = false;
  if (!characters(escaped)) return false;
  item = {Kind::String, escaped, text_.substr(start, at_ - start)};
  return true;
}

bool Scanner::number(Item& item) {
  const std::size_t start = at_;
  const auto digits = [&] {
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ - from;
  };
  const auto is = [&](char c) { return at_ < text_.size() && text_[at_] == c; };
  constexpr std::string_view kNone = "not a JSON number";
  if (is('-')) ++at_;
  const std::size_t whole = at_;
  const auto count = digits();
  if (count == 0 || (count > 1 && text_[whole] == '0')) return wrong(kNone);
  if (is('.')) {
    ++at_;
    if (digits() == 0) return wrong(kNone);
  }
  if (is('e') || is('E')) {
    ++at_;
    if (is('+') || is('-')) ++at_;
    if (digits() == 0) return wrong(kNone);
  }
  item = {Kind::Number, false, text_.substr(start, at_ - start)};
  return true;
}

bool Scanner::word(std::string_view spelled, Kind kind, Item& item) {
  if (text_.substr(at_, spelled.size()) != spelled) return wrong("not a JSON value");
  at_ += spelled.size();
  item = {kind, false, spelled};
  return true;
}

// Walks through an array or object without recursion: depth costs no stack.
bool Scanner::nested(char open) {
  const auto keep = [&](const Failure& failure) { return wrong(failure.detail(), failure.refusal()); };
  const auto outer = frames_.size();
  std::string closers;
  if (const auto in = enter(open); !in) return keep(in.error());
  closers += open == '{' ? '}' : ']';
  while (frames_.size() > outer) {
    bool more = false;
    if (!step(frames_.back(), closers.back(), more)) return false;
    if (!more) {
      leave();
      closers.pop_back();
      continue;
    }
    std::string_view name;
    if (closers.back() == '}' && !take_name(frames_.back(), name)) return false;
    const auto kind = peek();
    if (!kind) return keep(kind.error());
    if (*kind == Kind::Object || *kind == Kind::Array) {
      const char inner = text_[at_];
      if (const auto in = enter(inner); !in) return keep(in.error());
      closers += inner == '{' ? '}' : ']';
    } else {
      Item item;
      if (!take(item)) return false;
    }
  }
  return true;
}

bool Scanner::take(Item& item) {
  space();
  const auto kind = peek();
  if (!kind) return wrong(kind.error().detail(), kind.error().refusal());
  const std::size_t start = at_;
  switch (*kind) {
    case Kind::String: return string(item);
    case Kind::Number: return number(item);
    case Kind::True: return word("true", *kind, item);
    case Kind::False: return word("false", *kind, item);
    case Kind::Null: return word("null", *kind, item);
    case Kind::Array:
    case Kind::Object: break;
  }
  if (!nested(text_[at_])) return false;
  item = {*kind, false, text_.substr(start, at_ - start)};
  return true;
}

Result<Item> Scanner::value() {
  Item item;
  if (!take(item)) return std::unexpected(wrong_);
  return item;
}

Scanner::Step Scanner::member(std::string_view& name, Item& item) {
  Frame& frame = frames_.back();
  bool more = false;
  if (!step(frame, '}', more)) return Step::Wrong;
  if (!more) return Step::End;
  if (!take_name(frame, name)) return Step::Wrong;
  space();
  const bool good = at_ < text_.size() && text_[at_] == '"' ? string(item) : take(item);
  return good ? Step::Member : Step::Wrong;
}

}  // namespace jeton::json
