// Authorization details (RFC 9396): which types an API takes, and whether one list of them lies within
// another.
#pragma once

#include "authority/audit/event.h"
#include "blocks/json/value.h"

namespace jeton::apis {

inline constexpr std::size_t kMostDetails = 3072;  // octets of one authorization_details
inline constexpr std::string_view kDetailsSetting = "details.";

// One type, and all that an object of it may say. What is not named here is refused.
struct DetailType {
  std::string type;
  ledger::Scopes actions, locations, datatypes,
      privileges;          // the words that may stand in these lists; none: the member may not be there
  ledger::Scopes members;  // other members, with any value ("identifier" among them)
};
// As JSON: [{"type":"payment","actions":["initiate"],"members":["amount"]}].
std::string write(const std::vector<DetailType>& types);
// Invalid with what is wrong.
Result<std::vector<DetailType>> read_detail_types(const json::Value& list);

// Authorization details that were looked at: an array of objects. None where there are none.
class Details {
 public:
  Details() = default;
  // Invalid: not an array of at most 16 objects of these types, or with a member or a word that its type does
  // not have.
  static Result<Details> read(std::string_view text, const std::vector<DetailType>& types);
  // Of what this program wrote itself.
  static Result<Details> kept(std::string_view text);

  bool none() const { return text_.empty(); }
  const std::string& text() const { return text_; }  // the JSON array; empty where there are none
  const json::Array& objects() const { return objects_; }
  ledger::Scopes types() const;
  // Whether each object lies within one of `granted`: the same type and members, with the same values; lists
  // of words may be shorter, not empty.
  bool within(const Details& granted) const;

 private:
  std::string text_;
  json::Array objects_;
};

// The types of APIs, as settings keep them. Any thread.
class DetailTypes {
 public:
  DetailTypes(ledger::Ledger& ledger, Entropy& entropy) : ledger_(ledger), entropy_(entropy) {}
  Result<std::vector<DetailType>> of(const ApiId& api);
  // In place of what was there; none takes them away.
  Status set(const ledger::Api& api, const std::vector<DetailType>& types, const audit::Doing& doing);
  // Every type of every API that is not deleted, sorted.
  Result<ledger::Scopes> all();
  // The API that has all of these types. NotFound: none has; Conflict: more than one.
  Result<ledger::Api> api_of(const ledger::Scopes& types);

 private:
  ledger::Ledger& ledger_;
  Entropy& entropy_;
};

}  // namespace jeton::apis
