#include "authority/keys/master_file.h"

#include "authority/keys/files.h"
#include "blocks/crypto/hash.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

constexpr std::string_view kHead = "jeton-master-key-1 ";
constexpr std::size_t kKeyText = 43, kCheckText = 8;
constexpr std::size_t kLine = kHead.size() + kKeyText + 1 + kCheckText;

std::string check_of(std::string_view line) { return to_hex(ByteView(crypto::sha256(as_bytes(line))).first(kCheckText / 2)); }

}  // namespace

Result<MasterKeyPtr> parse_master_key(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (!text.starts_with(kHead))
    return fault(Fault::Config, "the master key is not one of this program: its line begins with jeton-master-key-1");
  if (text.size() < kLine) return fault(Fault::Config, "the master key's line is cut off: put back the copy you keep of it");
  const auto line = text.substr(0, kHead.size() + kKeyText);
  Secret key(32);
  if (text.size() != kLine || text[line.size()] != ' ' || text.substr(line.size() + 1) != check_of(line) ||
      !base64url::decode_into(line.substr(kHead.size()), key.write(Pass::key())))
    return fault(Fault::Config, "the master key's line is damaged, its check does not fit: put back the copy you keep of it");
  return MasterKey::of(std::move(key));
}

Result<MasterKeyPtr> load_master_file(const std::string& path) {
  TRY(const auto file, read_private_file(path));
  return parse_master_key(as_text(file.read(Pass::key())));
}

Result<MasterKeyPtr> create_master_file(const std::string& path, Entropy& entropy) {
  Secret key(32);
  TRY_VOID(entropy.fill(key.write(Pass::key())));
  std::string line(kHead);
  base64url::append(line, key.read(Pass::key()));
  line += " " + check_of(line) + "\n";
  const auto written = write_private_file(path, as_bytes(line), IfThere::Keep);
  wipe({reinterpret_cast<std::uint8_t*>(line.data()), line.size()});
  TRY_VOID(written);
  return MasterKey::of(std::move(key));
}

}  // namespace jeton::keys
