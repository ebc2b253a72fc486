#include "program/cli/local/settings.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

extern char** environ;

namespace jeton::cli {
namespace {

bool is_folder(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool exists(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::map<std::string, std::string> jeton_variables() {
  std::map<std::string, std::string> out;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view line = *at;
    const auto equals = line.find('=');
    if (line.starts_with("JETON_") && equals != std::string_view::npos) out.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return out;
}

}  // namespace

DataFolder data_folder(const Arguments& given) {
  if (const auto flag = given.get("--data")) return {std::string(*flag), "flag"};
  if (auto named = variable("JETON_DATA"); !named.empty()) return {std::move(named), "JETON_DATA"};
  if (is_folder(".jeton")) return {"./.jeton", "default"};
  // A relative XDG folder is to be ignored, says the XDG base directory specification.
  if (const auto xdg = variable("XDG_DATA_HOME"); xdg.starts_with('/')) return {xdg + "/jeton", "default"};
  if (const auto home = variable("HOME"); home.starts_with('/')) return {home + "/.local/share/jeton", "default"};
  return {"./.jeton", "default"};
}

std::expected<config::Config, config::Problem> read_config(const Arguments& given, const std::string& data) {
  config::Config config;
  const auto flag = given.get("--config");
  const std::string file = flag ? std::string(*flag) : variable("JETON_CONFIG").empty() ? data + "/jeton.toml" : variable("JETON_CONFIG");
  const bool named = flag || !variable("JETON_CONFIG").empty();
  if (named && !exists(file)) return std::unexpected(file + ": there is no such file");
  if (named || exists(file))
    if (auto read = config.read_file(file); !read) return std::unexpected(read.error());
  if (auto read = config.read_environment(jeton_variables()); !read) return std::unexpected(read.error());
  for (const auto& [flag_name, setting] : {std::pair<std::string_view, std::string_view>{"--listen", "listen"},
                                           {"--issuer", "issuer"},
                                           {"--store", "store"},
                                           {"--tls-cert", "tls_certificate"},
                                           {"--tls-key", "tls_key"}}) {
    const auto values = given.all(flag_name);
    if (values.empty()) continue;
    if (auto set = config.set(setting, {values.begin(), values.end()}, "flag"); !set) return std::unexpected(set.error());
  }
  return config;
}

std::string ledger_file(const config::Config& config, const std::string& data) {
  const auto& store = config.text("store");
  if (store.empty()) return data + "/jeton.db";
  constexpr std::string_view kFile = "sqlite:";
  return store.starts_with(kFile) ? store.substr(kFile.size()) : std::string();
}

bool server_listens(const std::string& data) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = data + "/admin.sock";
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool listens = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return listens;
}

}  // namespace jeton::cli
