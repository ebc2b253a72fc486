// saml:Assertion as a value: read in the order its schema gives, and nothing that is not understood let through.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/saml/parts.h"

namespace jeton::saml {

struct Confirmation {
  std::string method;
  std::optional<std::string> recipient, in_response_to;
  std::optional<Instant> not_before, not_on_or_after;
};

struct Conditions {
  std::optional<Instant> not_before, not_on_or_after;
  std::vector<std::vector<std::string>> audiences;   // of each AudienceRestriction: all restrictions hold, one audience of each
  bool one_time_use = false;
};

struct Authentication {
  Instant at;
  std::optional<Instant> session_ends;
  std::string session_index, context_class;   // empty where it has none
};

struct Attribute {
  std::string name, name_format, friendly_name;
  std::vector<std::string> values;
};

struct Assertion {
  std::string id, issuer;
  Instant issued;
  NameId subject;
  std::vector<Confirmation> confirmations;
  Conditions conditions;
  std::vector<Authentication> authentications;
  std::vector<Attribute> attributes;   // each name once, in the order of their first values
};

// Reads an assertion; what it says is not proven by that. Malformed: not of the schema. Unsupported: a condition, a statement or an
// encrypted part that is not understood here (core §2.5.1: what is not understood cannot be held).
Result<Assertion> read_assertion(xml::Element assertion);

}  // namespace jeton::saml
