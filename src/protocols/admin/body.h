// What a call brings: a JSON object whose every member is expected, and query parameters that are.
#pragma once

#include <initializer_list>

#include "authority/ledger/records.h"
#include "blocks/http/form.h"
#include "blocks/json/value.h"

namespace jeton::protocols::admin {

struct Call;

// Typed access to the members of a body. Absent members are nothing; null too. A member of another type is Invalid, and its
// name is told.
class Body {
 public:
  // Malformed: not JSON. Invalid: not an object, or a member that is not one of `known`. An empty text is an empty object.
  static Result<Body> parse(std::string_view text, std::initializer_list<std::string_view> known);
  static Result<Body> of(const json::Value& value, std::initializer_list<std::string_view> known);

  bool has(std::string_view name) const;
  Result<std::optional<std::string>> text(std::string_view name) const;
  Result<std::string> needed(std::string_view name) const;
  Result<std::optional<std::vector<std::string>>> list(std::string_view name) const;
  Result<std::optional<bool>> flag(std::string_view name) const;
  Result<std::optional<Seconds>> duration(std::string_view name) const;
  Result<std::optional<Instant>> time(std::string_view name) const;
  Result<std::optional<ledger::Metadata>> metadata(std::string_view name) const;
  // Conflict where the body names a version and it is not this one.
  Status same_version(ledger::Version version) const;
  const json::Value* find(std::string_view name) const;
  const json::Value& value() const { return value_; }

 private:
  explicit Body(json::Value value) : value_(std::move(value)) {}
  json::Value value_;
};

// Sets `allow` and `deny` of a rule where the body has them: prefixes, "@name" of a set that there is, "country:DE", "asn:64500".
Status read_network(const Call& call, const Body& body, ledger::NetworkRule& rule);

// Sets limits where the body has them: a list of texts (limits/limit.h), empty for none.
Status read_limits(const Body& body, std::string& limits);

struct PageRequest {
  std::size_t limit = 100;
  std::optional<std::string> cursor;
};

// The query of a listing: limit, cursor and those named. Malformed: a parameter that is unknown or stands twice.
class Query {
 public:
  static Result<Query> parse(std::string_view query, std::initializer_list<std::string_view> known);
  std::optional<std::string_view> get(std::string_view name) const { return form_.get(name); }
  PageRequest page;

 private:
  explicit Query(http::Form form) : form_(std::move(form)) {}
  http::Form form_;
};

}  // namespace jeton::protocols::admin
