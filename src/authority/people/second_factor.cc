// The authenticator's codes, and the recovery codes for when it is lost.
#include "authority/people/people.h"
#include "authority/people/totp.h"
#include "ground/secret_pass.h"

namespace jeton::people {
namespace {

using ledger::Credential;
using ledger::CredentialKind;

// What recovery codes are hashed under: no pepper, which would have to be kept for as long as anybody keeps such a code.
constexpr std::string_view kCodesPurpose = "jeton-recovery-codes-1";
constexpr std::size_t kCodes = 10, kCodeLength = 10, kSecret = 20;
// No letters or digits that look alike.
constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz23456789";

// "abcde-fghij": 50 bits.
Result<std::string> recovery_code(Entropy& entropy) {
  std::array<std::uint8_t, kCodeLength> pool;
  TRY_VOID(entropy.fill(pool));
  std::string code;
  for (std::size_t i = 0; i < kCodeLength; ++i) {
    if (i == kCodeLength / 2) code += '-';
    code += kLetters[pool[i] % 32];
  }
  return code;
}

}  // namespace

Result<TotpSecret> People::propose_totp() {
  std::array<std::uint8_t, kSecret> octets;
  TRY_VOID(entropy_.fill(octets));
  return TotpSecret{totp::base32(octets)};
}

Result<std::vector<std::string>> People::confirm_totp(const ledger::Principal& user, const TotpSecret& proposed, std::string_view code,
                                                      const audit::Doing& doing) {
  const auto secret = totp::from_base32(proposed.base32);
  if (!secret || secret->size() != kSecret) return refuse(Refusal::Denied);
  const auto step = totp::match(*secret, code, 0, doing.now);
  if (!step) return refuse(Refusal::Denied, "the code does not fit; look at the clock of the device");
  std::vector<std::string> codes;
  std::string hashes;
  TRY(const auto key, peppers_.derived(kCodesPurpose));
  const crypto::HmacSha256 mac(key);
  for (std::size_t i = 0; i < kCodes; ++i) {
    TRY(auto one, recovery_code(entropy_));
    hashes += to_hex(mac(as_bytes(one))) + "\n";
    codes.push_back(std::move(one));
  }
  TRY(auto first, put(user.id, CredentialKind::Totp, Secret::copy_of(*secret), doing.now, *step));
  TRY(auto second, put(user.id, CredentialKind::RecoveryCodes, Secret::copy_of(as_bytes(hashes)), doing.now));
  TRY(auto event, audit::event(doing, "user.add_totp", user.id.text(), entropy_));
  TRY_VOID(change({std::move(first), std::move(second), std::move(event)}));
  return codes;
}

Status People::remove_totp(const ledger::Principal& user, const audit::Doing& doing) {
  std::vector<ledger::Change> changes;
  for (const auto kind : {CredentialKind::Totp, CredentialKind::RecoveryCodes}) {
    TRY(const auto stored, one(user.id, kind));
    if (stored) changes.emplace_back(stored->id);
  }
  TRY(auto event, audit::event(doing, "user.remove_totp", user.id.text(), entropy_));
  changes.push_back(std::move(event));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return {};
}

// The record's version decides which of two that show one code was first.
Result<bool> People::use_totp(const PrincipalId& user, std::string_view code, Instant now) {
  TRY(auto stored, one(user, CredentialKind::Totp));
  if (!stored) return false;
  TRY(const auto secret, open(*stored));
  const auto step = totp::match(secret.read(Pass::key()), code, stored->counter, now);
  if (!step) return false;
  stored->counter = *step;
  stored->last_used = now;
  const auto done = ledger_.commit({ledger::Update<Credential>{*std::move(stored)}});
  if (!done && done.error().is(Refusal::Conflict)) return false;
  if (!done) return std::unexpected(done.error());
  return true;
}

// Where in the list of hashes it stands, or npos. Lists of a time when they were hashed under a pepper learn which one that was.
Result<std::size_t> People::find_code(std::string_view hashes, std::string_view code, std::uint32_t& pepper) const {
  if (pepper == 0) {
    TRY(const auto key, peppers_.derived(kCodesPurpose));
    return hashes.find(to_hex(crypto::HmacSha256(key)(as_bytes(code))) + "\n");
  }
  const auto peppers = peppers_.snapshot();
  for (std::size_t i = 0; i < peppers->size(); ++i) {
    if (pepper != ledger::kAnyPepper && peppers->number(i) != pepper) continue;
    const auto found = hashes.find(to_hex(peppers->hash(i, code)) + "\n");
    if (found == std::string::npos) continue;
    pepper = peppers->number(i);
    return found;
  }
  return std::string::npos;
}

Result<bool> People::use_recovery(const PrincipalId& user, std::string_view code, const audit::Doing& doing) {
  TRY(auto stored, one(user, CredentialKind::RecoveryCodes));
  if (!stored) return false;
  TRY(const auto hashes, open(*stored));
  std::string left(as_text(hashes.read(Pass::key())));
  TRY(const auto found, find_code(left, code, stored->pepper));
  if (found == std::string::npos) return false;
  left.erase(found, 65);
  TRY(stored->sealed, sealer_.seal({"credentials", "sealed", stored->id.text()}, as_bytes(left), entropy_));
  stored->last_used = doing.now;
  TRY(auto event, audit::event(doing, "login.recovery_code", user.text(), entropy_));
  const auto done = ledger_.commit({ledger::Update<Credential>{*std::move(stored)}, std::move(event)});
  if (!done && done.error().is(Refusal::Conflict)) return false;
  if (!done) return std::unexpected(done.error());
  return true;
}

Result<std::optional<People::Factor>> People::use_code(const PrincipalId& user, std::string_view code, const audit::Doing& doing) {
  TRY(const bool totp, use_totp(user, code, doing.now));
  if (totp) return Factor::Totp;
  TRY(const bool recovery, use_recovery(user, code, doing));
  if (recovery) return Factor::Recovery;
  return std::nullopt;
}

Result<People::Factor> People::check_code(const ledger::Principal& user, std::string_view given, const audit::Doing& doing) {
  const auto account = user.id.text();
  const auto& from = doing.by.address;
  // Six digits are few. Counted before it is looked at, and wherever it comes from: nobody gets here without the first proof, so only its thief
  // can keep the person waiting.
  if (!throttle_.enter(account, from, doing.now, Throttle::Reach::Everywhere))
    return refuse(Refusal::RateLimited, "too many attempts; wait a minute and try again");
  std::string code;
  for (const char c : given)
    if (c != ' ') code += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const auto factor = use_code(user.id, code, doing);
  if (!factor || *factor) throttle_.passed(account, from, doing.now);
  if (!factor) return std::unexpected(factor.error());
  if (*factor) return **factor;
  TRY(auto event, audit::event(doing, "login.failed_code", account, entropy_));
  TRY_VOID(ledger_.commit({std::move(event)}));
  return refuse(Refusal::Denied);
}

}  // namespace jeton::people
