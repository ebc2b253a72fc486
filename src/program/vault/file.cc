#include "program/vault/file.h"

#include <algorithm>

#include "blocks/crypto/aead.h"
#include "blocks/crypto/hash.h"
#include "ground/secret_pass.h"

namespace jeton::vault {
namespace {

constexpr std::string_view kMagic = "JTNVAULT";
constexpr std::uint8_t kVersion = 1;
// Where each part of the header begins.
constexpr std::size_t kVersionAt = 8, kSourceAt = 9, kPassesAt = 12, kKibAt = 16, kSaltAt = 20, kIdAt = 36, kGenerationAt = 52, kKeyAt = 60,
                      kCheckAt = 120;
static_assert(kCheckAt + 4 == kHeaderSize);

template <class Number>
void write_number(std::uint8_t* at, Number n) {
  for (std::size_t i = sizeof n; i-- > 0; n = static_cast<Number>(n >> 8)) at[i] = static_cast<std::uint8_t>(n);
}

template <class Number>
Number read_number(const std::uint8_t* at) {
  Number n = 0;
  for (std::size_t i = 0; i < sizeof n; ++i) n = static_cast<Number>(n << 8 | at[i]);
  return n;
}

std::array<std::uint8_t, kHeaderSize> write(const Header& h) {
  std::array<std::uint8_t, kHeaderSize> out{};
  std::copy(kMagic.begin(), kMagic.end(), out.begin());
  out[kVersionAt] = kVersion;
  out[kSourceAt] = static_cast<std::uint8_t>(h.source);
  write_number(&out[kPassesAt], h.cost.passes);
  write_number(&out[kKibAt], h.cost.kib);
  std::copy(h.salt.begin(), h.salt.end(), &out[kSaltAt]);
  std::copy(h.id.begin(), h.id.end(), &out[kIdAt]);
  write_number(&out[kGenerationAt], h.generation);
  std::copy(h.sealed_key.begin(), h.sealed_key.end(), &out[kKeyAt]);
  write_number(&out[kCheckAt], crypto::crc32(ByteView(out).first(kCheckAt)));
  return out;
}

}  // namespace

Result<Image> Image::parse(Bytes octets) {
  if (octets.size() < kMagic.size() || as_text(octets).substr(0, kMagic.size()) != kMagic)
    return refuse(Refusal::Malformed, "this file is not a vault");
  if (octets.size() > kVersionAt && octets[kVersionAt] != kVersion)
    return refuse(Refusal::Unsupported, "the vault was written by a later version");
  // 28: the nonce and the tag of empty contents.
  if (octets.size() < kHeaderSize + 28) return fault(Fault::StoreCorrupt, "the vault file is damaged: it is cut off");
  const auto* at = octets.data();
  const auto source = at[kSourceAt];
  if (crypto::crc32(ByteView(octets).first(kCheckAt)) != read_number<std::uint32_t>(at + kCheckAt) || (source != 1 && source != 2))
    return fault(Fault::StoreCorrupt, "the vault file is damaged: its header's checksum does not fit");
  Image image;
  auto& h = image.header;
  h.source = static_cast<Source>(source);
  h.cost = {read_number<std::uint32_t>(at + kPassesAt), read_number<std::uint32_t>(at + kKibAt)};
  std::copy_n(at + kSaltAt, h.salt.size(), h.salt.begin());
  std::copy_n(at + kIdAt, h.id.size(), h.id.begin());
  h.generation = read_number<std::uint64_t>(at + kGenerationAt);
  std::copy_n(at + kKeyAt, h.sealed_key.size(), h.sealed_key.begin());
  image.octets = std::move(octets);
  return image;
}

Result<Header> new_header(Source source, const crypto::Argon2Cost& cost, Entropy& entropy) {
  Header h;
  h.source = source;
  h.cost = cost;
  TRY_VOID(entropy.fill(h.salt));
  TRY_VOID(entropy.fill(h.id));
  return h;
}

Result<Secret> outer_key(const Header& h, const Secret& passphrase) { return crypto::argon2id(passphrase, h.salt, h.cost, 32); }

// Bound to all of the header that stays the same for the life of the vault.
Result<Secret> open_key(const Header& h, const Secret& outer) {
  const auto head = write(h);
  auto key = crypto::open(outer, ByteView(head).first(kGenerationAt), h.sealed_key);
  if (!key && !key.error().is_fault()) return refuse(Refusal::BadSignature, "the passphrase is wrong");
  return key;
}

Status seal_key(Header& h, const Secret& outer, const Secret& data_key, Entropy& entropy) {
  const auto head = write(h);
  TRY(const auto sealed, crypto::seal(outer, ByteView(head).first(kGenerationAt), data_key.read(program::Pass::key()), entropy));
  if (sealed.size() != h.sealed_key.size()) return fault(Fault::Crypto);
  std::copy(sealed.begin(), sealed.end(), h.sealed_key.begin());
  return {};
}

Result<Contents> open_contents(const Image& image, const Secret& data_key) {
  const ByteView all(image.octets);
  const auto plain = crypto::open(data_key, all.first(kHeaderSize), all.subspan(kHeaderSize));
  if (!plain) return fault(Fault::StoreCorrupt, "the vault file is damaged: its contents are not what was sealed");
  auto contents = Contents::parse(*plain);
  if (!contents) return fault(Fault::StoreCorrupt, "the vault's contents cannot be read");
  return contents;
}

Result<Bytes> seal_contents(const Header& h, const Contents& contents, const Secret& data_key, Entropy& entropy) {
  const auto head = write(h);
  const auto plain = contents.render();
  TRY(const auto sealed, crypto::seal(data_key, head, plain.read(program::Pass::key()), entropy));
  Bytes out(head.begin(), head.end());
  out.insert(out.end(), sealed.begin(), sealed.end());
  if (out.size() > kLargestFile) return refuse(Refusal::TooLarge, "the vault is full: it may take 64 MiB");
  return out;
}

}  // namespace jeton::vault
