#include "blocks/net/proxy_protocol.h"

#include <array>
#include <cstring>

namespace jeton::net {
namespace {

using namespace std::string_view_literals;

constexpr auto kOne = "PROXY "sv, kTwo = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kMostLine = 107, kFixed = 16;

constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

// The next word of a line; single spaces stand between them.
std::string_view word(std::string_view& line) {
  const auto out = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(out.size() + 1, line.size()));
  return out;
}

bool good_port(std::string_view text) {
  unsigned port = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || port > 65535) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return !text.empty() && text.size() <= 5 && port <= 65535 && (text.size() == 1 || text[0] != '0');
}

// "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443"
Result<std::optional<Preamble>> read_one(std::string_view octets) {
  const auto end = octets.substr(0, kMostLine).find('\n');
  if (end == std::string_view::npos && octets.size() < kMostLine) return std::optional<Preamble>();
  if (end == std::string_view::npos || octets[end - 1] != '\r') return bad("a PROXY line that does not end");
  auto line = octets.substr(kOne.size(), end - 1 - kOne.size());
  Preamble out{end + 1, {}};
  const auto family = word(line);
  // What stands behind UNKNOWN is to be ignored.
  if (family == "UNKNOWN") return out;
  if (family != "TCP4" && family != "TCP6") return bad("a PROXY line of another family");
  // An IPv6 text of an IPv4 address is that address here, as everywhere.
  const bool colons = family == "TCP6";
  const auto from_text = word(line), to_text = word(line), from_port = word(line);
  const auto from = Address::parse(from_text), to = Address::parse(to_text);
  const bool families =
      (from_text.find(':') != std::string_view::npos) == colons && (to_text.find(':') != std::string_view::npos) == colons;
  if (!from || !to || !families || !good_port(from_port) || !good_port(line))
    return bad("a PROXY line with an address or port that is none");
  out.source = from;
  return out;
}

// Type, length and value, one behind the other to the end: none is understood, all are counted.
bool good_rest(std::string_view rest) {
  while (!rest.empty()) {
    if (rest.size() < 3) return false;
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(rest[1])) << 8 | static_cast<unsigned char>(rest[2]);
    if (rest.size() - 3 < size) return false;
    rest.remove_prefix(3 + size);
  }
  return true;
}

template <std::size_t N>
std::array<std::uint8_t, N> octets_of(std::string_view text) {
  std::array<std::uint8_t, N> out;
  std::memcpy(out.data(), text.data(), N);
  return out;
}

// Signature, version and command, family and transport, length; addresses, ports; more.
Result<std::optional<Preamble>> read_two(std::string_view octets) {
  if (octets.size() < kFixed) return std::optional<Preamble>();
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(octets[i]); };
  const unsigned command = at(12), family = at(13);
  const std::size_t size = static_cast<std::size_t>(at(14)) << 8 | at(15);
  if (command != 0x20 && command != 0x21) return bad("a PROXY header of another version or command");
  if (kFixed + size > kMostPreamble) return bad("a PROXY header longer than any");
  if (octets.size() < kFixed + size) return std::optional<Preamble>();
  Preamble out{kFixed + size, {}};
  // LOCAL: the proxy's own connection, whatever addresses it names.
  if (command == 0x20) return out;
  const auto rest = octets.substr(kFixed, size);
  const std::size_t addresses = family == 0x11 ? 12 : family == 0x21 ? 36 : 0;
  // UNSPEC, datagrams and Unix sockets name nobody that an address could stand for.
  if (addresses == 0 && family != 0x00 && family != 0x12 && family != 0x22 && family != 0x31 && family != 0x32)
    return bad("a PROXY header of another family");
  if (addresses == 0) return out;
  if (size < addresses || !good_rest(rest.substr(addresses))) return bad("a PROXY header whose parts do not fit");
  out.source = family == 0x11 ? Address::v4(octets_of<4>(rest)) : Address::v6(octets_of<16>(rest));
  return out;
}

}  // namespace

Result<std::optional<Preamble>> read_preamble(std::string_view octets) {
  if (octets.starts_with(kOne)) return read_one(octets);
  if (octets.starts_with(kTwo)) return read_two(octets);
  if (kOne.starts_with(octets) || kTwo.starts_with(octets)) return std::optional<Preamble>();
  return bad("no PROXY preamble");
}

}  // namespace jeton::net
