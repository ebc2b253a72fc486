// What the registrations of both sides take alike.
#pragma once

#include "program/cli/command.h"
#include "program/cli/remote/server.h"

namespace jeton::cli {

// METADATA as a file or an address, with its certificate; and --attribute. kYes, or what to end with.
int put_metadata(const Arguments& given, Body& body);
int put_attributes(const Arguments& given, Body& body);

}  // namespace jeton::cli
