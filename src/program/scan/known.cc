#include "program/scan/known.h"

#include <fnmatch.h>

#include <algorithm>
#include <fstream>

#include "blocks/json/value.h"

namespace jeton::scan {

std::expected<void, Known::Problem> Known::read_baseline(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto wrong = std::unexpected(path + " is no baseline: it is made by jeton scan -o json");
  if (!in.good() && !in.eof()) return wrong;
  const auto value = json::parse(text, {.size = 256 << 20, .depth = 16, .members = 1024});
  const auto* items = value ? value->find("items") : nullptr;
  if (items == nullptr || items->array() == nullptr) return wrong;
  for (const auto& item : *items->array()) {
    const auto fingerprint = item.string_at("fingerprint");
    if (!fingerprint) return wrong;
    fingerprints_.emplace(*fingerprint);
  }
  return {};
}

std::expected<void, Known::Problem> Known::read_ignore_file(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  for (unsigned number = 1; std::getline(in, line); ++number) {
    line.erase(std::min(line.find('#'), line.size()));
    while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.pop_back();
    if (line.empty()) continue;
    if (line.starts_with("path:")) globs_.push_back(line.substr(5));
    else if (line.size() == 32 && line.find_first_not_of("0123456789abcdef") == std::string::npos) fingerprints_.insert(line);
    else return std::unexpected(path + ":" + std::to_string(number) + ": a line is a fingerprint or path:GLOB");
  }
  return {};
}

bool Known::has(const Finding& f) const {
  return fingerprints_.contains(f.fingerprint) || std::any_of(globs_.begin(), globs_.end(), [&](const std::string& g) {
           return ::fnmatch(g.c_str(), f.place.path.c_str(), 0) == 0;
         });
}

}  // namespace jeton::scan
