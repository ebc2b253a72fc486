// Seals what is secret at rest (docs/formats/at-rest.md).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "blocks/crypto/aead.h"

namespace jeton::keys {

// Where a sealed value stands: a value moved to another place does not open.
struct Place {
  std::string_view table, column, row;
};

// AES-256-GCM under the installation's data keys: the active one seals, older ones open what they sealed. Any thread.
class Sealer {
 public:
  explicit Sealer(std::string installation) : installation_(std::move(installation)) {}

  Result<Bytes> seal(const Place& place, ByteView plain, Entropy& entropy) const;
  // BadSignature: damaged, moved, or of another installation. UnknownKey: sealed under a data key that is not here.
  Result<Secret> open(const Place& place, ByteView sealed) const;
  // Whether it is sealed under the active data key.
  bool is_current(ByteView sealed) const;
  // The active data key's number; 0 where there is none.
  std::uint32_t active() const;

  struct DataKey {
    std::uint32_t number = 0;
    Secret octets;
  };
  // The active one last. Swapped whole; values sealed before still open where their key is among them.
  void use(std::vector<DataKey> keys);

 private:
  using Keys = std::vector<DataKey>;
  std::shared_ptr<const Keys> keys() const;
  std::string associated(std::uint32_t number, const Place& place) const;

  std::string installation_;
  mutable std::mutex mutex_;   // held for a copy of the pointer
  std::shared_ptr<const Keys> keys_ = std::make_shared<const Keys>();
};

}  // namespace jeton::keys
