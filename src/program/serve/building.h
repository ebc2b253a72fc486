// The rooms of one installation, in the order they stand on each other.
#pragma once

#include <memory>
#include <string>

#include "authority/audit/chain.h"
#include "authority/keys/keychain.h"
#include "authority/notify/outbox.h"
#include "authority/notify/reminders.h"
#include "blocks/crypto/random.h"
#include "program/config/config.h"
#include "program/server/server.h"
#include "protocols/protocols.h"

namespace jeton::serve {

// Where secrets and rows are kept; empty paths keep them in memory.
struct Places {
  std::string store;        // "sqlite:PATH" or "memory:"
  std::string master_key, peppers;
  std::string master_source = {};   // where it is not the file `master_key`: authority/keys/master_source.h
};

struct Sizes {
  std::size_t cached_jwts = 32768;
  crypto::PasswordCost password;
  std::size_t workers = 32;   // threads that may wait; passwords get three quarters of them
};

class Building {
 public:
  // Opens or makes all of it. `program` answers what only the program knows.
  static Result<std::unique_ptr<Building>> open(const Places& places, protocols::Facts facts, const Sizes& sizes,
                                                protocols::Program& program, Instant now);
  ~Building();

  protocols::Protocols& protocols() { return *protocols_; }
  protocols::Rooms& rooms() { return *rooms_; }
  keys::Keychain& keychain() { return *keychain_; }
  audit::Chain& chain() { return *chain_; }
  // How the audit was found at the start.
  audit::Found audit_found() const { return audit_found_; }
  notify::Outbox& outbox() { return *outbox_; }
  notify::Reminders& reminders() { return *reminders_; }
  // Brings every token into memory. Takes seconds for millions; beside requests.
  Status load_tokens() { return verifier_->load_tokens(); }

 private:
  Building() = default;
  Status name_installation();
  Status name_epoch(Instant now);
  Status start_tests(Instant now);
  Status begin_audit(const std::string& store);
  Status record_start(Instant now);
  void make_rooms(protocols::Program& program, const Sizes& sizes);

  crypto::SystemEntropy entropy_;
  protocols::Facts facts_;
  std::unique_ptr<audit::Chain> chain_;   // goes after the ledger, which tells it of every commit
  audit::Found audit_found_ = audit::Found::New;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::string installation_;
  std::unique_ptr<keys::Keychain> keychain_;
  std::unique_ptr<verify::Verifier> verifier_;
  verify::Once seen_proofs_{Seconds(360)};
  std::unique_ptr<keys::SigningKeys> signing_keys_;
  std::unique_ptr<apis::Apis> apis_;
  std::unique_ptr<apis::Encryptions> encryptions_;
  std::unique_ptr<principals::Principals> principals_;
  std::unique_ptr<principals::Devices> devices_;
  std::unique_ptr<clients::Clients> clients_;
  std::unique_ptr<personal::Tokens> tokens_;
  std::unique_ptr<personal::Answers> answers_;
  std::unique_ptr<mint::AccessTokens> access_tokens_;
  std::unique_ptr<sessions::Sessions> sessions_;
  std::unique_ptr<people::People> people_;
  std::unique_ptr<networks::Networks> networks_;
  std::unique_ptr<grants::Grants> grants_;
  std::unique_ptr<federation::DecryptionKeys> decryption_;
  people::Throttle saml_starts_;
  std::unique_ptr<watch::Alerts> alerts_;
  std::unique_ptr<watch::Upkeep> upkeep_;
  std::unique_ptr<watch::SelfTests> selftests_;
  std::unique_ptr<audit::Refusals> refusals_;
  std::unique_ptr<notify::Webhooks> webhooks_;
  std::unique_ptr<notify::Mail> mail_;
  std::unique_ptr<signals::Streams> streams_;
  std::unique_ptr<signals::Transmitter> transmitter_;
  std::unique_ptr<notify::Outbox> outbox_;
  std::unique_ptr<notify::Reminders> reminders_;
  std::unique_ptr<leaks::Leaks> leaks_;
  std::unique_ptr<protocols::Rooms> rooms_;
  std::unique_ptr<protocols::Protocols> protocols_;
};

}  // namespace jeton::serve
