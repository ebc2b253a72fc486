// help, version, completion and man: what the table says of itself.
#include <sys/stat.h>
#include <cerrno>

#include "program/cli/completion.h"
#include "program/cli/manual.h"
#include "program/cli/output.h"

namespace jeton::cli {
namespace {

std::string joined(std::span<const std::string> words) {
  std::string out;
  for (const auto& w : words) out += (out.empty() ? "" : " ") + w;
  return out;
}

int help(const Arguments& given) {
  const auto path = joined(given.all("COMMAND"));
  const auto* command = find_command(path);
  const auto text = command != nullptr ? help_of(*command, colour_of(stdout)) : help_of_path(path, colour_of(stdout));
  if (text.empty()) return fail(kUsage, "there is no command of that name", "See jeton --help.");
  print(text);
  return kYes;
}

int version(const Arguments& given) {
  if (format_of(given) == Format::Json) {
    print("{\"version\": \"" JETON_VERSION "\"}\n");
  } else {
    print(quiet(given) ? JETON_VERSION "\n" : "jeton " JETON_VERSION "\n");
  }
  return kYes;
}

int completion(const Arguments& given) {
  const auto shell = *given.get("SHELL");
  if (shell == "bash") print(bash_completion());
  else if (shell == "zsh") print(zsh_completion());
  else if (shell == "fish") print(fish_completion());
  else return fail(kUsage, "completions are for bash, zsh and fish", "See jeton completion --help.");
  return kYes;
}

bool write_page(const std::string& folder, std::string_view path, const std::string& text) {
  std::FILE* file = std::fopen((folder + "/" + page_name(path) + ".1").c_str(), "we");
  if (file == nullptr) return false;
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && written;
}

int write_manual(const std::string& folder) {
  bool good = ::mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST;
  good = good && write_page(folder, {}, manual_of_path({}));
  for (const auto* c : commands()) {
    good = good && write_page(folder, c->path, manual_of(*c));
    const auto noun = c->path.substr(0, c->path.find(' '));
    if (noun != c->path && find_command(noun) == nullptr) good = good && write_page(folder, noun, manual_of_path(noun));
  }
  if (!good) return fail(kNo, "the pages could not be written", "does the folder exist, and may you write there?");
  return kYes;
}

int man(const Arguments& given) {
  if (const auto folder = given.get("--to")) return write_manual(std::string(*folder));
  const auto path = joined(given.all("COMMAND"));
  const auto* command = find_command(path);
  const auto text = command != nullptr ? manual_of(*command) : manual_of_path(path);
  if (text.empty()) return fail(kUsage, "there is no command of that name", "See jeton --help.");
  print(text);
  return kYes;
}

constexpr Operand kCommandWords[] = {{"COMMAND", "a command's words, as token create", Count::Many}};
constexpr Operand kShell[] = {{"SHELL", "bash, zsh or fish"}};
constexpr Option kManOptions[] = {{"--to", "DIR", "write every page into that folder"}};

constexpr Command kCommands[] = {
    {"help", "Print help", "jeton help token create", kCommandWords, {}, help},
    {"version", "Print the version", "jeton version", {}, {}, version},
    {"completion",
     "Print completions for a shell",
     "source <(jeton completion bash)",
     kShell,
     {},
     completion,
     "For zsh, write the script to a file _jeton in a folder of $fpath; for fish, pipe it into source or write it to "
     "~/.config/fish/completions/jeton.fish."},
    {"man", "Print a manual page", "jeton man token create | man -l -", kCommandWords, kManOptions, man,
     "Pages are in mdoc. Without a command it is jeton(1), which names them all."},
};

}  // namespace

std::span<const Command> framework_commands() { return kCommands; }

}  // namespace jeton::cli
