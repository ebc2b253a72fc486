// What a command takes in: files, standard input, and secrets, which are never arguments.
#pragma once

#include <expected>
#include <string>

#include "ground/secret.h"

namespace jeton::cli {

// What is wrong and what to do, for people.
using InputError = std::string;

inline constexpr std::size_t kMostInput = 8 * 1024 * 1024;

// The whole of a file, or of standard input where the name is "-".
std::expected<std::string, InputError> read_text(const std::string& name, std::size_t most = kMostInput);

// One secret: the first line of a file, or of standard input where the name is "-"; asked for without echo where standard input
// is a terminal. `what` names it in the question: "Token".
std::expected<Secret, InputError> read_secret(const std::string& name, std::string_view what);

}  // namespace jeton::cli
