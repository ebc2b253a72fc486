// Reads the files under paths, by several threads.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "program/scan/reader.h"

namespace jeton::scan {

struct Options {
  std::string brand;
  Archives archives = Archives::Open;
  unsigned threads = 2;
};

// How far it is, for whoever watches; `stop` set from a signal handler ends the work soon.
struct Progress {
  std::atomic<std::uint64_t> files{0}, bytes{0};
  std::atomic<bool> stop{false};
};

// Files and folders. A link is followed where it was named, not where it was met; folders called .git are left to --history.
void walk(const std::vector<std::string>& paths, const Literals& literals, const Options& options, Progress& progress, Tally& tally);
// These files alone, relative to a folder.
void read_files(const std::string& folder, const std::vector<std::string>& files, const Literals& literals, const Options& options,
                Progress& progress, Tally& tally);

// Runs `work` on each thread with a reader of its own, and adds up what they read.
void on_threads(const Literals& literals, const Options& options, Tally& tally, const std::function<void(Reader&)>& work);

}  // namespace jeton::scan
