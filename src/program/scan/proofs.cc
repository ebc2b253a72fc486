#include "program/scan/proofs.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "formats/opaque/token.h"
#include "ground/base62.h"

namespace jeton::scan {
namespace {

bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool alnum(char c) { return lower(c) || upper(c) || digit(c); }
bool blank(char c) { return c == ' ' || c == '\t'; }

std::string in_small(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (upper(c)) c = static_cast<char>(c + 32);
  return out;
}

int kind_of(char c) { return lower(c) ? 0 : upper(c) ? 1 : digit(c) ? 2 : 3; }

// Whether letters and digits stand together somewhere for a while: not so in "string.delim-2" and other names with points and dashes.
bool has_mixed_run(std::string_view value) {
  std::size_t length = 0, digits = 0;
  for (const char c : value) {
    const bool in = alnum(c);
    length = in ? length + 1 : 0;
    digits = in ? digits + (digit(c) ? 1 : 0) : 0;
    if (length >= 10 && digits > 0 && digits < length) return true;
  }
  return false;
}

// Moves over at most `most` characters that `is` says yes to.
template <class Is>
std::size_t skip(std::string_view text, std::size_t at, std::size_t most, Is&& is) {
  const auto end = std::min(text.size(), at + most);
  while (at < end && is(text[at])) ++at;
  return at;
}

}  // namespace

std::optional<Span> find_own_token(std::string_view text, const Hit& hit, std::string_view brand) {
  constexpr std::size_t kTail = opaque::kBodySize + opaque::kCheckSize;
  if (text.size() - hit.end < kTail || !base62::all_digits(text.substr(hit.end, kTail))) return std::nullopt;
  const std::size_t end = hit.end + kTail;
  // The brand's beginning is not marked: "\njtn_…" in a JSON text has a letter before it. The checksum tells which one it is.
  for (std::size_t begin = hit.begin; begin-- > 0 && hit.begin - begin <= 12;) {
    if (!lower(text[begin]) && !digit(text[begin])) break;
    const auto shape = opaque::parse(text.substr(begin, end - begin));
    if (shape && (brand.empty() || shape->brand == brand)) return Span{begin, end, hit.rule};
  }
  return std::nullopt;
}

std::optional<Span> find_url_password(std::string_view text, const Hit& hit) {
  if (hit.begin == 0 || !alnum(text[hit.begin - 1])) return std::nullopt;
  const auto plain = [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && std::string_view("/@\"'`<>\\\x7f").find(c) == std::string_view::npos;
  };
  const auto name_end = skip(text, hit.end, 64, [&](char c) { return plain(c) && c != ':'; });
  if (name_end >= text.size() || text[name_end] != ':') return std::nullopt;
  const auto begin = name_end + 1;
  const auto end = skip(text, begin, 128, [&](char c) { return plain(c) && c != ':'; });
  if (end - begin < 3 || end + 1 >= text.size() || text[end] != '@' || !(alnum(text[end + 1]) || text[end + 1] == '[')) return std::nullopt;
  const auto value = text.substr(begin, end - begin);
  if (placeholder(value) || value.find_first_of("${}*()") != std::string_view::npos) return std::nullopt;
  return Span{begin, end, hit.rule};
}

std::optional<Span> find_assigned(std::string_view text, const Hit& hit) {
  auto at = skip(text, hit.end, 24, [](char c) { return alnum(c) || c == '_' || c == '.' || c == '-'; });
  at = skip(text, at, 3, [](char c) { return c == '\\' || c == '"' || c == '\'' || c == ']'; });
  at = skip(text, at, 8, blank);
  if (at + 1 >= text.size()) return std::nullopt;
  const auto sign = text.substr(at, 2);
  if (sign == "=>" || sign == ":=") at += 2;
  else if (sign[0] == '=' || sign[0] == ':') at += 1;
  else return std::nullopt;
  const auto behind = at;
  at = skip(text, at, 8, blank);
  if (at < text.size() && text[at] == '\\') ++at;   // a quote in a quoted text, as in notebooks
  if (at >= text.size()) return std::nullopt;
  const char quote = text[at];
  const bool quoted = quote == '"' || quote == '\'' || quote == '`';
  const auto begin = quoted ? at + 1 : at;
  const auto end = skip(text, begin, 256, [&](char c) {
    if (quoted) return c != quote && c != '\\' && static_cast<unsigned char>(c) > 0x20;
    return alnum(c) || std::string_view("_./+~=-").find(c) != std::string_view::npos;
  });
  const auto value = text.substr(begin, end - begin);
  if (quoted) {
    if (end >= text.size() || (text[end] != quote && text[end] != '\\') || value.size() < 12) return std::nullopt;
  } else {
    // Without quotes: NAME=VALUE, or NAME: VALUE, up to the end of the word.
    const bool file_style = (behind == at && sign[0] == '=') || (behind != at && sign[0] == ':');
    const bool ends = end >= text.size() || static_cast<unsigned char>(text[end]) <= 0x20;
    if (!file_style || !ends || value.size() < 20) return std::nullopt;
  }
  if (!looks_random(value)) return std::nullopt;
  return Span{begin, end, hit.rule};
}

double entropy(std::string_view text) {
  std::array<unsigned, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const auto n : counts)
    if (n != 0) bits -= n * std::log2(double(n) / double(text.size()));
  return text.empty() ? 0 : bits / double(text.size());
}

bool placeholder(std::string_view value) {
  static constexpr std::string_view kWords[] = {"example", "changeme", "change_me", "change-me", "placeholder", "xxxx",
                                                "****",    "....",     "your_",     "your-",     "yourpass",    "yourtoken",
                                                "dummy",   "redacted", "${",        "{{",        "$(",          "%s"};
  static constexpr std::string_view kWhole[] = {"password", "passwd", "pass", "secret", "user", "username", "token",
                                                "pwd",      "xxx",    "foo",  "bar",    "test", "guest"};
  const auto text = in_small(value);
  for (const auto word : kWords)
    if (text.find(word) != std::string::npos) return true;
  return std::find(std::begin(kWhole), std::end(kWhole), text) != std::end(kWhole);
}

bool looks_random(std::string_view value) {
  if (value.size() < 12 || placeholder(value) || value.find("://") != std::string_view::npos) return false;
  if (value.find_first_of("$(){}<>[]|;,:") != std::string_view::npos || !has_mixed_run(value)) return false;
  std::size_t digits = 0, letters = 0, changes = 0, others = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto kind = kind_of(value[i]);
    digits += kind == 2;
    letters += kind < 2;
    others += kind == 3;
    changes += i > 0 && kind != kind_of(value[i - 1]);
  }
  if (digits == 0 || letters == 0 || others * 4 > value.size()) return false;
  const double wanted = value.size() < 20 ? 3.2 : 3.5;
  const bool hexadecimal = value.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
  // Chance changes between small, capital and digit every other character; words and identifiers seldom do.
  return entropy(value) >= (hexadecimal ? 3.0 : wanted) && changes * 4 >= value.size() - 1;
}

}  // namespace jeton::scan
