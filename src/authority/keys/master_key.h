// The key that everything secret at rest hangs on. It lives in a file beside the database, never in it.
#pragma once

#include <string>

#include "ground/entropy.h"
#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::keys {

// 256 bits and what is derived of them. Any thread.
class MasterKey {
 public:
  // Reads the file, or makes it (0600) where there is none. Config, with what to do, where it is damaged or others can read it; it is
  // never overwritten.
  static Result<MasterKey> load_or_create(const std::string& path, Entropy& entropy);
  static Result<MasterKey> load(const std::string& path);
  // For stores in memory: gone with the process.
  static Result<MasterKey> ephemeral(Entropy& entropy);

  // 32 octets by HKDF-SHA-256 for one purpose, "jeton data key 1".
  Result<Secret> derive(std::string_view purpose) const;
  // Tells this key from others without telling anything of it: to be stored beside what it seals.
  Result<std::string> fingerprint() const;

 private:
  explicit MasterKey(Secret key) : key_(std::move(key)) {}
  Secret key_;
};

}  // namespace jeton::keys
