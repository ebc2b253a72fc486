// Puts on record which settings of the configuration differ from those of the last start.
#pragma once

#include "program/config/config.h"
#include "program/serve/building.h"

namespace jeton::serve {

// An event "config.change" that names the settings, not their values. Of a first start there is none.
Status record_config(const config::Config& config, protocols::Rooms& rooms, Instant now);

}  // namespace jeton::serve
