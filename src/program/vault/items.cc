#include "program/vault/items.h"

#include <algorithm>

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::vault {
namespace {

constexpr std::string_view kScheme = "jeton://", kRoot = "jeton://vault/";
constexpr std::size_t kMostItems = 10'000, kMostFields = 100;

template <class List>
auto place_of(List& list, std::string_view name) {
  return std::lower_bound(list.begin(), list.end(), name, [](const auto& a, std::string_view b) { return a.name < b; });
}

Result<Item> read_item(const json::Value& value) {
  Item item;
  const auto name = value.string_at("name"), updated = value.string_at("updated");
  const auto* fields = value.find("fields");
  if (!name || !good_name(*name) || !updated || fields == nullptr || fields->object() == nullptr) return refuse(Refusal::Malformed);
  const auto at = parse_rfc3339(*updated);
  if (!at) return refuse(Refusal::Malformed);
  item.name = *name;
  item.updated = *at;
  for (const auto& [field, text] : *fields->object()) {
    auto octets = text.string() ? base64url::decode(*text.string()) : std::nullopt;
    if (!good_name(field) || !octets) return refuse(Refusal::Malformed);
    item.fields.push_back({field, Secret(*std::move(octets))});
  }
  return item;
}

}  // namespace

bool good_name(std::string_view name) {
  if (name.empty() || name.size() > 64) return false;
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return plain(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return plain(c) || c == '.' || c == '_' || c == '@' || c == '-'; });
}

bool is_url(std::string_view text) { return text.starts_with(kScheme); }

Result<Reference> Reference::parse(std::string_view text) {
  constexpr std::string_view kWanted = "a reference is ITEM, ITEM/FIELD or jeton://vault/ITEM/FIELD";
  if (text.starts_with(kRoot)) text.remove_prefix(kRoot.size());
  else if (is_url(text)) return refuse(Refusal::Malformed, kWanted);
  Reference ref;
  const auto slash = text.find('/');
  ref.item = text.substr(0, slash);
  if (slash != std::string_view::npos) {
    ref.field = text.substr(slash + 1);
    ref.whole = false;
  }
  if (!good_name(ref.item) || !good_name(ref.field)) return refuse(Refusal::Malformed, kWanted);
  return ref;
}

Result<Contents> Contents::parse(const Secret& plain) {
  Contents contents;
  const auto text = as_text(plain.read(program::Pass::key()));
  TRY(const auto value, json::parse(text, {.size = 64 << 20, .depth = 5, .members = kMostFields + 8}));
  const auto* items = value.find("items");
  if (items == nullptr || items->array() == nullptr) return refuse(Refusal::Malformed);
  for (const auto& one : *items->array()) {
    TRY(auto item, read_item(one));
    contents.items_.push_back(std::move(item));
  }
  const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
  for (auto& item : contents.items_) std::sort(item.fields.begin(), item.fields.end(), by_name);
  std::sort(contents.items_.begin(), contents.items_.end(), by_name);
  return contents;
}

Secret Contents::render() const {
  std::size_t room = 64;
  for (const auto& item : items_) {
    room += 128 + item.name.size();
    for (const auto& field : item.fields) room += field.name.size() + 8 + base64url::encoded_size(field.value.size());
  }
  std::string out;
  out.reserve(room);   // never moved, so no copy is left behind
  json::Writer w(out);
  w.object().key("items").array();
  for (const auto& item : items_) {
    w.object().member("name", item.name).member("updated", to_rfc3339(item.updated)).key("fields").object();
    for (const auto& field : item.fields) {
      w.key(field.name).raw("\"");
      base64url::append(out, field.value.read(program::Pass::key()));
      out += '"';
    }
    w.end_object().end_object();
  }
  w.end_array().end_object();
  auto secret = Secret::copy_of(as_bytes(out));
  wipe({reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
  return secret;
}

const Item* Contents::find(std::string_view item) const {
  const auto at = place_of(items_, item);
  return at != items_.end() && at->name == item ? &*at : nullptr;
}

const Secret* Contents::find(const Reference& ref) const {
  const auto* item = find(ref.item);
  if (item == nullptr) return nullptr;
  const auto at = place_of(item->fields, ref.field);
  return at != item->fields.end() && at->name == ref.field ? &at->value : nullptr;
}

Status Contents::put(const Reference& ref, Secret value, Instant now) {
  if (value.size() > kLargestValue) return refuse(Refusal::TooLarge, "a value has at most 1 MiB");
  auto item = place_of(items_, ref.item);
  if (item == items_.end() || item->name != ref.item) {
    if (items_.size() >= kMostItems) return refuse(Refusal::TooLarge, "a vault holds at most 10,000 items");
    item = items_.insert(item, Item{ref.item, {}, now});
  }
  auto field = place_of(item->fields, ref.field);
  if (field == item->fields.end() || field->name != ref.field) {
    if (item->fields.size() >= kMostFields) return refuse(Refusal::TooLarge, "an item has at most 100 fields");
    field = item->fields.insert(field, Field{ref.field, {}});
  }
  field->value = std::move(value);
  item->updated = now;
  return {};
}

bool Contents::remove(const Reference& ref, Instant now) {
  const auto item = place_of(items_, ref.item);
  if (item == items_.end() || item->name != ref.item) return false;
  if (ref.whole) {
    items_.erase(item);
    return true;
  }
  const auto field = place_of(item->fields, ref.field);
  if (field == item->fields.end() || field->name != ref.field) return false;
  item->fields.erase(field);
  item->updated = now;
  if (item->fields.empty()) items_.erase(item);
  return true;
}

}  // namespace jeton::vault
