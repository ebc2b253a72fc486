#include "program/cli/help.h"

#include <algorithm>

namespace jeton::cli {
namespace {

constexpr std::size_t kWidth = 100, kColumn = 30;

std::string heading(std::string_view text, Colour colour) {
  return colour == Colour::On ? "\033[1m" + std::string(text) + "\033[0m\n" : std::string(text) + "\n";
}

// Columns on the screen: octets of UTF-8 that begin a character.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// Appends words from column `at` on, broken before kWidth and indented.
void wrap(std::string& out, std::string_view text, std::size_t at, std::size_t indent) {
  bool first = true;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!first && at + 1 + width(word) > kWidth) {
      out += "\n" + std::string(indent, ' ');
      at = indent;
    } else if (!first) {
      out += ' ';
      ++at;
    }
    out += word;
    at += width(word);
    first = false;
  }
  out += '\n';
}

void row(std::string& out, std::string_view left, std::string_view meaning) {
  out += "  " + std::string(left);
  std::size_t at = 2 + width(left);
  if (at + 2 > kColumn) {
    out += "\n" + std::string(kColumn, ' ');
  } else {
    out += std::string(kColumn - at, ' ');
  }
  wrap(out, meaning, kColumn, kColumn);
}

std::string spelling(const Option& o) {
  std::string text;
  if (const auto other = other_spelling(o.name); !other.empty() && other.size() < o.name.size()) text = std::string(other) + ", ";
  text += o.name;
  if (const auto other = other_spelling(o.name); other.size() > o.name.size()) text += ", " + std::string(other);
  if (!o.value.empty()) text += " " + std::string(o.value);
  return text;
}

std::string meaning_of(const Option& o) {
  std::string text(o.meaning);
  if (o.count == Count::Many || o.count == Count::OneOrMore) text += "; may stand several times";
  return text;
}

void paragraphs(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with("  ")) {
      out += std::string(line) + "\n";
    } else {
      wrap(out, line, 0, 0);
    }
  }
}

}  // namespace

std::string sentence_of(const Command& command) { return std::string(command.summary) + (command.summary.ends_with('?') ? "" : "."); }

std::string usage_line(const Command& command) {
  std::string out = "jeton " + std::string(command.path);
  for (const auto& o : command.operands) {
    std::string name(o.name);
    if (o.count == Count::Many || o.count == Count::OneOrMore) name += "…";
    out += o.count == Count::Once || o.count == Count::OneOrMore ? " " + name : " [" + name + "]";
  }
  for (const auto& o : command.options) {
    std::string text(o.name);
    if (!o.value.empty()) text += " " + std::string(o.value);
    const bool needed = o.count == Count::Once || o.count == Count::OneOrMore;
    const bool many = o.count == Count::Many || o.count == Count::OneOrMore;
    out += needed ? " " + text : " [" + text + "]";
    if (many) out += "…";
  }
  return out;
}

std::string help_of(const Command& command, Colour colour) {
  std::string out;
  wrap(out, sentence_of(command), 0, 0);
  out += "\n" + heading("Usage:", colour) + "  ";
  wrap(out, usage_line(command), 2, 6);
  if (!command.about.empty()) {
    out += "\n";
    paragraphs(out, command.about);
  }
  if (!command.operands.empty()) {
    out += "\n" + heading("Arguments:", colour);
    for (const auto& o : command.operands) row(out, o.name, o.meaning);
  }
  if (!command.options.empty()) {
    out += "\n" + heading("Options:", colour);
    for (const auto& o : command.options) row(out, spelling(o), meaning_of(o));
  }
  out += "\n" + heading("Options of every command:", colour);
  for (const auto& o : options_of_all()) row(out, spelling(o), o.meaning);
  out += "\n" + heading("Example:", colour);
  auto example = command.example;
  while (!example.empty()) {
    const auto line = example.substr(0, example.find('\n'));
    example.remove_prefix(std::min(line.size() + 1, example.size()));
    out += "  " + std::string(line) + "\n";
  }
  return out;
}

std::string help_of_path(std::string_view path, Colour colour) {
  std::string out, rows, noun;
  const std::string prefix = path.empty() ? "" : std::string(path) + " ";
  for (const auto* c : commands()) {
    if (!c->path.starts_with(prefix)) continue;
    const auto rest = c->path.substr(prefix.size());
    const auto word = rest.substr(0, rest.find(' '));
    // A command that has others under its name, as scan, is listed once.
    if (path.empty() && word != rest && find_command(word) != nullptr) continue;
    if (word == rest && path.empty() && noun_meaning(word).empty()) {
      row(rows, word, c->summary);
    } else if (!path.empty()) {
      row(rows, rest, c->summary);
    } else if (word != noun) {
      noun = word;
      row(rows, word, noun_meaning(word));
    }
  }
  if (rows.empty()) return out;
  if (path.empty()) {
    out += "Jeton creates, checks, restricts, watches and revokes API tokens.\n\n";
  } else {
    out += "jeton " + std::string(path) + ": " + std::string(noun_meaning(path)) + ".\n\n";
  }
  out += heading("Usage:", colour) + "  jeton " + prefix + "COMMAND [ARGUMENTS] [OPTIONS]\n\n";
  out += heading("Commands:", colour) + rows;
  out += "\n" + heading("Options of every command:", colour);
  for (const auto& o : options_of_all()) row(out, spelling(o), o.meaning);
  if (path.empty()) row(out, "--version", "print the version and end");
  out += "\n" + heading("Example:", colour);
  out += path.empty() ? "  jeton token create --user ada --api orders --scope orders:read\n" : "";
  if (!path.empty()) {
    const auto first = std::find_if(commands().begin(), commands().end(), [&](const Command* c) { return c->path.starts_with(prefix); });
    const auto example = (*first)->example;
    out += "  " + std::string(example.substr(0, example.find('\n'))) + "\n";
  }
  out += "\nSee jeton " + prefix + "COMMAND --help for more, and jeton man for the manual.\n";
  return out;
}

}  // namespace jeton::cli
