#include "authority/keys/sealer.h"

namespace jeton::keys {

Result<Sealer> Sealer::make(const MasterKey& master, std::string installation) {
  TRY(auto key, master.derive("jeton data key 1"));
  return Sealer(std::move(key), std::move(installation));
}

std::string Sealer::associated(const Place& place) const {
  std::string out = "jeton-sealed-1";
  for (const auto part : {std::string_view(installation_), place.table, place.column, place.row}) {
    // The length in front keeps "a"+"bc" and "ab"+"c" apart.
    out += '\n' + std::to_string(part.size()) + ':';
    out += part;
  }
  return out;
}

Result<Bytes> Sealer::seal(const Place& place, ByteView plain, Entropy& entropy) const {
  return crypto::seal(key_, as_bytes(associated(place)), plain, entropy);
}

Result<Secret> Sealer::open(const Place& place, ByteView sealed) const {
  return crypto::open(key_, as_bytes(associated(place)), sealed);
}

}  // namespace jeton::keys
