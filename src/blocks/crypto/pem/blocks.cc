#include "blocks/crypto/pem/blocks.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace jeton::crypto {
namespace {

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;

struct Released {
  void operator()(void* p) const { OPENSSL_free(p); }
};
template <class T>
using Allocated = std::unique_ptr<T, Released>;

}  // namespace

Result<std::vector<PemBlock>> pem_blocks(std::string_view text, std::size_t most) {
  if (text.size() > most) return refuse(Refusal::TooLarge, "too much PEM");
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<PemBlock> blocks;
  bool whole = bio != nullptr;
  char *name = nullptr, *header = nullptr;
  std::uint8_t* data = nullptr;
  long size = 0;
  while (whole && PEM_read_bio(bio.get(), &name, &header, &data, &size) == 1) {
    const Allocated<char> name_owner(name), header_owner(header);
    const Allocated<std::uint8_t> data_owner(data);
    const ByteSpan der(data, static_cast<std::size_t>(size));
    blocks.push_back({name, Secret::copy_of(der)});
    wipe(der);
    whole = *header == '\0';  // what has a header there is under a password
  }
  // The end is told as an error; any other is one.
  whole = whole && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!whole || blocks.empty()) return refuse(Refusal::Malformed, "no whole PEM block, or one under a password");
  return blocks;
}

X509Ptr read_certificate(ByteView der) {
  const std::uint8_t* at = der.data();
  X509Ptr out(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (at != der.data() + der.size()) out.reset();
  return out;
}

}  // namespace jeton::crypto
