// The installation's own choices, kept in the ledger.
#pragma once

#include <string>

#include "authority/ledger/ledger.h"

namespace jeton::policy {

struct Settings {
  std::string brand = "jtn";
  Seconds max_token_lifetime{366LL * 86400};
  Seconds default_token_lifetime{90LL * 86400};
  Seconds default_overlap{86400};
  Seconds key_rotation{90LL * 86400};   // age at which signing keys are replaced; 0: only when asked
  std::string rsa_bits = "2048";  // of RSA signing keys that are made from now on; 3072 and 4096 cost seven times as much a signature
  ledger::OnReuse on_reuse = ledger::OnReuse::Alert;
  std::string watch_mute,
      watch_revoke;  // names of the watch's rules, space separated: not told (ids of tokens too); the token is revoked as well
  std::string watch_action;  // "far_apart=quarantine scope_probing=throttle"; watch/actions.h
  std::string token_limit, address_limit;  // rates of every token without one of its own, and of every address; empty: none
  Seconds session_idle{12LL * 3600}, session_lifetime{14LL * 86400};
  std::string client_registration = "closed";  // "open": any application may register itself
  std::string dpop_nonce = "optional";  // "required": DPoP proofs carry a nonce of ours
  std::string client_documents = "closed";  // "open": a client_id may be the https address of a document that describes it
  std::string on_leak = "revoke";  // what a reported leak leads to, for every kind or as "pat=quarantine key=notify"
  Seconds refresh_idle{30LL * 86400}, refresh_lifetime{365LL * 86400};
};

// What the ledger holds, defaults for the rest.
Result<Settings> read_settings(ledger::Ledger& ledger);
// Sets one by its name; Invalid where the value cannot be, NotFound where there is no such setting.
Status set(Settings& settings, std::string_view name, std::string_view value);
// The changes that write all of them.
std::vector<ledger::Change> write(const Settings& settings);
// What is done with a token of that kind that was found where it should not be; somebody is told in any case.
enum class LeakAction : std::uint8_t { Notify, Quarantine, Revoke };
LeakAction leak_action(const Settings& settings, opaque::Kind kind);
std::string_view name(ledger::OnReuse on_reuse);
std::optional<ledger::OnReuse> on_reuse(std::string_view name);

}  // namespace jeton::policy
