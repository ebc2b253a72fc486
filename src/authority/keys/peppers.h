// The peppers' file: outside the database, each sealed under a data key of the file's own (docs/formats/at-rest.md).
#pragma once

#include <memory>
#include <mutex>

#include "authority/keys/pepper_set.h"
#include "authority/keys/wraps.h"

namespace jeton::keys {

// Any thread.
class Peppers {
 public:
  // Reads the file, or makes it with pepper 1. An empty path keeps them in memory alone. Config, with what to do, where the file is
  // damaged, of another installation, or of another master key; it is never overwritten then.
  static Result<std::unique_ptr<Peppers>> load_or_create(std::string path, MasterKeyPtr master, std::string installation, Entropy& entropy);

  // Reads the file and never makes one: NotFound where there is none.
  static Result<std::unique_ptr<Peppers>> load(std::string path, MasterKeyPtr master, std::string installation);

  std::shared_ptr<const PepperSet> snapshot() const;
  // 32 octets of this file's data key for another use: the same for as long as the file lives, whatever becomes of master key and peppers.
  Result<Secret> derived(std::string_view purpose) const;
  // Adds a pepper and makes it the active one; written before it is used.
  Result<std::uint32_t> rotate(Entropy& entropy);
  // Drops a pepper that no token is hashed under any more. Conflict for the active one.
  Status drop(std::uint32_t number, Entropy& entropy);

  // A change of master key, as DataKeys has it.
  Status also(const MasterKey& next, Entropy& entropy);
  Status only(const MasterKey& master, Entropy& entropy);
  Status tidy(const MasterKey& master, Entropy& entropy);

 private:
  struct Held {
    std::uint32_t number;
    Secret octets;
  };
  Peppers(std::string path, std::string installation) : path_(std::move(path)), installation_(std::move(installation)) {}
  Status read(ByteView file, const MasterKey& master);
  Status read_pepper(std::string_view line);
  Status begin(const MasterKey& master, Entropy& entropy);
  Status write(Entropy& entropy) const;
  Status add(std::uint32_t number, Entropy& entropy);
  void publish();
  std::string associated() const;
  std::string associated(std::uint32_t number) const;

  std::string path_, installation_;
  Secret key_;               // the file's data key
  Wraps wraps_;              // of it
  mutable std::mutex mutex_;
  std::vector<Held> held_;   // oldest first
  std::shared_ptr<const PepperSet> snapshot_;
};

}  // namespace jeton::keys
