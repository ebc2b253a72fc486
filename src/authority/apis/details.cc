#include "authority/apis/details.h"

#include <algorithm>
#include <array>

#include "authority/policy/scopes.h"
#include "blocks/json/text.h"
#include "blocks/json/writer.h"

namespace jeton::apis {
namespace {

constexpr std::size_t kMostTypes = 50, kMostWords = 100, kLongestWord = 256, kMostObjects = 16;
// [RFC9396 §2.2] lists of words; "identifier" is a member like any other
constexpr std::array<std::pair<std::string_view, ledger::Scopes DetailType::*>, 4> kLists = {{{"actions", &DetailType::actions},
                                                                                              {"locations", &DetailType::locations},
                                                                                              {"datatypes", &DetailType::datatypes},
                                                                                              {"privileges", &DetailType::privileges}}};

ledger::Scopes DetailType::* list_called(std::string_view name) {
  for (const auto& [called, list] : kLists)
    if (called == name) return list;
  return nullptr;
}

bool holds(const ledger::Scopes& sorted, std::string_view word) { return std::binary_search(sorted.begin(), sorted.end(), word); }

bool good_word(std::string_view word) {
  if (word.empty() || word.size() > kLongestWord) return false;
  return std::all_of(word.begin(), word.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Status read_words(const json::Value& from, ledger::Scopes& to) {
  if (from.array() == nullptr || from.array()->size() > kMostWords) return refuse(Refusal::Invalid, "types: lists of at most 100 words");
  for (const auto& word : *from.array()) {
    if (!word.string() || !good_word(*word.string())) return refuse(Refusal::Invalid, "types: words of visible characters, at most 256");
    to.emplace_back(*word.string());
  }
  std::sort(to.begin(), to.end());
  to.erase(std::unique(to.begin(), to.end()), to.end());
  return {};
}

Result<DetailType> read_type(const json::Value& from) {
  if (from.object() == nullptr) return refuse(Refusal::Invalid, "types: a list of objects");
  DetailType t;
  for (const auto& [name, value] : *from.object()) {
    if (name == "type") {
      if (!value.string() || !good_word(*value.string()))
        return refuse(Refusal::Invalid, "types: type is a word of visible characters, at most 256");
      t.type = *value.string();
    } else if (const auto list = list_called(name); list != nullptr) {
      TRY_VOID(read_words(value, t.*list));
    } else if (name == "members") {
      TRY_VOID(read_words(value, t.members));
    } else {
      return refuse(Refusal::Invalid, "types: type, actions, locations, datatypes, privileges and members");
    }
  }
  if (t.type.empty()) return refuse(Refusal::Invalid, "types: type is needed");
  for (const auto& name : t.members)
    if (name == "type" || list_called(name) != nullptr)
      return refuse(Refusal::Invalid, "types: members names others than type and the lists");
  return t;
}

// Each word once, and one that the type has.
Status check_list(const json::Value& list, const ledger::Scopes& known) {
  if (list.array() == nullptr || list.array()->empty())
    return refuse(Refusal::Invalid, "actions, locations, datatypes and privileges are lists of words");
  std::vector<std::string_view> seen;
  for (const auto& word : *list.array()) {
    if (!word.string() || !holds(known, *word.string())) return refuse(Refusal::Invalid, "a word that the type does not have");
    if (std::find(seen.begin(), seen.end(), *word.string()) != seen.end()) return refuse(Refusal::Invalid, "a word stands twice");
    seen.push_back(*word.string());
  }
  return {};
}

Status check_object(const json::Value& object, const std::vector<DetailType>& types) {
  const auto type = object.string_at("type");
  // [RFC9396 §2] the one member that is always there
  if (!type) return refuse(Refusal::Invalid, "each object has a type");
  const auto at = std::find_if(types.begin(), types.end(), [&](const DetailType& t) { return t.type == *type; });
  if (at == types.end()) return refuse(Refusal::Invalid, "a type that is not known here");
  for (const auto& [name, value] : *object.object()) {
    if (name == "type") continue;
    const auto list = list_called(name);
    if (list != nullptr && !((*at).*list).empty()) TRY_VOID(check_list(value, (*at).*list));
    else if (!holds(at->members, name)) return refuse(Refusal::Invalid, "a member that the type does not have");
  }
  return {};
}

// The same value, whatever the order of members. Depth is bounded by the reader.
bool same(const json::Value& a, const json::Value& b) {
  if (a.kind() != b.kind()) return false;
  if (const auto* object = a.object()) {
    return object->size() == b.object()->size() && std::all_of(object->begin(), object->end(), [&](const auto& member) {
             const auto* other = b.find(member.first);
             return other != nullptr && same(member.second, *other);
           });
  }
  if (const auto* array = a.array()) return std::equal(array->begin(), array->end(), b.array()->begin(), b.array()->end(), same);
  return json::text_of(a) == json::text_of(b);
}

bool fewer(const json::Value& wanted, const json::Value& granted) {
  return std::all_of(wanted.array()->begin(), wanted.array()->end(), [&](const json::Value& word) {
    return std::any_of(granted.array()->begin(), granted.array()->end(), [&](const json::Value& other) { return same(word, other); });
  });
}

// What an object does not say may mean everything: neither has a member that the other has not.
bool within_one(const json::Value& wanted, const json::Value& granted) {
  if (wanted.object()->size() != granted.object()->size()) return false;
  return std::all_of(wanted.object()->begin(), wanted.object()->end(), [&](const auto& member) {
    const auto* other = granted.find(member.first);
    if (other == nullptr) return false;
    const bool words = list_called(member.first) != nullptr && member.second.array() != nullptr && other->array() != nullptr;
    return words ? !member.second.array()->empty() && fewer(member.second, *other) : same(member.second, *other);
  });
}

Result<std::vector<DetailType>> types_of(const ledger::Setting& kept) {
  const auto value = json::parse(kept.value);
  if (!value) return fault(Fault::StoreCorrupt, "an API's types of authorization details are not JSON");
  return read_detail_types(*value);
}

}  // namespace

std::string write(const std::vector<DetailType>& types) {
  std::string out;
  json::Writer w(out);
  w.array();
  for (const auto& t : types) {
    w.object().member("type", t.type);
    for (const auto& [name, list] : kLists)
      if (!(t.*list).empty()) w.strings(name, t.*list);
    if (!t.members.empty()) w.strings("members", t.members);
    w.end_object();
  }
  w.end_array();
  return out;
}

Result<std::vector<DetailType>> read_detail_types(const json::Value& list) {
  if (list.array() == nullptr || list.array()->size() > kMostTypes) return refuse(Refusal::Invalid, "types: a list of at most 50 objects");
  std::vector<DetailType> types;
  for (const auto& one : *list.array()) {
    TRY(auto type, read_type(one));
    for (const auto& other : types)
      if (other.type == type.type) return refuse(Refusal::Invalid, "types: one of them stands twice");
    types.push_back(std::move(type));
  }
  return types;
}

Result<Details> Details::read(std::string_view text, const std::vector<DetailType>& types) {
  if (text.size() > kMostDetails) return refuse(Refusal::Invalid, "more than 3072 octets");
  auto value = json::parse(text, {.size = kMostDetails, .depth = 8});
  if (!value || value->array() == nullptr) return refuse(Refusal::Invalid, "a JSON array of objects, no name in one of them twice");
  Details d;
  d.objects_ = *value->array();
  if (d.objects_.empty() || d.objects_.size() > kMostObjects) return refuse(Refusal::Invalid, "from 1 to 16 objects");
  for (const auto& object : d.objects_) {
    if (object.object() == nullptr) return refuse(Refusal::Invalid, "a JSON array of objects");
    TRY_VOID(check_object(object, types));
  }
  d.text_ = json::text_of(*value);
  return d;
}

Result<Details> Details::kept(std::string_view text) {
  Details d;
  if (text.empty()) return d;
  auto value = json::parse(text);
  if (!value || value->array() == nullptr) return fault(Fault::StoreCorrupt, "authorization details are not a JSON array");
  d.objects_ = *value->array();
  for (const auto& object : d.objects_)
    if (object.object() == nullptr) return fault(Fault::StoreCorrupt, "authorization details are not objects");
  d.text_ = text;
  return d;
}

ledger::Scopes Details::types() const {
  ledger::Scopes out;
  for (const auto& object : objects_) out.emplace_back(object.string_at("type").value_or(""));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool Details::within(const Details& granted) const {
  return std::all_of(objects_.begin(), objects_.end(), [&](const json::Value& wanted) {
    return std::any_of(granted.objects_.begin(), granted.objects_.end(),
                       [&](const json::Value& other) { return within_one(wanted, other); });
  });
}

Result<std::vector<DetailType>> DetailTypes::of(const ApiId& api) {
  // All of them: what stands under one beginning is kept in memory.
  TRY(const auto kept, ledger_.settings(kDetailsSetting));
  for (const auto& one : kept)
    if (std::string_view(one.name).substr(kDetailsSetting.size()) == api.text()) return types_of(one);
  return std::vector<DetailType>();
}

Status DetailTypes::set(const ledger::Api& api, const std::vector<DetailType>& types, const audit::Doing& doing) {
  TRY(auto event,
      audit::event(doing, "api.update", api.id.text(), entropy_, "{\"authorization_details_types\":" + std::to_string(types.size()) + "}"));
  TRY_VOID(ledger_.commit({ledger::PutSetting{{std::string(kDetailsSetting) + api.id.text(), write(types), 0}}, std::move(event)}));
  return {};
}

Result<ledger::Scopes> DetailTypes::all() {
  TRY(const auto kept, ledger_.settings(kDetailsSetting));
  ledger::Scopes out;
  for (const auto& one : kept) {
    const auto id = ApiId::parse(std::string_view(one.name).substr(kDetailsSetting.size()));
    TRY(const auto api, id ? ledger_.api(*id) : std::optional<ledger::Api>());
    if (!api || api->deleted) continue;
    TRY(const auto types, types_of(one));
    for (const auto& t : types) out.push_back(t.type);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<ledger::Api> DetailTypes::api_of(const ledger::Scopes& wanted) {
  TRY(const auto kept, ledger_.settings(kDetailsSetting));
  std::optional<ledger::Api> found;
  for (const auto& one : kept) {
    const auto id = ApiId::parse(std::string_view(one.name).substr(kDetailsSetting.size()));
    TRY(auto api, id ? ledger_.api(*id) : std::optional<ledger::Api>());
    if (!api || api->deleted) continue;
    TRY(const auto types, types_of(one));
    const bool all = std::all_of(wanted.begin(), wanted.end(), [&](const std::string& type) {
      return std::any_of(types.begin(), types.end(), [&](const DetailType& t) { return t.type == type; });
    });
    if (!all) continue;
    if (found) return refuse(Refusal::Conflict, "more than one API has these types: name one with resource");
    found = std::move(api);
  }
  if (!found) return refuse(Refusal::NotFound, "no API has all of these types");
  return *std::move(found);
}

}  // namespace jeton::apis
