#include "program/scan/inspect.h"

#include <re2/re2.h>

#include <algorithm>
#include <memory>

#include "blocks/crypto/hash.h"
#include "program/scan/proofs.h"

namespace jeton::scan {
namespace {

constexpr std::size_t kLongestLine = 16384;   // how far a line is looked through for a comment

bool word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// The patterns, compiled once; RE2 objects serve all threads.
const re2::RE2* pattern_of(std::uint16_t rule) {
  static const auto compiled = [] {
    std::vector<std::unique_ptr<re2::RE2>> all;
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);   // octets: a text need not be UTF-8
    options.set_log_errors(false);
    for (const auto& r : rules())
      all.push_back(r.pattern.empty() ? nullptr
                                      : std::make_unique<re2::RE2>(re2::StringPiece(r.pattern.data(), r.pattern.size()), options));
    return all;
  }();
  return compiled[rule].get();
}

// Whether a word ends or begins here; an escaped line end or tab before counts as none, "\nghp_…".
bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
  if (end < text.size() && word(text[end])) return false;
  if (begin == 0 || !word(text[begin - 1])) return true;
  const char before = text[begin - 1];
  return begin >= 2 && text[begin - 2] == '\\' && (before == 'n' || before == 'r' || before == 't');
}

std::optional<Span> find_pattern(std::string_view text, const Hit& hit) {
  const auto& rule = rules()[hit.rule];
  const auto* const pattern = pattern_of(hit.rule);
  std::size_t from = hit.begin > rule.before ? hit.begin - rule.before : 0;
  const auto to = std::min<std::size_t>(text.size(), std::size_t(hit.end) + rule.after);
  re2::StringPiece found[2];
  const re2::StringPiece whole(text.data(), to);
  // At most as many matches as stand before the literal; each is shorter than the window.
  while (from < hit.end && pattern->Match(whole, from, to, re2::RE2::UNANCHORED, found, 2)) {
    const auto begin = static_cast<std::size_t>(found[0].data() - text.data()), end = begin + found[0].size();
    if (begin > hit.begin) break;
    if (end < hit.end) {
      from = std::max(end, from + 1);
      continue;
    }
    const auto secret = static_cast<std::size_t>(found[1].data() - text.data()), secret_end = secret + found[1].size();
    const auto value = text.substr(secret, secret_end - secret);
    if (rule.whole_word && !stands_alone(text, secret, secret_end)) {
      from = begin + 1;
      continue;
    }
    if (rule.proof == Proof::Random ? !looks_random(value) : rule.whole_word && (placeholder(value) || entropy(value) < 2.5))
      return std::nullopt;
    return Span{secret, secret_end, hit.rule};
  }
  return std::nullopt;
}

// Counts lines and columns forward, so that many findings in one text cost one walk.
class Lines {
 public:
  Lines(std::string_view text, std::uint32_t first) : text_(text), line_(first) {}
  void go_to(std::size_t at) {
    while (true) {
      const auto next = text_.find('\n', walked_);
      if (next == std::string_view::npos || next >= at) break;
      walked_ = start_ = next + 1;
      ++line_;
    }
  }
  std::uint32_t line() const { return line_; }
  std::size_t start() const { return start_; }
  std::uint32_t column(std::size_t at) const {
    const auto part = text_.substr(start_, at - start_);
    return static_cast<std::uint32_t>(1 + std::count_if(part.begin(), part.end(), [](char c) { return (c & 0xc0) != 0x80; }));
  }

 private:
  std::string_view text_;
  std::size_t walked_ = 0, start_ = 0;
  std::uint32_t line_;
};

std::string_view line_around(std::string_view text, std::size_t start, const Span& span) {
  const auto low = span.begin - start > kLongestLine ? span.begin - kLongestLine : start;
  const auto end = text.find('\n', span.end);
  return text.substr(low, std::min(end == std::string_view::npos ? text.size() : end, span.end + kLongestLine) - low);
}

