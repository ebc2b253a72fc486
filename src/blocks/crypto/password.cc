#include "blocks/crypto/password.h"

#include <sodium.h>

#include <array>
#include <charconv>

#include "blocks/crypto/argon2id.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

constexpr std::size_t kHash = 32;
constexpr std::string_view kHead = "$argon2id$v=19$m=";

bool ready() {
  static const bool started = ::sodium_init() >= 0;
  return started;
}

bool good(const PasswordCost& cost) {
  return cost.passes >= 1 && cost.passes <= 64 && cost.kibibytes >= 8192 && cost.kibibytes <= 1024 * 1024;
}

// The PHC string's base64: no padding.
std::string encode64(ByteView octets) {
  std::string out(sodium_base64_encoded_len(octets.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING), '\0');
  ::sodium_bin2base64(out.data(), out.size(), octets.data(), octets.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  out.pop_back();   // the NUL
  return out;
}

bool decode64(std::string_view text, ByteSpan out) {
  std::size_t size = 0;
  const char* end = nullptr;
  const int done = ::sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, &end,
                                       sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  return done == 0 && size == out.size() && end == text.data() + text.size();
}

struct Stored {
  PasswordCost cost;
  std::array<std::uint8_t, kPasswordSalt> salt{};
  std::array<std::uint8_t, kHash> hash{};
};

// Takes a number and what follows it off the front.
bool take(std::string_view& text, std::uint32_t& number, std::string_view after) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.starts_with(after)) return false;
  text.remove_prefix(after.size());
  return true;
}

Result<Stored> parse(std::string_view text) {
  constexpr auto malformed = Refusal::Malformed;
  Stored s;
  if (!text.starts_with(kHead)) return refuse(malformed);
  text.remove_prefix(kHead.size());
  if (!take(text, s.cost.kibibytes, ",t=") || !take(text, s.cost.passes, ",p=1$") || !good(s.cost)) return refuse(malformed);
  const auto dollar = text.find('$');
  if (dollar == std::string_view::npos) return refuse(malformed);
  if (!ready() || !decode64(text.substr(0, dollar), s.salt) || !decode64(text.substr(dollar + 1), s.hash)) return refuse(malformed);
  return s;
}

}  // namespace

Result<Secret> argon2id(const Secret& password, ByteView salt, const PasswordCost& cost, std::size_t size) {
  if (!ready()) return fault(Fault::Crypto);
  if (salt.size() != kPasswordSalt || size < 16 || size > 64 || !good(cost) || password.size() > kMostPassword)
    return refuse(Refusal::Invalid, "password: a cost or a size that is not allowed");
  auto out = argon2id(password, salt, Argon2Cost{.passes = cost.passes, .kib = cost.kibibytes}, size);
  if (!out && out.error().is(Fault::Crypto)) return fault(Fault::StoreUnavailable, "not enough memory for a password's hash");
  return out;
}

Result<std::string> hash_password(const Secret& password, const PasswordCost& cost, Entropy& entropy) {
  std::array<std::uint8_t, kPasswordSalt> salt;
  TRY_VOID(entropy.fill(salt));
  TRY(const auto hash, argon2id(password, salt, cost, kHash));
  return std::string(kHead) + std::to_string(cost.kibibytes) + ",t=" + std::to_string(cost.passes) + ",p=1$" + encode64(salt) + "$" +
         encode64(hash.read(Pass::key()));
}

Result<PasswordCost> cost_of(std::string_view stored) {
  TRY(const auto parsed, parse(stored));
  return parsed.cost;
}

Result<bool> is_password(const Secret& password, std::string_view stored) {
  TRY(const auto parsed, parse(stored));
  if (password.size() > kMostPassword) return false;
  TRY(const auto hash, argon2id(password, parsed.salt, parsed.cost, kHash));
  return hash.equal(parsed.hash);
}

}  // namespace jeton::crypto
