// Runs a command as if it stood there alone: its status, its signals, its terminal; only its output is masked.
#pragma once

#include <string>
#include <vector>

#include "program/run/mask.h"

namespace jeton::run {

struct Launch {
  std::vector<std::string> words;          // the command and its arguments
  std::vector<std::string> environment;    // "NAME=VALUE"
  const MaskedValues* mask = nullptr;      // null: the output is left as it is
};

// Becomes the command. Returns only where that failed: 126 or 127, told.
int become_or_tell(const Launch& launch);
// Runs it and waits. Answers the command's status, 128 + signal where a signal ended it, 127 where it is not found, 126 where it
// cannot be run.
int run_and_wait(const Launch& launch);

}  // namespace jeton::run
