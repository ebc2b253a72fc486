#include "program/scan/hook.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "program/cli/output.h"
#include "program/scan/git/repository.h"

namespace jeton::scan {
namespace {

constexpr std::string_view kMark = "# Installed by: jeton scan install-hook";

// In single quotes for a shell.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

std::string hook_text() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error).string();
  return "#!/bin/sh\n" + std::string(kMark) + "\n# Refuses a commit that holds a secret. To let one line pass, write jeton:allow on it.\n" +
         "jeton=$(command -v jeton) || jeton=" + in_quotes(error ? "jeton" : self) + "\nexec \"$jeton\" scan --staged\n";
}

}  // namespace

int install_hook(const cli::Arguments& given) {
  const git::Repository repository(std::string(given.get("REPOSITORY").value_or(".")));
  const auto folder = repository.hooks_folder();
  if (!folder) return cli::fail(cli::kNotFound, "this is no git repository", "git init makes one");
  const auto path = *folder + "/pre-commit";
  std::ifstream in(path);
  const std::string there((std::istreambuf_iterator<char>(in)), {});
  if (!there.empty() && there.find(kMark) == std::string::npos)
    return cli::fail(cli::kConflict, "there is a pre-commit hook already", "add this line to it: jeton scan --staged || exit 1");
  std::error_code error;
  std::filesystem::create_directories(*folder, error);
  const auto fresh = path + ".new";
  std::ofstream out(fresh, std::ios::trunc);
  out << hook_text();
  out.close();
  if (!out || ::chmod(fresh.c_str(), 0755) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0)
    return cli::fail(cli::kNo, "the hook cannot be written");
  cli::remark(given, "installed " + cli::printable(path));
  return cli::kYes;
}

}  // namespace jeton::scan
