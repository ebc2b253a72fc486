// CBOR: never more than its limits, and what was read once is read again from the same octets.
#include "blocks/cbor/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const jeton::ByteView octets(data, size);
  const auto front = jeton::cbor::parse_front(octets);
  if (front && (front->second > size || !jeton::cbor::parse(octets.first(front->second)))) __builtin_trap();
  return 0;
}
