#include "blocks/json/text.h"

#include "blocks/json/writer.h"

namespace jeton::json {
namespace {

void append(std::string& out, const Value& value) {
  Writer w(out);
  bool first = true;
  switch (value.kind()) {
    case Kind::Object:
      out += '{';
      for (const auto& [name, member] : *value.object()) {
        if (!std::exchange(first, false)) out += ',';
        Writer(out).string(name);
        out += ':';
        append(out, member);
      }
      out += '}';
      return;
    case Kind::Array:
      out += '[';
      for (const auto& item : *value.array()) {
        if (!std::exchange(first, false)) out += ',';
        append(out, item);
      }
      out += ']';
      return;
    case Kind::String: w.string(*value.string()); return;
    case Kind::Number: w.raw(value.spelling()); return;
    case Kind::True: w.boolean(true); return;
    case Kind::False: w.boolean(false); return;
    case Kind::Null: w.null(); return;
  }
}

}  // namespace

std::string text_of(const Value& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace jeton::json
