// What a scan read: so that "nothing found" is never said of nothing read. One a thread; they are added up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "program/scan/finding.h"

namespace jeton::scan {

struct Unread {
  std::string path;
  std::string_view why;
};

struct Tally {
  std::uint64_t files = 0, archives = 0, commits = 0, blobs = 0, bytes = 0, binary = 0, links = 0;
  std::vector<Unread> unread;
  std::vector<Finding> findings;

  void cannot_read(std::string path, std::string_view why) { unread.push_back({std::move(path), why}); }
  bool read_something() const { return files + blobs + archives > 0; }
  void add(Tally&& other) {
    files += other.files;
    archives += other.archives;
    commits += other.commits;
    blobs += other.blobs;
    bytes += other.bytes;
    binary += other.binary;
    links += other.links;
    for (auto& u : other.unread) unread.push_back(std::move(u));
    for (auto& f : other.findings) findings.push_back(std::move(f));
  }
};

}  // namespace jeton::scan
