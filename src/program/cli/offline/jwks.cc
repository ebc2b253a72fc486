// --jwks: where the issuer's keys come from.
#include "program/cli/offline/jose_commands.h"
#include "program/cli/output.h"

namespace jeton::cli {

Or<jose::JwkSet> read_verifying_keys(const Arguments& given) {
  const auto name = given.get("--jwks").value_or("");
  if (name.starts_with("http://") || name.starts_with("https://"))
    return std::unexpected(fail(kNotReached, "keys are read from files here", "Fetch them first: curl -fsS URL > keys.json"));
  return read_keys(given, "--jwks");
}

}  // namespace jeton::cli
