// What the endpoints stand on: every room of the authority they speak to, and what the program tells of itself.
#pragma once

#include <string>
#include <vector>

#include "authority/apis/apis.h"
#include "authority/apis/encryption.h"
#include "authority/audit/refusals.h"
#include "authority/clients/clients.h"
#include "authority/federation/decryption.h"
#include "authority/grants/grants.h"
#include "authority/keys/data_keys.h"
#include "authority/keys/pepper_lives.h"
#include "authority/keys/signing_keys.h"
#include "authority/leaks/leaks.h"
#include "authority/leaks/partner_keys.h"
#include "authority/mint/access_token.h"
#include "authority/networks/networks.h"
#include "authority/notify/mail.h"
#include "authority/notify/webhooks.h"
#include "authority/people/people.h"
#include "authority/personal/answers.h"
#include "authority/personal/tokens.h"
#include "authority/principals/principals.h"
#include "authority/sessions/sessions.h"
#include "authority/signals/transmitter.h"
#include "authority/verify/once.h"
#include "authority/verify/opener.h"
#include "authority/verify/verifier.h"
#include "authority/watch/alerts.h"
#include "authority/watch/selftests.h"
#include "authority/watch/upkeep.h"
#include "blocks/http/message.h"

namespace jeton::protocols {

// One part of the server's health, by name.
struct HealthPart {
  std::string name;
  bool ok = true;
  std::string detail;
  bool needed = true;   // where it is not, the server is ready without it
};

// What only the program knows. Any thread.
class Program {
 public:
  virtual ~Program() = default;
  virtual std::vector<HealthPart> health(Instant now) = 0;
  virtual std::string metrics() = 0;
  // Whether management waits until what keeps the audit elsewhere is back: the installation's choice.
  virtual bool management_closed() { return false; }
  virtual std::string backup(const std::string& path) = 0;   // empty: done; otherwise what went wrong
  // Whether that address may be kept to be called later: a public one by https, or one that the operator allows.
  virtual bool may_call(std::string_view url) {
    (void)url;
    return false;
  }
  // The JSON document at that address, read now or some minutes ago; Newer: something was looked for in it and not found, so it is read again,
  // at most every 30 seconds. Refused: addresses that are not public, redirects, other types, more than 32 KiB. Io: it cannot be read for now.
  enum class Copy : std::uint8_t { Kept, Newer };
  virtual Result<std::string> document(const std::string& url, Copy copy = Copy::Kept) {
    (void)url, (void)copy;
    return refuse(Refusal::Unsupported);
  }
  // Puts another master key in place; an empty source makes a new one beside the old file.
  virtual Result<std::string> rotate_master_key(const std::string& source, const audit::Doing& doing) {
    (void)source, (void)doing;
    return refuse(Refusal::Unsupported);
  }
  // What is at an https address out there, as far as the installation lets this program look. Refusals say why not.
  virtual Result<std::string> fetch(const std::string& url, std::size_t most) {
    (void)url, (void)most;
    return refuse(Refusal::Unsupported);
  }
};

struct IdentityFields {
  std::string token_id = "X-Jeton-Token-Id", kind = "X-Jeton-Kind", subject = "X-Jeton-Subject", client = "X-Jeton-Client",
              device = "X-Jeton-Device", scope = "X-Jeton-Scope";
};

struct Facts {
  std::string issuer;  // no slash at the end
  net::PrefixSet trusted_proxies;
  IdentityFields identity;
  std::string epoch = {};  // names the ledger's history: another one after a restore
  leaks::PartnerKeys leak_keys = {};  // of those whose leak reports are believed
  notify::Rules notify = {};
  signals::Rules signals = {};
  std::string mtls_address = {};  // where clients show certificates, where that is not the issuer's; no slash at the end
  // Whether browsers reach this over TLS: cookies are Secure then, and bound to the host by their prefix.
  bool secure() const { return issuer.starts_with("https://"); }
  // What stands behind the issuer's host: "/auth"; mostly empty.
  std::string_view issuer_path() const {
    const auto host = issuer.find("://") + 3;
    return std::string_view(issuer).substr(std::min(issuer.find('/', host), issuer.size()));
  }
};

struct Rooms {
  const Facts& facts;
  ledger::Ledger& ledger;
  verify::Verifier& verifier;
  verify::Once& seen_proofs;  // DPoP proofs shown to APIs
  keys::SigningKeys& signing_keys;
  keys::Peppers& peppers;
  keys::PepperLives& pepper_lives;
  keys::DataKeys& data_keys;
  apis::Apis& apis;
  apis::Encryptions& encryptions;
  principals::Principals& principals;
  principals::Devices& devices;
  clients::Clients& clients;
  personal::Tokens& tokens;
  personal::Answers& answers;
  mint::AccessTokens& access_tokens;
  sessions::Sessions& sessions;
  people::People& people;
  networks::Networks& networks;
  grants::Grants& grants;
  federation::DecryptionKeys& decryption;  // of SAML assertions for us
  people::Throttle& saml_starts;
  watch::Alerts& alerts;
  watch::Upkeep& upkeep;
  watch::SelfTests& selftests;
  audit::Refusals& refusals;
  notify::Webhooks& webhooks;
  notify::Mail& mail;
  leaks::Leaks& leaks;
  signals::Streams& streams;
  signals::Transmitter& transmitter;
  Entropy& entropy;
  Program& program;
};

}  // namespace jeton::protocols
