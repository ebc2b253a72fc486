// Vectors made by others, for tests: where they are, and how their JSON is read. Not part of the program.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "blocks/json/value.h"
#include "ground/bytes.h"

namespace jeton::vectors {

// $JETON_VECTORS, else beside the project. Empty where neither is there: tests then say that they were skipped.
inline std::string folder(const char* source_dir) {
  if (const char* named = std::getenv("JETON_VECTORS")) return named;
  const std::string beside = std::string(source_dir) + "/../shared/vectors";
  return std::filesystem::exists(beside) ? beside : std::string();
}

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline json::Value read(const std::string& file) {
  auto value = json::parse(text_of(file), {.size = 64 << 20, .depth = 64, .members = 1 << 20});
  return value ? *std::move(value) : json::Value();
}

inline Bytes from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
  Bytes out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out.push_back(static_cast<std::uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  return out;
}

inline Bytes hex_at(const json::Value& value, std::string_view name) { return from_hex(value.string_at(name).value_or("")); }

}  // namespace jeton::vectors
