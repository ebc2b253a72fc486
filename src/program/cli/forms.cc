// JSON and YAML as text for people and programs.
#include "blocks/json/writer.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

// DEL and the C1 controls as escapes: JSON need not, terminals do not mind.
std::string escaped(const std::string& json) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto c = static_cast<unsigned char>(json[i]);
    const bool c1 = c == 0xc2 && i + 1 < json.size() && static_cast<unsigned char>(json[i + 1]) < 0xa0;
    if (c != 0x7f && !c1) {
      out += json[i];
      continue;
    }
    const auto code = c1 ? static_cast<unsigned char>(json[++i]) : c;
    out += std::string("\\u00") + kHex[code >> 4] + kHex[code & 15];
  }
  return out;
}

std::string scalar(const json::Value& value) {
  std::string out;
  json::Writer w(out);
  switch (value.kind()) {
    case json::Kind::String: w.string(*value.string()); break;
    case json::Kind::Number: w.raw(value.spelling()); break;
    case json::Kind::True: w.boolean(true); break;
    case json::Kind::False: w.boolean(false); break;
    default: w.null();
  }
  return escaped(out);
}

std::string name_text(std::string_view name) {
  std::string out;
  json::Writer(out).string(name);
  return escaped(out);
}

void write_json(std::string& out, const json::Value& value, std::size_t indent) {
  const std::string margin(indent + 2, ' ');
  bool first = true;
  if (const auto* members = value.object()) {
    if (members->empty()) return void(out += "{}");
    out += '{';
    for (const auto& [name, member] : *members) {
      out += (first ? "\n" : ",\n") + margin + name_text(name) + ": ";
      write_json(out, member, indent + 2);
      first = false;
    }
    out += "\n" + std::string(indent, ' ') + "}";
  } else if (const auto* elements = value.array()) {
    if (elements->empty()) return void(out += "[]");
    out += '[';
    for (const auto& element : *elements) {
      out += (first ? "\n" : ",\n") + margin;
      write_json(out, element, indent + 2);
      first = false;
    }
    out += "\n" + std::string(indent, ' ') + "]";
  } else {
    out += scalar(value);
  }
}

bool holds_more(const json::Value& value) {
  const auto* elements = value.array();
  const auto* members = value.object();
  return (elements != nullptr && !elements->empty()) || (members != nullptr && !members->empty());
}

std::string empty_or_scalar(const json::Value& value) {
  if (value.array() != nullptr) return "[]";
  if (value.object() != nullptr) return "{}";
  return scalar(value);
}

// Every text and every name that is not a plain word stands in double quotes: JSON's escapes are YAML's too.
std::string yaml_name(std::string_view name) {
  const bool plain = !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos && name != "null" &&
                     name != "true" && name != "false" && name != "yes" && name != "no" && name != "on" && name != "off" && name != "y" &&
                     name != "n";
  return plain ? std::string(name) : name_text(name);
}

void write_yaml(std::string& out, const json::Value& value, std::size_t indent) {
  const std::string margin(indent, ' ');
  if (const auto* members = value.object()) {
    bool first = true;
    for (const auto& [name, member] : *members) {
      // The first member of a list's element stands on the line of its dash.
      out += (first ? "" : margin) + yaml_name(name) + ":";
      first = false;
      if (!holds_more(member)) {
        out += " " + empty_or_scalar(member) + "\n";
      } else if (member.array() != nullptr) {
        out += "\n" + margin;
        write_yaml(out, member, indent);
      } else {
        out += "\n" + margin + "  ";
        write_yaml(out, member, indent + 2);
      }
    }
  } else if (const auto* elements = value.array()) {
    bool first = true;
    for (const auto& element : *elements) {
      out += (first ? "- " : margin + "- ");
      first = false;
      if (holds_more(element)) {
        write_yaml(out, element, indent + 2);
      } else {
        out += empty_or_scalar(element) + "\n";
      }
    }
  }
}

void write_line(json::Writer& w, const json::Value& value) {
  if (const auto* members = value.object()) {
    w.object();
    for (const auto& [name, member] : *members) write_line(w.key(name), member);
    w.end_object();
  } else if (const auto* elements = value.array()) {
    w.array();
    for (const auto& element : *elements) write_line(w, element);
    w.end_array();
  } else {
    w.raw(scalar(value));
  }
}

}  // namespace

std::string json_text(const json::Value& value) {
  std::string out;
  write_json(out, value, 0);
  return out + "\n";
}

std::string json_line(const json::Value& value) {
  std::string out;
  json::Writer w(out);
  write_line(w, value);
  return out;
}

std::string yaml_text(const json::Value& value) {
  if (!holds_more(value)) return empty_or_scalar(value) + "\n";
  std::string out;
  write_yaml(out, value, 0);
  return out;
}

}  // namespace jeton::cli
