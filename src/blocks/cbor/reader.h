// The one strict CBOR reader (RFC 8949): small values of authenticators, as a tree.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ground/bytes.h"
#include "ground/result.h"

namespace jeton::cbor {

enum class Kind : std::uint8_t { Integer, Octets, Text, Array, Map, Boolean, Null };

struct Limits {
  std::size_t size = 1 << 16;   // octets
  unsigned depth = 8;           // arrays and maps inside each other
  std::size_t items = 1024;     // of all, together
};

// Owned by itself; a plain value.
struct Value {
  struct Member;
  Kind kind = Kind::Null;
  std::int64_t integer = 0;                       // a boolean too
  Bytes octets;                                   // of Octets
  std::string text;                               // of Text
  std::vector<Value> items;                       // of Array
  std::vector<Member> members;                    // of Map, in the order of the octets; no key twice

  // The member of a map under that key; null where there is none, or this is no map.
  const Value* find(std::int64_t key) const;
  const Value* find(std::string_view key) const;
};
struct Value::Member {
  Value key, value;
};

// The whole of the octets as one value. Malformed: indefinite lengths, tags, floating point, keys that are neither integers nor
// text, a key twice, anything left over. TooLarge: over a limit.
Result<Value> parse(ByteView octets, const Limits& limits = {});
// The value at the front, and how many octets it took.
Result<std::pair<Value, std::size_t>> parse_front(ByteView octets, const Limits& limits = {});

}  // namespace jeton::cbor
