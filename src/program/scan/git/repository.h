// A git repository, asked through git itself: what it tracks, what is staged, and every blob of its history, once.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "program/scan/walk.h"

namespace jeton::scan::git {

struct Blob {
  std::string id, path, commit;
};

// What git is asked for; false where it is no repository or git fails. Nothing of the repository's configuration is run.
class Repository {
 public:
  explicit Repository(std::string folder) : folder_(std::move(folder)) {}
  const std::string& folder() const { return folder_; }
  bool there() const;
  // Where its files begin.
  std::optional<std::string> top() const;
  std::optional<std::string> hooks_folder() const;
  // Files it tracks, or all those it does not ignore.
  std::optional<std::vector<std::string>> tracked() const;
  std::optional<std::vector<std::string>> not_ignored() const;
  std::optional<std::vector<Blob>> staged() const;
  // Each blob with the path and the first commit it came with, oldest first; counts the commits.
  std::optional<std::vector<Blob>> history(std::uint64_t& commits) const;

 private:
  std::optional<std::vector<std::string>> files(const std::vector<std::string>& words) const;
  std::string folder_;
};

// Reads the blobs, each thread through a `git cat-file --batch` of its own.
void read_blobs(const Repository& repository, const std::vector<Blob>& blobs, const Literals& literals, const Options& options,
                Progress& progress, Tally& tally);

// git as a child, its standard input and output as descriptors.
class Process {
 public:
  Process(const std::string& folder, std::vector<std::string> words);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  bool started() const { return pid_ > 0; }
  // 0 at the end, -1 on failure.
  ssize_t read(char* to, std::size_t size);
  bool write(std::string_view octets);
  void close_input();
  // Its exit status.
  int wait();

 private:
  pid_t pid_ = -1;
  int in_ = -1, out_ = -1;
};

}  // namespace jeton::scan::git
