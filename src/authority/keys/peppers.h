// The peppers' file: outside the database, each sealed under a data key of the file's own (docs/formats/at-rest.md).
#pragma once

#include <memory>
#include <mutex>
#include <span>

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
  // Those in the file, oldest first. Which of them is active is the ledger's to say (pepper_lives.h).
  std::vector<std::uint32_t> numbers() const;
  // Hashes under that one from now on, and finds what was hashed under those of lower numbers. NotFound where it is not here.
  Status use(std::uint32_t active);
  // Makes one of that number and writes it. It is there already: done. Conflict where its number is not above all others'.
  Status add(std::uint32_t number, Entropy& entropy);
  // Takes one out of the file, for ever. Conflict for the active one. It is not there: done.
  Status drop(std::uint32_t number, Entropy& entropy);
  // Takes over what a copy of the same file has and this one has no more. Conflict where the copy is of another file.
  Status take(const Peppers& copy, std::span<const std::uint32_t> numbers, Entropy& entropy);

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
  void publish();
  std::string associated() const;
  std::string associated(std::uint32_t number) const;

  std::string path_, installation_;
  Secret key_;  // the file's data key
  Wraps wraps_;  // of it
  mutable std::mutex mutex_;
  std::vector<Held> held_;  // oldest first
  std::uint32_t active_ = 0;
  std::shared_ptr<const PepperSet> snapshot_;
};

}  // namespace jeton::keys
