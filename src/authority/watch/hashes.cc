#include "authority/watch/hashes.h"

#include "authority/clients/profile.h"
#include "authority/ledger/pages.h"

namespace jeton::watch {

Result<std::map<std::uint32_t, HashCounts>> count_hashes(ledger::Ledger& ledger, Instant now) {
  std::map<std::uint32_t, HashCounts> out;
  TRY(const auto kept, ledger.hashes(now));
  for (const auto& [pepper, hashes] : kept) static_cast<ledger::Hashes&>(out[pepper]) = hashes;
  const auto add = [&](const ledger::Client& client) -> Status {
    if (client.standing == ledger::Standing::Deleted) return {};
    for (const auto& secret : client.secrets)
      if (!secret.ends || now < *secret.ends) ++out[secret.pepper].client_secrets;
    TRY(const auto profile, clients::read_profile(client));
    if (!profile.registration_hash.empty()) ++out[profile.registration_pepper].registrations;
    return {};
  };
  TRY_VOID(ledger::each_of<ClientId>([&](const auto& page) { return ledger.clients(page); }, add));
  return out;
}

std::string still_hashed(const keys::PepperInfo& pepper, const HashCounts& under, const HashCounts& unknown, Instant now) {
  std::string list;
  const auto say = [&list](std::uint64_t count, std::string_view one, std::string_view many) {
    if (count == 0) return;
    list.append(list.empty() ? "" : ", ").append(std::to_string(count)).append(" ").append(count == 1 ? one : many);
  };
  say(under.tokens, "token", "tokens");
  say(under.ended_tokens, "ended token that is kept", "ended tokens that are kept");
  say(under.client_secrets, "client secret", "client secrets");
  say(under.registrations, "registration", "registrations");
  say(under.tickets, "code or refresh token", "codes and refresh tokens");
  say(under.recovery_codes, "set of recovery codes", "sets of recovery codes");
  const auto number = std::to_string(pepper.number);
  if (!list.empty()) return list + " still hashed under pepper " + number;
  if (unknown.any())
    return "kept for what an older version hashed: " + std::to_string(unknown.tickets + unknown.registrations + unknown.recovery_codes) +
           " codes, registrations or sets of recovery codes whose pepper nobody wrote down";
  const auto at = pepper.retired.value_or(pepper.created) + keys::kPepperGrace;
  return now < at ? "nothing is hashed under it; destroyed after " + to_rfc3339(at)
                  : "nothing is hashed under it; destroyed within minutes";
}

std::set<std::uint32_t> needed(const std::map<std::uint32_t, HashCounts>& counts) {
  std::set<std::uint32_t> out;
  for (const auto& [pepper, count] : counts)
    if (count.any()) out.insert(pepper);
  return out;
}

}  // namespace jeton::watch
