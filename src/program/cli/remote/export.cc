// audit export: the events as lines of JSON, in their order, from where the last export ended.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>

#include "ground/instant.h"
#include "program/cli/remote/server.h"

namespace jeton::cli {
namespace {

constexpr off_t kLongestLine = 256 * 1024;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// The number of the last whole line of a file that an export made before; what was cut off behind it is taken
// away. Nothing where it is no such file.
std::optional<std::uint64_t> go_on_from(int fd) {
  const auto size = ::lseek(fd, 0, SEEK_END);
  if (size == 0) return 0;
  std::string text(static_cast<std::size_t>(std::min(size, kLongestLine)), '\0');
  if (::pread(fd, text.data(), text.size(), size - static_cast<off_t>(text.size())) != static_cast<ssize_t>(text.size()))
    return std::nullopt;
  const auto end = text.rfind('\n');
  if (end == std::string::npos)
    return size < kLongestLine && ::ftruncate(fd, 0) == 0 && ::lseek(fd, 0, SEEK_SET) == 0 && text.starts_with("{\"number\":")
               ? std::optional<std::uint64_t>(0)
               : std::nullopt;
  const auto begin = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
  const auto line =
      std::string_view(text).substr(begin == std::string::npos ? 0 : begin + 1, end - (begin == std::string::npos ? 0 : begin + 1));
  const auto value = json::parse(line);
  const auto* number = value ? value->find("number") : nullptr;
  if (number == nullptr || !number->integer() || *number->integer() < 1) return std::nullopt;
  const auto whole = size - static_cast<off_t>(text.size()) + static_cast<off_t>(end) + 1;
  if (::ftruncate(fd, whole) != 0 || ::lseek(fd, whole, SEEK_SET) != whole) return std::nullopt;
  return static_cast<std::uint64_t>(*number->integer());
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string page_path(const Arguments& given, const std::string& after) {
  std::string path = "/v1/audit";
  add_query(path, "after", after);
  add_query(path, "limit", "1000");
  for (const std::string_view name : {"since", "until"}) add_query(path, name, given.get("--" + std::string(name)));
  return path;
}

// The number to go on after, or the exit status.
std::expected<std::string, int> write_pages(const Arguments& given, int to, std::string after) {
  for (;;) {
    const auto answer = ask(given, {.path = page_path(given, after)});
    if (!answer) return std::unexpected(answer.error());
    const auto* items = answer->find("items");
    if (items == nullptr || items->array() == nullptr) return std::unexpected(fail(kNotReached, "the server's answer was not understood"));
    std::string lines;
    for (const auto& event : *items->array()) {
      lines += json_line(event) + "\n";
      if (const auto* number = event.find("number"); number != nullptr) after = std::string(number->spelling());
    }
    if (!write_all(to, lines)) return std::unexpected(fail(kNo, "the events could not be written", "is the disk full?"));
    const auto next = answer->string_at("next");
    if (!next) return after;
    after = std::string(*next);
  }
}

int export_audit(const Arguments& given) {
  for (const std::string_view name : {"--since", "--until"})
    if (const auto text = given.get(name); text && !parse_rfc3339(*text))
      return fail(kUsage, std::string(name) + ": a time such as 2026-11-24T10:00:00Z is expected", "See jeton audit export --help.");
  std::string after(given.get("--after").value_or("0"));
  if (after.empty() || after.size() > 18 || after.find_first_not_of("0123456789") != std::string::npos)
    return fail(kUsage, "--after: the number of an event is expected", "See jeton audit export --help.");
  const auto name = given.get("--output");
  const bool to_file = name && *name != "-";
  const File file(to_file ? ::open(std::string(*name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600) : STDOUT_FILENO);
  if (file.get() < 0) return fail(kNo, std::string(*name) + " cannot be written", "choose another with --output");
  if (to_file) {
    const auto last = go_on_from(file.get());
    if (!last) return fail(kConflict, std::string(*name) + " is not what an export made", "choose another with --output");
    if (*last > 0 && !given.has("--after")) after = std::to_string(*last);
  }
  const auto done = write_pages(given, file.get(), after);
  if (!done) return done.error();
  if (to_file && ::fsync(file.get()) != 0) return fail(kNo, "the events could not be written", "is the disk full?");
  remark(given, "The next export goes on with --after " + *done + (to_file ? ", or by itself into the same file." : "."));
  return kYes;
}

constexpr Option kOptions[] = {
    {"--since", "TIME", "events from then on, as 2026-11-24T10:00:00Z"},
    {"--until", "TIME", "events before then"},
    {"--after", "NUMBER", "events behind that one: where an export before ended"},
    {"--output", "FILE", "the file to write; one that an export made is gone on with. Standard output where not given"},
};

constexpr Command kCommands[] = {
    {"audit export",
     "Write what was done as lines of JSON, oldest first",
     "jeton audit export --since 2026-01-01T00:00:00Z --output audit.jsonl",
     {},
     kOptions,
     export_audit,
     "One event a line, in the order in which they happened. A file that is given again is gone on with from "
     "its last whole line, also where an export was cut off."},
};

}  // namespace

std::span<const Command> export_commands() { return kCommands; }

}  // namespace jeton::cli
