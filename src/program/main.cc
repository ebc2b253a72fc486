#include <cstdlib>
#include <string>

#include "program/serve/serve.h"

// Stands in until the command line is here: serves from $JETON_DATA.
int main(int argc, char**) {
  jeton::config::Config config;
  if (argc > 1 && std::getenv("JETON_TRY")) return jeton::serve::run_try(config);
  const char* data = std::getenv("JETON_DATA");
  const char* listen = std::getenv("JETON_LISTEN");
  if (listen) (void)config.set("listen", {listen}, "env");
  return jeton::serve::run(config, data ? data : "./.jeton");
}
