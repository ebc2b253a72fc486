// base64Binary of XML Schema (RFC 4648 §4 with padding), white space allowed on reading.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ground/bytes.h"

namespace jeton::base64 {

// Nothing where the text has another character, wrong padding, or slack bits that are not zero.
std::optional<Bytes> decode(std::string_view text);
std::string encode(ByteView bytes);

}  // namespace jeton::base64
