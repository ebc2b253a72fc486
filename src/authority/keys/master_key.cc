#include "authority/keys/master_key.h"

#include "authority/keys/files.h"
#include "blocks/crypto/hash.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

// "jeton-master-key-1 <43 characters of base64url> <8 of check>\n": a cut-off or mistyped file is noticed.
constexpr std::string_view kHead = "jeton-master-key-1 ";
constexpr std::size_t kKeyText = 43, kCheckText = 8;
constexpr std::size_t kFile = kHead.size() + kKeyText + 1 + kCheckText + 1;

std::string check_of(std::string_view line) { return to_hex(ByteView(crypto::sha256(as_bytes(line))).first(kCheckText / 2)); }

Result<Secret> make(Entropy& entropy) {
  Secret key(32);
  TRY_VOID(entropy.fill(key.write(Pass::key())));
  return key;
}

}  // namespace

Result<MasterKey> MasterKey::load(const std::string& path) {
  TRY(const auto file, read_private_file(path));
  const auto text = as_text(file.read(Pass::key()));
  constexpr auto kDamaged = "the master key file is damaged: put back the copy you keep of it";
  if (text.size() != kFile || !text.starts_with(kHead) || text.back() != '\n') return fault(Fault::Config, kDamaged);
  const auto line = text.substr(0, kHead.size() + kKeyText);
  if (text[line.size()] != ' ' || text.substr(line.size() + 1, kCheckText) != check_of(line)) return fault(Fault::Config, kDamaged);
  Secret key(32);
  if (!base64url::decode_into(line.substr(kHead.size()), key.write(Pass::key()))) return fault(Fault::Config, kDamaged);
  return MasterKey(std::move(key));
}

Result<MasterKey> MasterKey::load_or_create(const std::string& path, Entropy& entropy) {
  auto there = load(path);
  if (there || !there.error().is(Refusal::NotFound)) return there;
  TRY(auto key, make(entropy));
  std::string line(kHead);
  base64url::append(line, key.read(Pass::key()));
  line += " " + check_of(line) + "\n";
  const auto written = write_private_file(path, as_bytes(line), IfThere::Keep);
  wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
  TRY_VOID(written);
  return MasterKey(std::move(key));
}

Result<MasterKey> MasterKey::ephemeral(Entropy& entropy) {
  TRY(auto key, make(entropy));
  return MasterKey(std::move(key));
}

Result<Secret> MasterKey::derive(std::string_view purpose) const { return crypto::hkdf_sha256(key_, {}, purpose, 32); }

Result<std::string> MasterKey::fingerprint() const {
  TRY(const auto derived, derive("jeton master key fingerprint"));
  return base64url::encode(derived.read(Pass::key()).first(12));
}

}  // namespace jeton::keys
