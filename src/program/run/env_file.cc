#include "program/run/env_file.h"

#include <algorithm>

namespace jeton::run {
namespace {

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool blank(char c) { return c == ' ' || c == '\t'; }

// Walks the text once, top to bottom.
class Reader {
 public:
  Reader(std::string_view text, Expand expand, const Outside& outside) : text_(text), expand_(expand), outside_(outside) {}

  std::expected<std::vector<Assignment>, EnvProblem> all() {
    if (text_.size() > kLargestEnvFile) return problem("the file is larger than 1 MiB");
    if (text_.find('\0') != std::string_view::npos) return problem("the file holds a NUL octet: it is not text");
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
    while (at_ < text_.size())
      if (!line()) return std::unexpected(wrong_);
    return std::move(found_);
  }

 private:
  std::unexpected<EnvProblem> problem(std::string_view what) const { return std::unexpected(EnvProblem{line_, what}); }
  bool fail(std::string_view what) {
    wrong_ = {line_, what};
    return false;
  }
  bool more() const { return at_ < text_.size(); }
  char now() const { return text_[at_]; }
  // A line's end is LF or CR LF.
  bool at_end() const { return !more() || now() == '\n' || (now() == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n'); }
  void skip_blanks() {
    while (more() && blank(now())) ++at_;
  }
  void skip_line() {
    while (more() && now() != '\n') ++at_;
    if (more()) {
      ++at_;
      ++line_;
    }
  }

  bool line() {
    skip_blanks();
    if (at_end() || now() == '#') {
      skip_line();
      return true;
    }
    Assignment a;
    a.line = line_;
    if (!name(a.name) || !value(a.value)) return false;
    found_.push_back(std::move(a));
    return true;
  }

  bool name(std::string& out) {
    constexpr std::string_view kExport = "export";
    if (text_.substr(at_).starts_with(kExport) && at_ + kExport.size() < text_.size() && blank(text_[at_ + kExport.size()])) {
      at_ += kExport.size();
      skip_blanks();
    }
    const auto start = at_;
    while (more() && (letter(now()) || digit(now()))) ++at_;
    out = text_.substr(start, at_ - start);
    if (!good_variable(out)) return fail("a line is NAME=VALUE, a comment, or empty");
    skip_blanks();
    if (!more() || now() != '=') return fail("a name is followed by =");
    ++at_;
    skip_blanks();
    return true;
  }

  bool value(std::string& out) {
    if (at_end() || (now() != '"' && now() != '\'')) return bare(out);
    if (!(now() == '"' ? double_quoted(out) : single_quoted(out))) return false;
    skip_blanks();
    if (!at_end() && now() != '#') return fail("after a quoted value only a comment may follow");
    skip_line();
    return true;
  }

  // Up to the line's end or a # after a blank; blanks at both ends do not count.
  bool bare(std::string& out) {
    const auto start = at_;
    while (!at_end()) {
      if (now() == '#' && (at_ == start || blank(text_[at_ - 1]))) break;
      if (now() == '$' && expand_ == Expand::Yes) {
        if (!variable(out)) return false;
        continue;
      }
      out += now();
      ++at_;
    }
    while (!out.empty() && blank(out.back())) out.pop_back();
    skip_line();
    return true;
  }

  // As it stands, over lines too.
  bool single_quoted(std::string& out) {
    const auto opened = line_;
    for (++at_; more() && now() != '\''; ++at_) take(out);
    return closed(opened);
  }

  bool double_quoted(std::string& out) {
    const auto opened = line_;
    for (++at_; more() && now() != '"';) {
      if (now() == '\\') {
        if (!escape(out)) return false;
      } else if (now() == '$' && expand_ == Expand::Yes) {
        if (!variable(out)) return false;
      } else {
        take(out);
        ++at_;
      }
    }
    return closed(opened);
  }

  // CR LF inside of quotes is LF.
  void take(std::string& out) {
    if (now() == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') return;
    if (now() == '\n') ++line_;
    out += now();
  }

  bool closed(unsigned opened) {
    if (more()) {
      ++at_;
      return true;
    }
    line_ = opened;
    return fail("a quote is not closed");
  }

  bool escape(std::string& out) {
    if (at_ + 1 >= text_.size()) return fail("a quote is not closed");
    const char c = text_[at_ + 1];
    at_ += 2;
    switch (c) {
      case 'n': out += '\n'; return true;
      case 'r': out += '\r'; return true;
      case 't': out += '\t'; return true;
      case '\n': ++line_; return true;   // the line goes on
      case '\\':
      case '"':
      case '\'':
      case '$':
      case '`': out += c; return true;
      default:   // others keep their backslash, as in a shell
        out += '\\';
        --at_;
        return true;
    }
  }

  // ${NAME} alone; a $ before anything else is a $.
  bool variable(std::string& out) {
    if (!text_.substr(at_).starts_with("${")) {
      out += text_[at_++];
      return true;
    }
    const auto end = text_.find('}', at_);
    const auto called = end == std::string_view::npos ? std::string_view() : text_.substr(at_ + 2, end - at_ - 2);
    if (!good_variable(called)) return fail("${NAME} is the only form that is expanded");
    const auto above = std::find_if(found_.rbegin(), found_.rend(), [&](const Assignment& a) { return a.name == called; });
    std::optional<std::string> known;
    if (above != found_.rend()) known = above->value;
    else if (outside_) known = outside_(called);
    if (!known) return fail("a variable in ${NAME} is not set");
    if (out.size() + known->size() > kLargestEnvFile) return fail("a value grows over 1 MiB");
    out += *known;
    at_ = end + 1;
    return true;
  }

  std::string_view text_;
  Expand expand_;
  const Outside& outside_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
  EnvProblem wrong_;
  std::vector<Assignment> found_;
};

}  // namespace

bool good_variable(std::string_view name) {
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [](char c) { return letter(c) || digit(c); });
}

std::expected<std::vector<Assignment>, EnvProblem> parse_env(std::string_view text, Expand expand, const Outside& outside) {
  return Reader(text, expand, outside).all();
}

}  // namespace jeton::run
