// serve and try: the server itself.
#include <filesystem>

#include "program/cli/local/settings.h"
#include "program/cli/output.h"
#include "program/serve/serve.h"

namespace jeton::cli {
namespace {

int serve(const Arguments& given) {
  const auto data = data_folder(given);
  const auto config = read_config(given, data.path);
  if (!config) return fail(kUsage, config.error(), "See jeton config check, and jeton serve --help.");
  std::error_code error;
  const auto parent = std::filesystem::path(data.path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  return serve::run(*config, data.path);
}

int try_out(const Arguments& given) {
  config::Config config;
  if (const auto values = given.all("--listen"); !values.empty())
    if (auto set = config.set("listen", {values.begin(), values.end()}, "flag"); !set)
      return fail(kUsage, set.error(), "See jeton try --help.");
  return serve::run_try(config);
}

constexpr Option kServeOptions[] = {
    {"--config", "FILE", "the configuration file; jeton.toml in the data folder where not given (JETON_CONFIG)"},
    {"--listen", "ADDRESS:PORT", "where to serve, as 127.0.0.1:8420 or [::1]:8420; port 0 is a free one", Count::Many},
    {"--issuer", "URL", "the address tokens name as their issuer"},
    {"--tls-cert", "FILE", "a certificate and its chain in PEM: --listen is served over TLS"},
    {"--tls-key", "FILE", "that certificate's key in PEM, mode 0600"},
    {"--store", "STORE", "sqlite:PATH, or memory: for nothing that lasts; jeton.db in the data folder where not given"},
};
constexpr Option kTryOptions[] = {
    {"--listen", "ADDRESS:PORT", "where to serve; a free port of 127.0.0.1 where not given", Count::Many},
};

constexpr Command kCommands[] = {
    {"serve",
     "Run the server",
     "jeton serve --data ./.jeton --listen 127.0.0.1:8420",
     {},
     kServeOptions,
     serve,
     "Makes the data folder, the master key and the signing keys where they are not there yet. Ctrl-C drains: requests that have begun "
     "are answered, and what was acknowledged is kept.\n"
     "Each setting comes from its flag, else its JETON_* variable, else the configuration file, else its default; jeton config show "
     "--origin says which."},
    {"try", "Run a server in memory with a sample API, gone on Ctrl-C", "jeton try", {}, kTryOptions, try_out},
};

}  // namespace

std::span<const Command> serve_commands() { return kCommands; }

}  // namespace jeton::cli
