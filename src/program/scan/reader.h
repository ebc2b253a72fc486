// From octets of any form to inspected text: what one thread of a scan does.
#pragma once

#include <sys/types.h>

#include "program/scan/archive/archive.h"
#include "program/scan/inspect.h"
#include "program/scan/tally.h"

namespace jeton::scan {

enum class Archives : std::uint8_t { Open, Leave };

// Larger texts are read in parts of this size, small enough for a processor's cache, that overlap, so that nothing is cut in two.
inline constexpr std::size_t kPart = 512 << 10, kOverlap = 16 << 10;
inline constexpr std::size_t kLargestArchive = 256 << 20;

class Reader {
 public:
  Reader(const Literals& literals, std::string brand, Archives archives) : inspector_(literals, std::move(brand)), archives_(archives) {}

  // A whole file's octets.
  void read(std::string_view octets, const Place& place);
  // An open file, from its beginning. It is a regular one.
  void read_file(int fd, const Place& place);

  Tally tally;

 private:
  void read_deep(std::string_view octets, const Place& place, archive::Allowance& left, unsigned depth);
  void text(std::string_view octets, const Place& place, const Part& part = {});
  void large_text(int fd, std::size_t have, const Place& place, off_t until);

  Inspector inspector_;
  Archives archives_;
  std::vector<char> room_;
};

}  // namespace jeton::scan