// "jeton:allow" for all rules, or with rules' ids behind it for those.
bool allowed(std::string_view line, std::string_view rule) {
  const auto at = line.find(kAllow);
  if (at == std::string_view::npos) return false;
  auto rest = line.substr(at + kAllow.size());
  bool named = false;
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" ,\t"), rest.size()));
    const auto id = rest.substr(0, rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"));
    if (id.empty() || find_rule(id) == nullptr) return !named;
    if (id == rule) return true;
    named = true;
    rest.remove_prefix(id.size());
  }
}

// Of a random secret, from the secret itself. A password could be guessed from that: there, from its line without it.
std::string fingerprint_of(const Rule& rule, const Place& place, std::string_view secret, std::string_view line) {
  std::string text = "jeton-scan-1";
  for (const auto part : {rule.id, std::string_view(place.path)}) (text += '\0') += part;
  text += '\0';
  const bool guessable = rule.proof == Proof::Password || rule.proof == Proof::Assigned;
  if (!guessable) {
    text += secret;
  } else {
    const auto at = line.find(secret);
    text += line.substr(0, at);
    if (at != std::string_view::npos) (text += '\0') += line.substr(at + secret.size());
  }
  auto hex = to_hex(ByteView(crypto::sha256(as_bytes(text))).first(16));
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return hex;
}

std::string hint_of(std::string_view secret) {
  const auto plain = [](std::string_view two) {
    return std::all_of(two.begin(), two.end(), [](char c) { return c > 0x20 && c < 0x7f; }) ? std::string(two) : std::string();
  };
  if (secret.size() < 12) return "…";
  return plain(secret.substr(0, 2)) + "…" + plain(secret.substr(secret.size() - 2));
}

}  // namespace

bool Inspector::affordable(std::string_view text, const Hit& hit) {
  const auto& rule = rules()[hit.rule];
  if (rule.proof == Proof::Checksum) return true;
  spent_ += rule.pattern.empty() ? 64 : std::size_t(rule.before) + rule.after;
  if (spent_ <= 64 * text.size() + (16u << 20)) return true;
  cut_short_ = true;
  return false;
}

void Inspector::confirm(std::string_view text, const Hit& hit) {
  if (!affordable(text, hit)) return;
  std::optional<Span> span;
  switch (rules()[hit.rule].proof) {
    case Proof::Checksum: span = find_own_token(text, hit, brand_); break;
    case Proof::Password: span = find_url_password(text, hit); break;
    case Proof::Assigned: span = find_assigned(text, hit); break;
    default: span = find_pattern(text, hit); break;
  }
  if (span) spans_.push_back(*span);
}

void Inspector::inspect(std::string_view text, const Place& place, std::vector<Finding>& out, const Part& part) {
  search_.find(text, hits_);
  spans_.clear();
  spent_ = 0;
  cut_short_ = false;
  for (const auto& hit : hits_) confirm(text, hit);
  if (spans_.empty()) return;
  // What two rules see is told by the one that stands first in the table: the more exact one.
  std::sort(spans_.begin(), spans_.end(),
            [](const Span& a, const Span& b) { return a.rule != b.rule ? a.rule < b.rule : a.begin < b.begin; });
  std::vector<Span> kept;
  for (const auto& s : spans_) {
    const auto after = std::lower_bound(kept.begin(), kept.end(), s.end, [](const Span& k, std::size_t end) { return k.begin < end; });
    if (after == kept.begin() || std::prev(after)->end <= s.begin) kept.insert(after, s);
  }
  Lines lines(text, part.first_line);
  for (const auto& s : kept) {
    lines.go_to(s.begin);
    if (s.begin < part.from || s.begin >= part.until) continue;
    const auto& rule = rules()[s.rule];
    const auto secret = text.substr(s.begin, s.end - s.begin);
    const auto line = line_around(text, lines.start(), s);
    if (allowed(line, rule.id)) continue;
    Finding f;
    f.rule = &rule;
    f.place = place;
    f.line = lines.line();
    f.column = lines.column(s.begin);
    const auto first_end = std::min(s.end, text.find('\n', s.begin));   // a key has many lines; its first is marked
    f.end_column = lines.column(first_end);
    f.hint = hint_of(secret);
    f.fingerprint = fingerprint_of(rule, place, secret, line);
    f.secret = Secret::copy_of(as_bytes(secret));
    out.push_back(std::move(f));
  }
}

}  // namespace jeton::scan
