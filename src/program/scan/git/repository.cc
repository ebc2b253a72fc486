#include "program/scan/git/repository.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace jeton::scan::git {
namespace {

// Calls each(word) for every word of git's answer, which a NUL ends. False where git failed.
template <class Each>
bool each_word(const std::string& folder, std::vector<std::string> words, Each&& each) {
  Process git(folder, std::move(words));
  if (!git.started()) return false;
  git.close_input();
  std::string rest;
  std::vector<char> room(1 << 16);
  for (;;) {
    const auto n = git.read(room.data(), room.size());
    if (n < 0) return false;
    if (n == 0) break;
    std::string_view part(room.data(), static_cast<std::size_t>(n));
    for (auto end = part.find('\0'); end != std::string_view::npos; end = part.find('\0')) {
      rest.append(part, 0, end);
      each(std::string_view(rest));
      rest.clear();
      part.remove_prefix(end + 1);
    }
    rest += part;
  }
  // Without -z there is one line.
  while (rest.ends_with('\n')) rest.pop_back();
  if (!rest.empty()) each(std::string_view(rest));
  return git.wait() == 0;
}

std::optional<std::string> one_line(const std::string& folder, std::vector<std::string> words) {
  std::string line;
  if (!each_word(folder, std::move(words), [&](std::string_view word) { line = word; }) || line.empty()) return std::nullopt;
  return line;
}

// ":100644 100644 OLD NEW M" of `git … --raw`: the new blob, where it is a file's or a link's.
std::string_view new_blob(std::string_view raw) {
  std::string_view fields[5];
  for (auto& f : fields) {
    f = raw.substr(0, raw.find(' '));
    raw.remove_prefix(std::min(f.size() + 1, raw.size()));
  }
  const bool file = fields[1].starts_with("100") || fields[1] == "120000";
  const bool some = fields[3].find_first_not_of('0') != std::string_view::npos;
  return file && some ? fields[3] : std::string_view();
}

const std::vector<std::string> kRaw = {"--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv", "--diff-filter=AMT"};

}  // namespace

bool Repository::there() const { return one_line(folder_, {"rev-parse", "--git-dir"}).has_value(); }
std::optional<std::string> Repository::top() const { return one_line(folder_, {"rev-parse", "--show-toplevel"}); }

std::optional<std::string> Repository::hooks_folder() const {
  return one_line(folder_, {"rev-parse", "--path-format=absolute", "--git-path", "hooks"});
}

std::optional<std::vector<std::string>> Repository::files(const std::vector<std::string>& words) const {
  std::vector<std::string> all;
  if (!each_word(folder_, words, [&](std::string_view name) { all.emplace_back(name); })) return std::nullopt;
  return all;
}

std::optional<std::vector<std::string>> Repository::tracked() const { return files({"ls-files", "-z"}); }
std::optional<std::vector<std::string>> Repository::not_ignored() const {
  return files({"ls-files", "-z", "--cached", "--others", "--exclude-standard"});
}

std::optional<std::vector<Blob>> Repository::staged() const {
  std::vector<std::string> words = {"diff", "--cached"};
  words.insert(words.end(), kRaw.begin(), kRaw.end());
  std::vector<Blob> all;
  std::string id;
  const bool done = each_word(folder_, words, [&](std::string_view word) {
    if (word.starts_with(':')) id = new_blob(word);
    else if (!id.empty()) all.push_back({std::exchange(id, {}), std::string(word), {}});
  });
  if (!done) return std::nullopt;
  return all;
}

std::optional<std::vector<Blob>> Repository::history(std::uint64_t& commits) const {
  // -m: a merge may hold what none of its parents has.
  std::vector<std::string> words = {"-c", "log.showRoot=true", "log", "--all", "-m", "--reverse", "--format=%x01%H"};
  words.insert(words.end(), kRaw.begin(), kRaw.end());
  std::vector<Blob> all;
  std::unordered_set<std::string> seen;
  std::string commit, id, last;
  const bool done = each_word(folder_, words, [&](std::string_view word) {
    while (word.starts_with('\n')) word.remove_prefix(1);
    if (word.starts_with('\x01')) {
      commit = word.substr(1, word.find('\n') - 1);
      if (commit != last) ++commits;
      last = commit;
      const auto raw = word.find(':');   // the first entry may stand behind the commit's line
      word = raw == std::string_view::npos ? std::string_view() : word.substr(raw);
    }
    if (word.starts_with(':')) {
      id = new_blob(word);
    } else if (!id.empty() && !word.empty()) {
      if (seen.insert(id).second) all.push_back({id, std::string(word), commit});
      id.clear();
    }
  });
  if (!done) return std::nullopt;
  return all;
}

}  // namespace jeton::scan::git
