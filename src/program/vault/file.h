// The vault's file, to the octet (docs/formats/vault.md): a header in the clear, a sealed data key, sealed contents.
#pragma once

#include <array>

#include "blocks/crypto/argon2id.h"
#include "ground/entropy.h"
#include "program/vault/items.h"

namespace jeton::vault {

// Where the key that opens the data key comes from.
enum class Source : std::uint8_t { Passphrase = 1, Keyring = 2 };

using VaultId = std::array<std::uint8_t, 16>;

struct Header {
  Source source = Source::Passphrase;
  crypto::Argon2Cost cost;
  std::array<std::uint8_t, crypto::kArgon2Salt> salt{};
  VaultId id{};
  std::uint64_t generation = 0;                 // grows by one with every write
  std::array<std::uint8_t, 60> sealed_key{};    // nonce, data key, tag
};

inline constexpr std::size_t kHeaderSize = 124, kLargestFile = 64 << 20;

// A vault as it lies on disk: read and proved whole as far as that is possible without the key.
struct Image {
  Header header;
  Bytes octets;

  // Malformed: not a vault. Unsupported: of a later version. StoreCorrupt: damaged or cut off.
  static Result<Image> parse(Bytes octets);
};

// A header of a new vault: its own id and salt; its data key is to be sealed.
Result<Header> new_header(Source source, const crypto::Argon2Cost& cost, Entropy& entropy);

// The outer key of a passphrase.
Result<Secret> outer_key(const Header& header, const Secret& passphrase);
// BadSignature: another passphrase or another keyring's key.
Result<Secret> open_key(const Header& header, const Secret& outer);
Status seal_key(Header& header, const Secret& outer, const Secret& data_key, Entropy& entropy);

// StoreCorrupt where the contents are not what was sealed under this key and this header.
Result<Contents> open_contents(const Image& image, const Secret& data_key);
// The whole file's octets.
Result<Bytes> seal_contents(const Header& header, const Contents& contents, const Secret& data_key, Entropy& entropy);

}  // namespace jeton::vault
