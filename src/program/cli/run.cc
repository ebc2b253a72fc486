#include "program/cli/run.h"

#include "program/cli/output.h"
#include "program/cli/parser.h"

namespace jeton::cli {
namespace {

// A token that was made and not written anywhere must not look like success.
int written(int status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  const int wrong = fail(kNo, "the answer could not be written", "is the disk full?");
  return status == kYes ? wrong : status;
}

int answer(std::span<const char* const> words) {
  const auto parsed = parse(words);
  if (!parsed) return fail(kUsage, parsed.error());
  if (parsed->help) {
    print(parsed->command != nullptr ? help_of(*parsed->command, colour_of(stdout)) : help_of_path(parsed->path, colour_of(stdout)));
    return kYes;
  }
  if (parsed->command != nullptr) return parsed->command->run(parsed->given);
  if (parsed->path.empty()) {
    print(help_of_path({}, colour_of(stdout)));
    return words.empty() ? kYes : kUsage;
  }
  return fail(kUsage, parsed->path + " needs a command after it", help_of_path(parsed->path, colour_of(stderr)));
}

}  // namespace

int run(std::span<const char* const> words) {
  if (!words.empty() && (std::string_view(words[0]) == "--version" || std::string_view(words[0]) == "-V")) {
    const char* const version[] = {"version"};
    return run(version);
  }
  return written(answer(words));
}

}  // namespace jeton::cli
