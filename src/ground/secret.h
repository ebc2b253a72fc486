// A secret has no voice: it cannot be printed, copied or compared by accident.
#pragma once

#include <utility>

#include "ground/bytes.h"

namespace jeton {

class SecretPass;

// Octets that must not leak: move-only, wiped when they die, no `<<`, no `==`. Not for sharing between threads
// while it is moved; const access is free for all.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size) : bytes_(size) {}
  // Takes the octets over.
  explicit Secret(Bytes&& bytes) : bytes_(std::move(bytes)) {}
  // Copies the octets; the caller wipes its own copy.
  static Secret copy_of(ByteView bytes) { return Secret(Bytes(bytes.begin(), bytes.end())); }

  Secret(Secret&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe(bytes_);
      bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  bool operator==(const Secret&) const = delete;
  ~Secret() { wipe(bytes_); }

  // A second owner of the same octets: spelled out, because each copy is one more place to lose it from.
  Secret clone() const { return copy_of(bytes_); }

  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  bool equal(ByteView other) const { return equal_constant_time(bytes_, other); }
  bool equal(const Secret& other) const { return equal(ByteView(other.bytes_)); }

  // The octets, for the holders of a pass (ground/secret_pass.h lists them).
  ByteView read(const SecretPass&) const { return bytes_; }
  ByteSpan write(const SecretPass&) { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace jeton
