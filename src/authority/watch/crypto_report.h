// Every key, token population and algorithm of the installation, held against the table of what is good until when.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "authority/federation/decryption.h"
#include "authority/keys/data_keys.h"
#include "authority/keys/pepper_lives.h"
#include "authority/policy/algorithms.h"

namespace jeton::watch {

struct ReportItem {
  enum class Kind : std::uint8_t { SigningKey, ApiTokens, StoredHashes, DataKey, MasterKey, SamlKey, Algorithm } kind = Kind::Algorithm;
  std::string name = {};          // "key_…", "pepper 1", "data key 2"
  std::string use = {};           // for people: "signs access tokens, active"
  std::string algorithm = {};     // as the policy's table has it
  std::string jose = {};          // "ES256", where it has such a name
  unsigned bits = 0;
  std::string state = {};         // "active"
  std::uint64_t count = 1;   // of what stands behind it: tokens of a population
  std::optional<Instant> created = {}, activated = {}, ends = {};
  policy::Judgement judgement = {};
  bool attention = false;    // somebody should act
  std::string note = {};          // "41 tokens still hashed under pepper 1"
};

struct CryptoReport {
  Instant at = {};
  std::string installation = {};
  std::vector<ReportItem> items = {};
};

// Reads every token once to count what stands behind each pepper: seconds for millions. Any thread.
Result<CryptoReport> report_crypto(ledger::Ledger& ledger, keys::DataKeys& data_keys, const keys::PepperLives& peppers,
                                   federation::DecryptionKeys& saml_keys, Instant now);

}  // namespace jeton::watch
