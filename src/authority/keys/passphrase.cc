#include "authority/keys/passphrase.h"

#include <charconv>

#include "blocks/crypto/argon2id.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

constexpr std::string_view kNote = "passphrase";
constexpr std::string_view kHead = "jeton-passphrase-1 argon2id ";
constexpr auto kDamaged = "what the ledger keeps of the passphrase's salt is damaged: restore a backup of the database";

// "jeton-passphrase-1 argon2id <passes> <KiB> <salt>"
std::string to_text(const crypto::Argon2Cost& cost, ByteView salt) {
  return std::string(kHead) + std::to_string(cost.passes) + " " + std::to_string(cost.kib) + " " + base64url::encode(salt);
}

struct Made {
  crypto::Argon2Cost cost;
  Bytes salt;
};

std::optional<Made> parse(std::string_view text) {
  if (!text.starts_with(kHead)) return std::nullopt;
  text.remove_prefix(kHead.size());
  Made made;
  for (auto* number : {&made.cost.passes, &made.cost.kib}) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
    if (error != std::errc() || end == text.data() + text.size() || *end != ' ') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  }
  auto salt = base64url::decode(text);
  if (!salt || salt->size() != crypto::kArgon2Salt) return std::nullopt;
  made.salt = *std::move(salt);
  return made;
}

}  // namespace

Result<MasterKeyPtr> open_passphrase(const Secret& given, IfMissing if_missing, SourceNotes& notes, Entropy& entropy) {
  // An editor's line feed at the end is not part of it.
  auto text = given.read(Pass::key());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text = text.first(text.size() - 1);
  if (text.size() < 12) return fault(Fault::Config, "the passphrase is too short: at least 12 characters");
  TRY(auto note, notes.read(kNote));
  if (note.empty()) {
    if (if_missing == IfMissing::Fail)
      return fault(Fault::Config, "this ledger was not made with a passphrase: put back the master key it was made with");
    Bytes salt(crypto::kArgon2Salt);
    TRY_VOID(entropy.fill(salt));
    note = to_text({}, salt);
    TRY_VOID(notes.write(kNote, note));
  }
  const auto made = parse(note);
  if (!made) return fault(Fault::Config, kDamaged);
  const auto passphrase = Secret::copy_of(text);
  TRY(auto key, crypto::argon2id(passphrase, made->salt, made->cost, 32));
  return MasterKey::of(std::move(key));
}

}  // namespace jeton::keys
