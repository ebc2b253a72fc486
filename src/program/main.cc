#include "program/cli/run.h"

int main(int argc, char** argv) {
  const auto words = static_cast<std::size_t>(argc > 0 ? argc - 1 : 0);
  return jeton::cli::run(std::span<const char* const>(argv + 1, words));
}
