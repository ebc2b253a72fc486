// One suite for every store: what a test needs to open one and to make records.
#pragma once

#include <gtest/gtest.h>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "authority/ledger/ledger.h"

namespace jeton::stores::suite {

// A folder of its own, gone with the test.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct Store {
  std::string name;
  std::function<std::unique_ptr<ledger::Ledger>(const Folder&)> open;
  enum class Keeps { Nothing, Files } keeps = Keeps::Nothing;
};
std::vector<Store> every_store();

// Remembers what it was told.
struct Notes final : ledger::Follower {
  void apply(ledger::Seq seq, std::span<const ledger::Effect> effects) noexcept override {
    seqs.push_back(seq);
    all.insert(all.end(), effects.begin(), effects.end());
  }
  std::vector<ledger::Seq> seqs;
  std::vector<ledger::Effect> all;
};

// A fresh ledger of the store at hand.
class LedgerSuite : public ::testing::TestWithParam<Store> {
 protected:
  LedgerSuite() : ledger_(GetParam().open(folder_)) {}
  // Commits and insists on it.
  ledger::Committed commit(std::vector<ledger::Change> changes);
  // Whether the batch is refused as said.
  bool refused(std::vector<ledger::Change> changes, Refusal with = Refusal::Conflict);
  ledger::Token token(const TokenId& id);

  Folder folder_;
  std::unique_ptr<ledger::Ledger> ledger_;
};

// Records by number: the same number gives the same id, a higher one a later id.
Instant at(std::int64_t second);
Ulid ulid(std::uint64_t n);
crypto::Sha256Digest digest(std::uint64_t n);
ledger::Api api(std::uint64_t n);
ledger::Principal principal(std::uint64_t n, PrincipalKind kind = PrincipalKind::User);
ledger::Device device(std::uint64_t n, const PrincipalId& of);
ledger::Client client(std::uint64_t n);
ledger::Token token(std::uint64_t n);       // bare: of user 1 and API 1
ledger::Token full_token(std::uint64_t n);  // every member set
ledger::SigningKey key(std::uint64_t n);
ledger::Rule rule(std::uint64_t n);
ledger::Alert alert(std::uint64_t n);
ledger::AuditEvent event(std::uint64_t n);
net::Prefix prefix4(std::uint8_t first, std::uint8_t bits);

ledger::EndTokens end(decltype(ledger::EndTokens::which) which, ledger::EndReason reason = ledger::EndReason::Revoked);

// Every member of two records, as one string each, so that a difference can be read.
std::string show(const ledger::Token& t);

}  // namespace jeton::stores::suite
