// Raw DEFLATE (RFC 1951), with a cap on what comes out.
#pragma once

#include "ground/bytes.h"
#include "ground/result.h"

namespace jeton::deflate {

// TooLarge over `most` octets: no more than that is ever held. Malformed: not DEFLATE, cut short, or with octets after its end.
Result<Bytes> expand(ByteView packed, std::size_t most);
Result<Bytes> pack(ByteView octets);

}  // namespace jeton::deflate
