#include "program/scan/reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace jeton::scan {
namespace {

constexpr std::size_t kMostGrowth = 64 << 20;   // what is added to a text while it is read, and read as well

// Up to `size` octets, less at the end of the file; -1 where it fails.
ssize_t read_some(int fd, char* to, std::size_t size) {
  std::size_t have = 0;
  while (have < size) {
    const auto n = ::read(fd, to + have, size - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(have);
}

// In lanes, so that the compiler counts many octets at once: std::count would take a fifth of a scan's time.
std::uint32_t count_lines(std::string_view text) {
  constexpr std::size_t kLanes = 32;
  std::uint32_t total = 0;
  while (text.size() >= kLanes) {
    std::uint8_t lanes[kLanes] = {};
    const auto rounds = std::min<std::size_t>(text.size() / kLanes, 255);
    for (std::size_t r = 0; r < rounds; ++r)
      for (std::size_t l = 0; l < kLanes; ++l) lanes[l] = static_cast<std::uint8_t>(lanes[l] + (text[r * kLanes + l] == '\n'));
    for (const auto n : lanes) total += n;
    text.remove_prefix(rounds * kLanes);
  }
  return total + static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

void Reader::read(std::string_view octets, const Place& place) {
  archive::Allowance left;
  read_deep(octets, place, left, 0);
}

void Reader::text(std::string_view octets, const Place& place, const Part& part) {
  inspector_.inspect(octets, place, tally.findings, part);
  if (inspector_.cut_short())
    tally.cannot_read(place.path, "too many beginnings of secrets: read for Jeton's own tokens alone from there on");
}

void Reader::read_deep(std::string_view octets, const Place& place, archive::Allowance& left, unsigned depth) {
  const auto form = form_of(octets);
  switch (form) {
    case Form::Text:
      ++tally.files;
      tally.bytes += octets.size();
      return text(octets, place);
    case Form::Utf16Little:
    case Form::Utf16Big:
      ++tally.files;
      tally.bytes += octets.size();
      return text(utf8_of(octets, form), place);
    case Form::Zip:
    case Form::Gzip:
    case Form::Tar:
    case Form::Packed: {
      if (archives_ == Archives::Leave) break;
      if (depth >= archive::kDeepest) return tally.cannot_read(place.path, "archives within archives, deeper than is read");
      ++tally.archives;
      archive::open(
          octets, form, left,
          [&](std::string_view name, std::string_view inner) {
            read_deep(inner, {name.empty() ? place.path : place.path + "!/" + std::string(name), place.commit}, left, depth + 1);
          },
          [&](std::string_view name, std::string_view why) {
            tally.cannot_read(name.empty() ? place.path : place.path + "!/" + std::string(name), why);
          });
      return;
    }
    case Form::Closed:
      if (archives_ == Archives::Leave) break;
      return tally.cannot_read(place.path, "a rar archive, which is not opened here");
    case Form::Binary: break;
  }
  ++tally.binary;
}

void Reader::read_file(int fd, const Place& place) {
  struct stat about{};
  if (::fstat(fd, &about) != 0) return tally.cannot_read(place.path, "it cannot be read");
  const auto size = static_cast<std::size_t>(about.st_size);
  if (room_.empty()) room_.resize(kPart);
  // One octet more than it has. Where that is there, it grows, or its file system does not know sizes, as /proc.
  auto n = read_some(fd, room_.data(), std::min(size + 1, kPart));
  if (n == static_cast<ssize_t>(size + 1)) {
    const auto more = read_some(fd, room_.data() + n, kPart - static_cast<std::size_t>(n));
    n = more < 0 ? -1 : n + more;
  }
  if (n < 0) return tally.cannot_read(place.path, "it cannot be read");
  const auto have = static_cast<std::size_t>(n);
  const auto form = form_of({room_.data(), have});
  if (have < kPart) return read({room_.data(), have}, place);
  if (form == Form::Text) return large_text(fd, have, place, static_cast<off_t>(std::max(size, have) + kMostGrowth));
  if (form == Form::Closed) return read({room_.data(), have}, place);
  if (form == Form::Binary || (archives_ == Archives::Leave && form != Form::Utf16Little && form != Form::Utf16Big)) {
    ++tally.binary;
    return;
  }
  if (size < have) return tally.cannot_read(place.path, "it grows while it is read");
  if (size > kLargestArchive) return tally.cannot_read(place.path, "it is larger than is opened: 256 MiB");
  std::string whole(room_.data(), have);
  whole.resize(size);
  const auto rest = size > have ? read_some(fd, whole.data() + have, size - have) : 0;
  if (rest < 0) return tally.cannot_read(place.path, "it cannot be read");
  whole.resize(std::min(size, have + static_cast<std::size_t>(rest)));
  read(whole, place);
}

// Part by part, each with the end of the one before. A hole, as sparse files have, is stepped over.
void Reader::large_text(int fd, std::size_t have, const Place& place, off_t until) {
  ++tally.files;
  std::uint32_t line = 1;
  std::size_t from = 0;
  off_t at = static_cast<off_t>(have);
  for (;;) {
    tally.bytes += have - (from == 0 ? 0 : kOverlap);
    const bool last = have < kPart;
    text({room_.data(), have}, place, {line, from, last ? std::string_view::npos : have - kOverlap / 2});
    if (last) return;
    const auto next = have - kOverlap;
    line += count_lines({room_.data(), next});
    std::memmove(room_.data(), room_.data() + next, kOverlap);
    const auto data = ::lseek(fd, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return;   // nothing but a hole is left
    if (data > at) at = data;
    const auto n = read_some(fd, room_.data() + kOverlap, kPart - kOverlap);
    if (n < 0) return tally.cannot_read(place.path, "it cannot be read to its end");
    if (n == 0) return;
    at += n;
    if (at > until) return tally.cannot_read(place.path, "it grows as fast as it is read");
    have = kOverlap + static_cast<std::size_t>(n);
    from = kOverlap / 2;
  }
}

}  // namespace jeton::scan
