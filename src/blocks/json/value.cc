#include "blocks/json/value.h"

#include <algorithm>

namespace jeton::json {
namespace {

// A value takes fifty times its shortest spelling. A long text holds as many as one of usual shape does, not as many as it could.
constexpr std::size_t kFewValues = 1 << 17, kOctetsAValue = 16;

// Recursion is bounded by Limits::depth. `left`: how many values there may be yet.
Result<Value> read(Scanner& scanner, std::size_t& left) {
  if (left-- == 0) return refuse(Refusal::TooLarge, "too many values in the JSON text");
  TRY(const auto kind, scanner.peek());
  if (kind == Kind::Object) {
    Object members;
    TRY_VOID(scanner.enter('{'));
    for (;;) {
      TRY(const bool more, scanner.another('}'));
      if (!more) break;
      TRY(const auto name, scanner.name());
      std::string owned(name);
      TRY(auto value, read(scanner, left));
      members.emplace_back(std::move(owned), std::move(value));
    }
    scanner.leave();
    return Value(std::move(members));
  }
  if (kind == Kind::Array) {
    Array elements;
    TRY_VOID(scanner.enter('['));
    for (;;) {
      TRY(const bool more, scanner.another(']'));
      if (!more) break;
      TRY(auto value, read(scanner, left));
      elements.push_back(std::move(value));
    }
    scanner.leave();
    return Value(std::move(elements));
  }
  TRY(const auto item, scanner.value());
  std::string scratch;
  switch (item.kind) {
    case Kind::String: return Value(std::string(*item.text(scratch)));
    case Kind::Number: return Value(std::string(item.raw), Kind::Number);
    case Kind::True: return Value(true);
    case Kind::False: return Value(false);
    default: return Value();
  }
}

}  // namespace

std::optional<bool> Value::boolean() const {
  if (kind_ != Kind::True && kind_ != Kind::False) return std::nullopt;
  return kind_ == Kind::True;
}

std::optional<std::string_view> Value::string() const {
  if (kind_ != Kind::String) return std::nullopt;
  return text_;
}

std::optional<std::int64_t> Value::integer() const { return Item{kind_, false, text_}.integer(); }

const Value* Value::find(std::string_view name) const {
  for (const auto& [key, value] : object_)
    if (key == name) return &value;
  return nullptr;
}

std::optional<std::string_view> Value::string_at(std::string_view name) const {
  const Value* v = find(name);
  return v == nullptr ? std::nullopt : v->string();
}

Result<Value> parse(std::string_view text, const Limits& limits) {
  Scanner scanner(text, limits);
  auto left = std::max(kFewValues, text.size() / kOctetsAValue);
  TRY(auto value, read(scanner, left));
  TRY_VOID(scanner.end());
  return value;
}

}  // namespace jeton::json
