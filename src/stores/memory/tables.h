// The tables of the ledger in memory: maps, the names that must stay unique, and an undo list for refused
// batches.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "authority/ledger/ledger.h"

namespace jeton::memory {

// The names a record claims: no two records may hold the same at one time.
std::vector<std::string> claims(const ledger::Api& r);
std::vector<std::string> claims(const ledger::Principal& r);
std::vector<std::string> claims(const ledger::Device& r);
std::vector<std::string> claims(const ledger::Client& r);
std::vector<std::string> claims(const ledger::Token& r);
std::vector<std::string> claims(const ledger::SigningKey& r);
std::vector<std::string> claims(const ledger::Rule& r);
std::vector<std::string> claims(const ledger::Alert& r);
std::vector<std::string> claims(const ledger::AuditEvent& r);
std::vector<std::string> claims(const ledger::Credential& r);
std::vector<std::string> claims(const ledger::Webhook& r);
std::vector<std::string> claims(const ledger::Delivery& r);
std::vector<std::string> claims(const ledger::Stream& r);

std::string api_claim(std::string_view name);
std::string principal_claim(PrincipalKind kind, std::string_view name);
std::string handle_claim(std::string_view handle);
std::string hash_claim(const crypto::Sha256Digest& hash);

// Whether a token fits a listing's filter.
bool fits(const ledger::Token& token, const ledger::TokenFilter& filter, Instant now);
// Whether a revocation names that token itself (not what came of it).
bool names(const decltype(ledger::EndTokens::which)& which, const ledger::Token& token);

// Everything the ledger holds. One thread at a time.
struct Tables {
  template <class R>
  using Of = std::map<decltype(R::id), R>;

  std::tuple<Of<ledger::Api>, Of<ledger::Principal>, Of<ledger::Device>, Of<ledger::Client>, Of<ledger::Token>, Of<ledger::SigningKey>,
             Of<ledger::Rule>, Of<ledger::Alert>, Of<ledger::AuditEvent>, Of<ledger::Credential>, Of<ledger::Ticket>, Of<ledger::Webhook>,
             Of<ledger::Delivery>, Of<ledger::Stream>>
      records;
  std::unordered_map<std::string, Ulid> taken;  // claim → who holds it
  std::map<crypto::Sha256Digest, ledger::SavedAnswer> answers;
  std::map<std::string, ledger::Setting, std::less<>> settings;
  std::map<TokenId, ledger::RevokedJwt> jwts;
  std::map<std::pair<TokenId, std::uint32_t>, ledger::DayUse> days;
  std::map<Ulid, ledger::QuotaUse> quotas;
  std::vector<ledger::FeedEntry> feed;
  std::map<std::uint64_t, EventId> numbered;   // the events by their numbers
  ledger::ChainHead head;
  const ledger::AuditChain* chain = nullptr;

  template <class R>
  auto& of() {
    if constexpr (std::is_same_v<R, ledger::SavedAnswer>) return answers;
    else return std::get<Of<R>>(records);
  }
};

// One batch on its way in: applies changes one by one and can take all of them back.
class Batch {
 public:
  Batch(Tables& tables, Instant at) : tables_(tables), at_(at) {}

  Status apply(const ledger::Change& change);
  // Takes back what was applied, newest first.
  void undo();
  const std::vector<ledger::Effect>& effects() const { return effects_; }

 private:
  template <class R>
  Status change(const ledger::Insert<R>& c);
  template <class R>
  Status change(const ledger::Update<R>& c);
  Status change(const ledger::Insert<ledger::SavedAnswer>& c);
  Status change(const ledger::Insert<ledger::Ticket>& c);
  Status change(const ledger::Update<ledger::Ticket>& c);
  Status change(const ledger::Consume& c);
  Status change(const CredentialId& id);
  Status change(const ledger::Insert<ledger::AuditEvent>& c);
  Status change(const WebhookId& id);
  Status change(const StreamId& id);
  Status change(const ledger::EndTokens& c);
  Status change(const ledger::RevokeJwt& c);
  Status change(const ledger::Rehash& c);
  Status change(const ledger::Reseal& c);
  Status change(const ledger::PutSetting& c);
  Status change(const RuleId& id);

  template <class Map>
  void put(Map& map, const typename Map::key_type& key, typename Map::mapped_type value);
  template <class Map>
  void erase(Map& map, const typename Map::key_type& key);
  Status claim(const std::vector<std::string>& wanted, const Ulid& holder);
  void release(const std::vector<std::string>& held);

  Tables& tables_;
  Instant at_;
  std::vector<std::function<void()>> undo_;
  std::vector<ledger::Effect> effects_;
};

}  // namespace jeton::memory
