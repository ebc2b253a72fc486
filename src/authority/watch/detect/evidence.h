// What was seen, as JSON: ids, addresses, places and counts.
#pragma once

#include <string>

#include "authority/watch/detect/observation.h"
#include "blocks/json/writer.h"

namespace jeton::watch {

// Where it was, as far as a database says, and what of a new place was new: members of an object that was begun.
void write_place(json::Writer& w, const Finding& finding);
// An alert's evidence.
std::string evidence_of(const Finding& finding);

}  // namespace jeton::watch
