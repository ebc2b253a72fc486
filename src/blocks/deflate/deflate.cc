#include "blocks/deflate/deflate.h"

#include <zlib.h>

#include <algorithm>

namespace jeton::deflate {
namespace {

constexpr int kRaw = -15;   // the largest window, neither header nor checksum

struct Inflater {
  z_stream stream{};
  bool good;
  Inflater() : good(inflateInit2(&stream, kRaw) == Z_OK) {}
  ~Inflater() {
    if (good) inflateEnd(&stream);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

Result<Bytes> expand(ByteView packed, std::size_t most) {
  Inflater inflater;
  if (!inflater.good) return fault(Fault::Crypto, "no memory to inflate");
  z_stream& z = inflater.stream;
  z.next_in = const_cast<Bytef*>(packed.data());
  z.avail_in = static_cast<uInt>(packed.size());
  Bytes out;
  int state = Z_OK;
  while (state == Z_OK) {
    const std::size_t held = out.size();
    // One octet more than may come out, to see that there is one.
    const std::size_t room = std::min<std::size_t>(16 << 10, most + 1 - held);
    out.resize(held + room);
    z.next_out = out.data() + held;
    z.avail_out = static_cast<uInt>(room);
    state = inflate(&z, Z_NO_FLUSH);
    out.resize(held + room - z.avail_out);
    if (out.size() > most) return refuse(Refusal::TooLarge, "inflates to too many octets");
    if (state == Z_OK && z.avail_in == 0 && z.avail_out != 0) break;
  }
  if (state != Z_STREAM_END || z.avail_in != 0) return refuse(Refusal::Malformed, "not DEFLATE");
  return out;
}

Result<Bytes> pack(ByteView octets) {
  z_stream z{};
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRaw, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return fault(Fault::Crypto, "no memory to deflate");
  Bytes out(deflateBound(&z, octets.size()));
  z.next_in = const_cast<Bytef*>(octets.data());
  z.avail_in = static_cast<uInt>(octets.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  const int state = ::deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  if (state != Z_STREAM_END) return fault(Fault::Crypto, "deflate failed");
  return out;
}

}  // namespace jeton::deflate
