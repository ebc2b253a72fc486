#include "program/cli/output.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace jeton::cli {
namespace {

// A value in a cell: text as it is, lists with spaces, nothing as "-".
std::string cell(const json::Value* value) {
  if (value == nullptr || value->is_null()) return "-";
  if (const auto text = value->string()) return text->empty() ? "-" : printable(*text);
  if (const auto* list = value->array()) {
    std::string out;
    for (const auto& element : *list) out += (out.empty() ? "" : " ") + cell(&element);
    return out.empty() ? "-" : out;
  }
  if (const auto* members = value->object()) {
    std::string out;
    for (const auto& [name, member] : *members) out += (out.empty() ? "" : " ") + printable(name) + "=" + cell(&member);
    return out.empty() ? "-" : out;
  }
  auto text = json_text(*value);
  text.pop_back();
  return text;
}

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string padded(std::string text, std::size_t to) {
  const auto is = width(text);
  if (is < to) text += std::string(to - is, ' ');
  return text;
}

std::string thing_text(const json::Value& thing) {
  const auto* members = thing.object();
  if (members == nullptr) return cell(&thing) + "\n";
  std::size_t widest = 0;
  for (const auto& [name, member] : *members) widest = std::max(widest, width(name));
  std::string out;
  for (const auto& [name, member] : *members) {
    const auto* list = member.array();
    // A list of things has a line each.
    if (list != nullptr && !list->empty() && (*list)[0].object() != nullptr) {
      for (const auto& element : *list) out += padded(printable(name), widest) + "  " + cell(&element) + "\n";
      continue;
    }
    out += padded(printable(name), widest) + "  " + cell(&member) + "\n";
  }
  return out;
}

}  // namespace

bool quiet(const Arguments& given) { return given.has("--quiet"); }

Format format_of(const Arguments& given) {
  const auto word = given.get("-o");
  if (word == "json") return Format::Json;
  if (word == "yaml") return Format::Yaml;
  if (word == "id" || (!word && quiet(given))) return Format::Id;
  return Format::Table;
}

Colour colour_of(std::FILE* stream) {
  const char* none = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool plain = (none != nullptr && *none != '\0') || term == nullptr || std::string_view(term) == "dumb";
  return !plain && ::isatty(::fileno(stream)) != 0 ? Colour::On : Colour::Off;
}

int fail(Exit code, std::string_view what, std::string_view next) {
  std::string text = "jeton: ";
  if (colour_of(stderr) == Colour::On) text = "\033[1;31mjeton:\033[0m ";
  text += std::string(what) + "\n";
  if (!next.empty()) text += "  " + std::string(next) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
  return code;
}

void remark(const Arguments& given, std::string_view text) {
  if (quiet(given)) return;
  const std::string line = std::string(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string printable(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // The C1 controls are two octets in UTF-8, c2 80 to c2 9f.
    const bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c >= 0x20 && c != 0x7f && !c1) {
      out += text[i];
    } else {
      const auto code = c1 ? static_cast<unsigned char>(text[++i]) : c;
      out += std::string("\\x") + kHex[code >> 4] + kHex[code & 15];
    }
  }
  return out;
}

std::string table_text(const json::Value& list, std::span<const Column> columns, Colour colour) {
  const auto* items = list.find("items") != nullptr ? list.find("items")->array() : nullptr;
  std::vector<std::vector<std::string>> rows(1);
  for (const auto& c : columns) rows[0].emplace_back(c.title);
  if (items != nullptr)
    for (const auto& item : *items) {
      rows.emplace_back();
      for (const auto& c : columns) rows.back().push_back(cell(item.find(c.member)));
    }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += i + 1 < row.size() ? padded(row[i], widths[i] + 2) : row[i];
    out += &row == rows.data() && colour == Colour::On ? "\033[1m" + line + "\033[0m\n" : line + "\n";
  }
  return out;
}

int show(const Arguments& given, const json::Value& thing) {
  switch (format_of(given)) {
    case Format::Json: print(json_text(thing)); break;
    case Format::Yaml: print(yaml_text(thing)); break;
    case Format::Id:
      if (const auto id = thing.string_at("id")) print(printable(*id) + "\n");
      break;
    case Format::Table: print(thing_text(thing)); break;
  }
  return kYes;
}

int show_list(const Arguments& given, const json::Value& list, std::span<const Column> columns) {
  const auto* items = list.find("items") != nullptr ? list.find("items")->array() : nullptr;
  switch (format_of(given)) {
    case Format::Json: print(json_text(list)); break;
    case Format::Yaml: print(yaml_text(list)); break;
    case Format::Id:
      if (items != nullptr)
        for (const auto& item : *items)
          if (const auto id = item.string_at("id")) print(printable(*id) + "\n");
      break;
    case Format::Table: print(table_text(list, columns, colour_of(stdout))); break;
  }
  if (const auto next = list.string_at("next"); next && format_of(given) == Format::Table)
    remark(given, "There are more: --all shows them, --cursor " + printable(*next) + " goes on from here.");
  return kYes;
}

}  // namespace jeton::cli
