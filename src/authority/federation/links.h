// Which names at identity providers a user is known by here, and taking one away.
#pragma once

#include "authority/audit/event.h"
#include "authority/ledger/ledger.h"

namespace jeton::federation {

struct Link {
  std::string id;               // "lnk_…"
  PrincipalId user;
  std::string provider;         // the identity provider's id; empty of a link that is older than this record of it
  std::string name;             // what names the user there
  std::string how;              // "created" with the user, or "connected" to one that was there
  Instant created;
};

// What a link's row says of itself.
std::string link_text(std::string_view how, std::string_view provider, std::string_view identity);
std::string_view how_of(const ledger::Ticket& row);   // "created"; empty where the row is no link

// Any thread.
class Links {
 public:
  Links(ledger::Ledger& ledger, Entropy& entropy) : ledger_(ledger), entropy_(entropy) {}
  Result<std::vector<Link>> of(const PrincipalId& user, Instant now);   // oldest first
  Result<Link> find(std::string_view id, Instant now);                  // NotFound
  // From the next login on the name is nobody's: its provider's rules decide anew. Sessions go on.
  Status remove(std::string_view id, const audit::Doing& doing);

 private:
  ledger::Ledger& ledger_;
  Entropy& entropy_;
};

}  // namespace jeton::federation
