// What every SAML message and assertion begins with, read from an element.
#pragma once

#include <optional>
#include <string>

#include "blocks/xml/document.h"
#include "ground/instant.h"

namespace jeton::saml {

struct NameId {
  std::string value, format, name_qualifier, sp_name_qualifier;   // empty where it has none
  bool operator==(const NameId&) const = default;
};

// ID, Version and IssueInstant. Malformed where one is missing; Unsupported where the version is not 2.0.
struct Head {
  std::string id;
  Instant issued;
};
Result<Head> read_head(xml::Element element);

// xs:dateTime in UTC (core §1.3.3).
Result<Instant> read_time(std::string_view text);
// The attribute as a time; nothing where it is not there.
Result<std::optional<Instant>> time_attribute(xml::Element element, std::string_view name);
// As SAML writes times: whole seconds, "Z".
std::string write_time(Instant t);

// saml:Issuer: a name of an entity (core §2.2.5), white space around it left out.
Result<std::string> read_issuer(xml::Element issuer);
Result<NameId> read_name_id(xml::Element name_id);

// samlp:Status: the top code, and whether it is Success.
Result<std::string> read_status(xml::Element status);

}  // namespace jeton::saml
