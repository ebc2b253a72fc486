// Errors as problem+json (RFC 9457): one table from what went wrong to what is said.
#pragma once

#include "blocks/http/message.h"
#include "ground/result.h"

namespace jeton::protocols {

struct Problem {
  int status;
  std::string_view type;     // the last part of "urn:jeton:problem:…"; stable
  std::string_view title;
  std::string_view detail;   // what to do; may be empty
  std::string_view field;    // the member or parameter it is about; may be empty
};

// A refusal's detail may begin with "member: ": that is the field.
Problem problem_of(const Failure& failure);
// Clears the response and writes the problem into it.
void write(const Problem& problem, const http::Request& request, http::Response& response);

}  // namespace jeton::protocols
