// A JSON value as a small tree, for management calls and files. Claims are read flat (scanner.h).
#pragma once

#include <utility>
#include <variant>
#include <vector>

#include "blocks/json/scanner.h"

namespace jeton::json {

class Value;
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;   // in the order of the text; no name twice

// Numbers are kept as they were spelled.
class Value {
 public:
  Value() = default;
  explicit Value(bool b) : kind_(b ? Kind::True : Kind::False) {}
  explicit Value(std::string s, Kind kind = Kind::String) : kind_(kind), text_(std::move(s)) {}
  explicit Value(Array a) : kind_(Kind::Array), array_(std::move(a)) {}
  explicit Value(Object o) : kind_(Kind::Object), object_(std::move(o)) {}

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::Null; }
  std::optional<bool> boolean() const;
  std::optional<std::string_view> string() const;
  std::optional<std::int64_t> integer() const;
  // A number as it was spelled; empty for all else.
  std::string_view spelling() const { return kind_ == Kind::Number ? std::string_view(text_) : std::string_view(); }
  const Array* array() const { return kind_ == Kind::Array ? &array_ : nullptr; }
  const Object* object() const { return kind_ == Kind::Object ? &object_ : nullptr; }
  // The member of that name of an object; null where there is none.
  const Value* find(std::string_view name) const;
  // The same where it is a string.
  std::optional<std::string_view> string_at(std::string_view name) const;

 private:
  Kind kind_ = Kind::Null;
  std::string text_;
  Array array_;
  Object object_;
};

// The whole text as one value. Strict as Scanner is.
Result<Value> parse(std::string_view text, const Limits& limits = {});

}  // namespace jeton::json
