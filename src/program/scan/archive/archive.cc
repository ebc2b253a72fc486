#include "program/scan/archive/archive.h"

#include <zlib.h>

#include <algorithm>

namespace jeton::scan::archive {

void open(std::string_view octets, Form form, Allowance& left, const Member& member, const Trouble& trouble) {
  if (form == Form::Zip) open_zip(octets, left, member, trouble);
  else if (form == Form::Tar) open_tar(octets, left, member, trouble);
  else if (form == Form::Gzip) open_gzip(octets, left, member, trouble);
  else if (form == Form::Packed) open_packed(octets, left, member, trouble);
}

Unpacked inflate(std::string_view packed, Wrapping wrapping, std::size_t most, std::string& out) {
  z_stream z{};
  if (::inflateInit2(&z, wrapping == Wrapping::Gzip ? 16 + MAX_WBITS : -MAX_WBITS) != Z_OK) return Unpacked::Damaged;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  z.avail_in = static_cast<uInt>(packed.size());
  out.clear();
  auto result = Unpacked::Damaged;
  for (;;) {
    const auto have = out.size();
    const auto room = std::min<std::size_t>(std::max<std::size_t>(have, 64 * 1024), most + 1 - have);
    out.resize(have + room);
    z.next_out = reinterpret_cast<Bytef*>(out.data() + have);
    z.avail_out = static_cast<uInt>(room);
    const int status = ::inflate(&z, Z_NO_FLUSH);
    out.resize(have + room - z.avail_out);
    if (out.size() > most) {
      out.resize(most);
      result = Unpacked::TooLarge;
      break;
    }
    if (status == Z_STREAM_END) {
      // A gzip file may hold several, one behind the other.
      if (wrapping == Wrapping::Gzip && z.avail_in > 2 && z.next_in[0] == 0x1f && z.next_in[1] == 0x8b && ::inflateReset(&z) == Z_OK)
        continue;
      result = Unpacked::Whole;
      break;
    }
    if (status != Z_OK || (z.avail_in == 0 && z.avail_out != 0)) break;
  }
  ::inflateEnd(&z);
  return result;
}

void open_gzip(std::string_view octets, Allowance& left, const Member& member, const Trouble& trouble) {
  std::string out;
  const auto most = std::min(left.octets, 2 * kLargestMember);   // most often a tar
  const auto done = octets.size() > (1u << 30) ? Unpacked::TooLarge : inflate(octets, Wrapping::Gzip, most, out);
  left.octets -= std::min(left.octets, out.size());
  if (done == Unpacked::TooLarge) trouble("", "it unpacks to more than is read");
  if (done == Unpacked::Damaged) trouble("", "the compressed data are damaged");
  if (!out.empty()) member("", out);
}

}  // namespace jeton::scan::archive
