#include "blocks/cbor/reader.h"

#include <cbor/callbacks.h>
#include <cbor/streaming.h>

#include <limits>

namespace jeton::cbor {
namespace {

constexpr Failure kMalformed(Refusal::Malformed, "CBOR: not of the form that is read here");
constexpr Failure kLarge(Refusal::TooLarge, "CBOR: too large, too deep, or too many items");

// The head of one item, as libcbor's decoder tells it. What no callback takes is refused.
struct Head {
  bool known = false;
  Value value;
  std::size_t count = 0;   // of a collection

  static Head& of(void* context) {
    auto& head = *static_cast<Head*>(context);
    head.known = true;
    return head;
  }
  void collection(Kind kind, std::size_t size) {
    value.kind = kind;
    count = size;
  }
};

template <class N>
void positive(void* context, N number) {
  auto& head = Head::of(context);
  head.value.kind = Kind::Integer;
  head.known = std::uint64_t{number} <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  head.value.integer = static_cast<std::int64_t>(number);
}
// -1 - number
template <class N>
void negative(void* context, N number) {
  positive(context, number);
  auto& value = Head::of(context).value;
  Head::of(context).known = value.integer >= 0;
  value.integer = -1 - value.integer;
}
void boolean(void* context, bool b) {
  auto& value = Head::of(context).value;
  value.kind = Kind::Boolean;
  value.integer = b ? 1 : 0;
}
void octets(void* context, cbor_data data, std::size_t size) {
  auto& value = Head::of(context).value;
  value.kind = Kind::Octets;
  value.octets.assign(data, data + size);
}
void text(void* context, cbor_data data, std::size_t size) {
  auto& value = Head::of(context).value;
  value.kind = Kind::Text;
  value.text.assign(reinterpret_cast<const char*>(data), size);
}

const cbor_callbacks& callbacks() {
  static const cbor_callbacks all = [] {
    cbor_callbacks c = cbor_empty_callbacks;
    c.uint8 = positive<std::uint8_t>;
    c.uint16 = positive<std::uint16_t>;
    c.uint32 = positive<std::uint32_t>;
    c.uint64 = positive<std::uint64_t>;
    c.negint8 = negative<std::uint8_t>;
    c.negint16 = negative<std::uint16_t>;
    c.negint32 = negative<std::uint32_t>;
    c.negint64 = negative<std::uint64_t>;
    c.boolean = boolean;
    c.byte_string = octets;
    c.string = text;
    c.null = [](void* context) { Head::of(context).value.kind = Kind::Null; };
    c.array_start = [](void* context, std::size_t size) { Head::of(context).collection(Kind::Array, size); };
    c.map_start = [](void* context, std::size_t size) { Head::of(context).collection(Kind::Map, size); };
    return c;
  }();
  return all;
}

bool same_key(const Value& a, const Value& b) { return a.kind == b.kind && a.integer == b.integer && a.text == b.text; }

class Reader {
 public:
  Reader(ByteView octets, const Limits& limits) : octets_(octets), limits_(limits) {}

  std::size_t at() const { return at_; }
  Result<Value> value(unsigned depth) {
    if (depth > limits_.depth || ++items_ > limits_.items) return std::unexpected(kLarge);
    Head head;
    const auto got = cbor_stream_decode(octets_.data() + at_, octets_.size() - at_, &callbacks(), &head);
    if (got.status != CBOR_DECODER_FINISHED || !head.known) return std::unexpected(kMalformed);
    at_ += got.read;
    // Every item takes an octet at least: a count that cannot be is refused before anything is made for it.
    if (head.count > octets_.size() - at_) return std::unexpected(kMalformed);
    for (std::size_t i = 0; i < head.count; ++i) {
      TRY(auto first, value(depth + 1));
      if (head.value.kind == Kind::Array) {
        head.value.items.push_back(std::move(first));
        continue;
      }
      TRY(auto second, value(depth + 1));
      TRY_VOID(add(head.value, std::move(first), std::move(second)));
    }
    return std::move(head.value);
  }

 private:
  static Status add(Value& map, Value key, Value value) {
    if (key.kind != Kind::Integer && key.kind != Kind::Text) return std::unexpected(kMalformed);
    for (const auto& [known, _] : map.members)
      if (same_key(known, key)) return std::unexpected(kMalformed);
    map.members.push_back({std::move(key), std::move(value)});
    return {};
  }

  ByteView octets_;
  const Limits& limits_;
  std::size_t at_ = 0, items_ = 0;
};

}  // namespace

const Value* Value::find(std::int64_t key) const {
  for (const auto& [name, value] : members)
    if (name.kind == Kind::Integer && name.integer == key) return &value;
  return nullptr;
}

const Value* Value::find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name.kind == Kind::Text && name.text == key) return &value;
  return nullptr;
}

Result<std::pair<Value, std::size_t>> parse_front(ByteView octets, const Limits& limits) {
  if (octets.size() > limits.size) return std::unexpected(kLarge);
  Reader reader(octets, limits);
  TRY(auto value, reader.value(0));
  return std::pair{std::move(value), reader.at()};
}

Result<Value> parse(ByteView octets, const Limits& limits) {
  TRY(auto front, parse_front(octets, limits));
  if (front.second != octets.size()) return std::unexpected(kMalformed);
  return std::move(front.first);
}

}  // namespace jeton::cbor
