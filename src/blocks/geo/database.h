// Where an address is, as far as a database in MaxMind's format says that its owner supplied.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "blocks/net/address.h"
#include "ground/result.h"

namespace jeton::geo {

struct Place {
  std::array<char, 2> country{};       // ISO 3166, or zeros
  std::uint32_t asn = 0;               // of the network's operator; 0: not known
  bool located = false;
  float latitude = 0, longitude = 0;   // degrees
};

// One or more files, asked in turn: what one does not know (the operator, say) another may. Immutable; any thread; allocates nothing
// when it is asked.
class Database {
 public:
  // Invalid: one of the files is none, or cannot be read.
  static Result<std::unique_ptr<const Database>> open(const std::vector<std::string>& paths);
  ~Database();
  Place at(const net::Address& address) const;

 private:
  struct File;
  Database();
  std::vector<std::unique_ptr<File>> files_;
};

}  // namespace jeton::geo
