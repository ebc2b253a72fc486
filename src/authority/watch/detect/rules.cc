#include "authority/watch/detect/observation.h"
#include "authority/watch/detect/thresholds.h"

namespace jeton::watch {
namespace {

using enum ledger::Severity;

constexpr PatternInfo kPatterns[] = {
    {Pattern::NewNetwork, "new_network", Info,
     "an allowed use from a /24 (IPv6: /48) and a network operator that neither the token nor its owner was seen from, after a day of "
     "learning; a warning where the owner has been known for a day",
     "ask the holder whether they moved; restrict the token to its networks"},
    {Pattern::NewAgent, "new_agent", Info,
     "an allowed use by a User-Agent that neither the token nor its owner was seen with, after a day of learning",
     "ask the holder whether the program was updated"},
    {Pattern::ManyNetworks, "many_networks", Warning, "allowed uses from 5 networks within 10 minutes",
     "the token is shared or was copied: rotate it, and give each place one of its own"},
    {Pattern::FarApart, "far_apart", Critical, "two allowed uses farther than 500 km apart, faster than 1,000 km/h",
     "revoke the token unless its holder explains both places"},
    {Pattern::UseAfterRevocation, "use_after_revocation", Warning,
     "a token presented that was revoked, or whose owner, device or client ended",
     "find where it still lies, from the address; it was refused"},
    {Pattern::UseAfterRotation, "use_after_rotation", Warning, "a token presented that rotation had ended",
     "a copy of the old token is still in use: find it, or revoke the family"},
    {Pattern::UseAfterExpiry, "use_after_expiry", Info, "10 uses of one expired token within 10 minutes",
     "its program does not renew: tell the holder"},
    {Pattern::RefusalBurst, "refusal_burst", Warning, "30 refusals of one token within a minute",
     "look at the reasons: a broken deployment, or a thief who tries"},
    {Pattern::AddressBurst, "address_burst", Warning, "100 refusals to one address within a minute",
     "find out who calls from there; limit it at the gateway"},
    {Pattern::TokenGuessing, "token_guessing", Critical, "20 tokens that never were, from one network within a minute",
     "somebody guesses or replays forgeries: limit the network at the gateway"},
    {Pattern::ScopeProbing, "scope_probing", Warning, "10 calls that the token may not make within 5 minutes",
     "the holder of this token tries what it may not: revoke it unless a deployment explains it"},
    {Pattern::WokeUp, "woke_up", Warning, "an allowed use after 90 days of silence", "ask the holder; revoke tokens that nobody needs"},
    {Pattern::RateJump, "rate_jump", Info, "more than 600 uses in an hour and 10 times its usual, after a day's history",
     "ask the holder what changed; set a limit"},
    {Pattern::NetworkBurst, "network_burst", Warning, "300 refusals to one /24 (IPv6: /48) within a minute, from several addresses",
     "find out who calls from there; deny the network by a rule if nobody should"},
    {Pattern::PasswordGuessing, "password_guessing", Critical, "20 wrong passwords or second factors from one network within 10 minutes",
     "somebody guesses at people's passwords: deny the network by a rule, and ask for a second factor"},
    {Pattern::DeviceCodeGuessing, "device_code_guessing", Critical, "10 wrong device codes from one network within 10 minutes",
     "somebody guesses at codes that devices wait for: deny the network by a rule"},
    {Pattern::NewCountry, "new_country", Info,
     "as new_network, which it stands in place of, where the country is new; a warning where the owner has been known for a day",
     "ask the holder whether they travel; quarantine the token if nobody can say"},
    {Pattern::OwnerManyNetworks, "owner_many_networks", Warning,
     "allowed uses of one user's tokens from 5 networks within 10 minutes that the user was not known from a day before",
     "the account is shared, or several of its tokens were copied: ask the user, end what they do not know"},
    {Pattern::OwnerFarApart, "owner_far_apart", Warning,
     "an allowed use of a user's token from a place that is new to the user, 500 km from where another one was used, faster than 1,000 km/h",
     "ask the user whether a program of theirs runs there; revoke the token if not, and look for what made it"},
    {Pattern::AccountGuessing, "account_guessing", Critical,
     "wrong passwords or second factors for one account from 5 networks, or 50 from several, within an hour",
     "somebody guesses at this account from many places: see that it has a second factor; nothing was let in"},
};

}  // namespace

std::span<const PatternInfo> patterns() { return kPatterns; }
ledger::Severity severity(const Finding& f) {
  const auto usual = info(f.pattern).severity;
  return f.fresh.owner && usual == Info ? Warning : usual;
}
const PatternInfo& info(Pattern pattern) { return kPatterns[static_cast<std::size_t>(pattern)]; }

}  // namespace jeton::watch
