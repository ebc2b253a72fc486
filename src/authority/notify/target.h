// Addresses that events may be sent to.
#pragma once

#include <string>
#include <vector>

#include "ground/result.h"

namespace jeton::notify {

struct Target {
  bool tls = false;
  std::string host;   // small letters, without brackets
  int port = 0;
};

// An http or https address without user, fragment or anything but visible ASCII. Invalid otherwise.
Result<Target> target_of(std::string_view url);

// Whether events may go there: over TLS to a public address or a name, or to a host that is allowed by name. What a name stands for is
// looked at again when it is called (program/fetch). Invalid, with what to do, otherwise.
Status may_be_target(std::string_view url, const std::vector<std::string>& allowed_hosts);
bool allowed_by_name(const Target& target, const std::vector<std::string>& allowed_hosts);

}  // namespace jeton::notify
