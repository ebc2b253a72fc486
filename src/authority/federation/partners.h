// Which other sites take part in a session: who was told of it, and who told us of it.
#pragma once

#include <vector>

#include "authority/audit/event.h"
#include "formats/saml/parts.h"

namespace jeton::federation {

enum class Side : std::uint8_t { ServiceProvider, IdentityProvider };

// One of them, and what it calls the user and the session.
struct Partner {
  Side side = Side::ServiceProvider;
  std::string entity;
  saml::NameId name;
  std::string session_index;   // may be empty
  bool operator==(const Partner&) const = default;
};

inline constexpr std::size_t kMostPartners = 32;

// Kept with the session's token, and ends with it. Any thread.
class Partners {
 public:
  explicit Partners(ledger::Ledger& ledger) : ledger_(ledger) {}

  // From now on it takes part; what it was known to call them before is replaced. TooLarge: more than 32.
  Status note(const TokenId& session, const Partner& partner, Instant now);
  // Also of a session that has ended.
  Result<std::vector<Partner>> of(const TokenId& session);
  // Live sessions in which `entity` calls the user so; with indexes, only those it names.
  Result<std::vector<TokenId>> sessions_of(Side side, std::string_view entity, const saml::NameId& name,
                                           const std::vector<std::string>& indexes, Instant now);

 private:
  Result<std::vector<ledger::Change>> changes_of(const TokenId& session, const Partner& partner, Instant now);
  ledger::Ledger& ledger_;
};

// A list as it is kept, and back.
std::string to_text(const std::vector<Partner>& partners);
std::vector<Partner> partners_of(std::string_view text);

}  // namespace jeton::federation
