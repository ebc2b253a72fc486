// The server: every room built in reading order, and the loops beside requests.
#pragma once

#include <string>

#include "program/config/config.h"

namespace jeton::serve {

// Serves until SIGINT or SIGTERM, then drains. The exit status: 0, 2 for a wrong configuration, 70 where an algorithm in use fails
// its self-test. `data` is made (0700) where it is not there.
int run(const config::Config& config, const std::string& data);

// A server in memory on a free loopback port with a sample API, gone on Ctrl-C.
int run_try(const config::Config& config);

}  // namespace jeton::serve
