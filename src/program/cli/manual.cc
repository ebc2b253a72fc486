#include "program/cli/manual.h"

#include <algorithm>

#include "program/cli/help.h"

namespace jeton::cli {
namespace {

constexpr std::string_view kDate = "November 25, 2026";

// Text of a roff line: backslashes, and what begins with a dot or an apostrophe.
std::string text(std::string_view plain) {
  std::string out;
  if (plain.starts_with('.') || plain.starts_with('\'')) out += "\\&";
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const char c = plain[i];
    if (c == '\\') {
      out += "\\e";
    } else if (plain.substr(i).starts_with("…")) {
      out += "\\&...";
      i += std::string_view("…").size() - 1;
    } else {
      out += c;
    }
  }
  return out;
}

// One argument of a macro.
std::string argument(std::string_view plain) {
  std::string out = "\"";
  for (const char c : text(plain)) out += c == '"' ? std::string("\\(dq") : std::string(1, c);
  return out + "\"";
}

// Filled text: each sentence on a line of its own and no line over 78, as mdoc asks.
std::string sentences(std::string_view plain) {
  std::string out, line;
  const auto flush = [&] {
    if (!line.empty()) out += text(line) + "\n";
    line.clear();
  };
  while (!plain.empty()) {
    const auto word = plain.substr(0, plain.find(' '));
    plain.remove_prefix(std::min(word.size() + 1, plain.size()));
    if (line.size() + 1 + word.size() > 74) flush();
    line += (line.empty() ? "" : " ") + std::string(word);
    if (word.ends_with('.')) flush();
  }
  flush();
  return out;
}

std::string head(std::string_view name, std::string_view summary) {
  std::string upper(name);
  for (auto& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return ".Dd " + std::string(kDate) + "\n.Dt " + upper + " 1\n.Os\n.Sh NAME\n.Nm " + std::string(name) + "\n.Nd " +
         text(summary.ends_with('?') ? summary.substr(0, summary.size() - 1) : summary) + "\n";
}

void option(std::string& out, const Option& o) {
  out += ".It Fl " + argument(o.name.substr(1));
  if (const auto other = other_spelling(o.name); !other.empty()) out += " , Fl " + argument(other.substr(1));
  if (!o.value.empty()) out += " Ar " + argument(o.value);
  const bool many = o.count == Count::Many || o.count == Count::OneOrMore;
  out += "\n" + sentences(std::string(o.meaning) + (many ? "; may stand several times." : "."));
}

void options_of_every(std::string& out) {
  out += ".Sh OPTIONS OF EVERY COMMAND\n.Bl -tag -width Ds\n";
  for (const auto& o : options_of_all()) option(out, o);
  out += ".El\n";
}

constexpr std::string_view kExits =
    ".Sh EXIT STATUS\n.Bl -tag -width Ds -compact\n.It 0\nyes\n.It 1\na negative answer: refused, inactive, found wanting\n.It 2\nwrong usage\n"
    ".It 3\nthe server was not reached\n.It 4\nnot authenticated\n.It 5\nnot allowed\n.It 6\nnot found\n.It 7\na conflict\n"
    ".It 130\ninterrupted\n.El\n";

constexpr std::string_view kEnvironment =
    ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev JETON_DATA\nThe data folder.\n.It Ev JETON_SERVER\nThe address of a server elsewhere.\n"
    ".It Ev JETON_TOKEN\nThe token to show that server.\n.It Ev NO_COLOR\nWhere set, nothing is coloured.\n.El\n";

void synopsis(std::string& out, const Command& c) {
  out += ".Sh SYNOPSIS\n.Nm jeton " + std::string(c.path) + "\n";
  for (const auto& o : c.operands) {
    const bool needed = o.count == Count::Once || o.count == Count::OneOrMore;
    const bool many = o.count == Count::Many || o.count == Count::OneOrMore;
    out += (needed ? ".Ar " : ".Op Ar ") + argument(o.name) + (many ? " ..." : "") + "\n";
  }
  for (const auto& o : c.options) {
    const bool needed = o.count == Count::Once || o.count == Count::OneOrMore;
    out += (needed ? ".Fl " : ".Op Fl ") + argument(o.name.substr(1)) + (o.value.empty() ? "" : " Ar " + argument(o.value)) + "\n";
  }
}

void about(std::string& out, const Command& c) {
  out += ".Sh DESCRIPTION\n" + sentences(sentence_of(c));
  bool display = false;
  for (auto left = c.about; !left.empty();) {
    const auto line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(line.size() + 1, left.size()));
    const bool code = line.starts_with("  ");
    if (code != display) out += code ? ".Bd -literal -offset indent\n" : ".Ed\n";
    if (!code && !line.empty()) out += ".Pp\n";
    display = code;
    out += code ? text(line.substr(2)) + "\n" : sentences(line);
  }
  if (display) out += ".Ed\n";
  if (c.operands.empty() && c.options.empty()) return;
  out += ".Bl -tag -width Ds\n";
  for (const auto& o : c.operands) out += ".It Ar " + argument(o.name) + "\n" + sentences(std::string(o.meaning) + ".");
  for (const auto& o : c.options) option(out, o);
  out += ".El\n";
}

}  // namespace

std::string page_name(std::string_view path) {
  std::string out = "jeton";
  if (!path.empty()) out += "-" + std::string(path);
  std::replace(out.begin(), out.end(), ' ', '-');
  return out;
}

std::string manual_of(const Command& command) {
  std::string out = head(page_name(command.path), command.summary);
  synopsis(out, command);
  about(out, command);
  options_of_every(out);
  out += kEnvironment;
  out += kExits;
  out += ".Sh EXAMPLES\n.Bd -literal -offset indent\n";
  for (auto left = command.example; !left.empty();) {
    const auto line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(line.size() + 1, left.size()));
    out += text(line) + "\n";
  }
  return out + ".Ed\n";
}

std::string manual_of_path(std::string_view path) {
  const std::string prefix = path.empty() ? "" : std::string(path) + " ";
  std::string rows;
  for (const auto* c : commands())
    if (c->path.starts_with(prefix)) rows += ".It Nm jeton " + std::string(c->path) + "\n" + sentences(sentence_of(*c));
  if (rows.empty()) return rows;
  const std::string summary = path.empty() ? "create, check, restrict, watch and revoke API tokens" : std::string(noun_meaning(path));
  std::string out = head(page_name(path), summary);
  out +=
      ".Sh SYNOPSIS\n.Nm jeton" + (path.empty() ? "" : " " + std::string(path)) + "\n.Ar command\n.Op Ar argument ...\n.Op Ar option ...\n";
  out +=
      ".Sh DESCRIPTION\nThe commands are these.\nEach has its own page, as jeton-token-create(1), and its own --help.\n.Bl -tag -width Ds\n" +
      rows + ".El\n";
  options_of_every(out);
  out += kEnvironment;
  out += kExits;
  return out;
}

}  // namespace jeton::cli
