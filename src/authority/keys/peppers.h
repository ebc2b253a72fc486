// The peppers' file: outside the database, each sealed under the master key.
#pragma once

#include <memory>
#include <mutex>

#include "authority/keys/master_key.h"
#include "authority/keys/pepper_set.h"

namespace jeton::keys {

class Peppers {
 public:
  // Reads the file, or makes it with pepper 1. An empty path keeps them in memory alone.
  static Result<std::unique_ptr<Peppers>> load_or_create(std::string path, const MasterKey& master, Entropy& entropy);

  std::shared_ptr<const PepperSet> snapshot() const;
  // Adds a pepper and makes it the active one; written before it is used. Any thread.
  Result<std::uint32_t> rotate(Entropy& entropy);
  // Drops a pepper that no token is hashed under any more. Conflict for the active one.
  Status drop(std::uint32_t number, Entropy& entropy);

 private:
  struct Held {
    std::uint32_t number;
    Secret octets;
  };
  Peppers(std::string path, Secret key) : path_(std::move(path)), key_(std::move(key)) {}
  Status read(ByteView file);
  Status write(Entropy& entropy) const;
  Status add(std::uint32_t number, Entropy& entropy);
  void publish();

  std::string path_;
  Secret key_;
  mutable std::mutex mutex_;
  std::vector<Held> held_;   // oldest first
  std::shared_ptr<const PepperSet> snapshot_;
};

}  // namespace jeton::keys
