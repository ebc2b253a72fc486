// Connections that only read, leased one caller at a time.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "stores/sqlite/engine/connection.h"

namespace jeton::sqlite {

// Any thread. A lease returns its connection when it goes; a few are kept warm.
class Readers {
 public:
  explicit Readers(std::string path) : path_(std::move(path)) {}

  class Lease {
   public:
    Lease(Readers& home, std::unique_ptr<Connection> db) : home_(&home), db_(std::move(db)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (db_) home_->give_back(std::move(db_));
    }
    Connection& operator*() const { return *db_; }
    Connection* operator->() const { return db_.get(); }

   private:
    Readers* home_;
    std::unique_ptr<Connection> db_;
  };

  Result<Lease> lease();

 private:
  void give_back(std::unique_ptr<Connection> db);

  std::string path_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace jeton::sqlite
