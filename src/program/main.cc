#include <cstdlib>
#include <map>
#include <string>

#include "program/serve/serve.h"

// Stands in until the command line is here: serves from $JETON_DATA.
int main(int argc, char**) {
  jeton::config::Config config;
  std::map<std::string, std::string> environment;
  for (const auto& s : jeton::config::settings())
    if (const char* value = std::getenv(jeton::config::variable_of(s.key).c_str())) environment[jeton::config::variable_of(s.key)] = value;
  (void)config.read_environment(environment);
  if (argc > 1 && std::getenv("JETON_TRY")) return jeton::serve::run_try(config);
  const char* data = std::getenv("JETON_DATA");
  const char* listen = std::getenv("JETON_LISTEN");
  if (listen) (void)config.set("listen", {listen}, "env");
  return jeton::serve::run(config, data ? data : "./.jeton");
}
