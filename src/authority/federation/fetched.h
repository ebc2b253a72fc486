// Metadata that was fetched: what of it is believed.
#pragma once

#include <functional>
#include <string>

#include "authority/federation/identity_providers.h"
#include "authority/federation/service_providers.h"

namespace jeton::federation {

inline constexpr std::size_t kMostFetched = 256 << 10;

// The first time: under the signature of the source's certificate where it has one; else for the address alone, which an administrator gave. Denied,
// BadSignature: not signed, or not by that certificate. Expired: not valid any more.
Result<std::string> first_fetched(std::string_view document, const Source& from, Instant now);
// Again: only under the signature of the source's certificate, or where there is none, of a key of the entity that was known before: another key, and
// another address to send people to, come of no less. Denied: of another entity, or unsigned.
Result<std::string> fetched_again(std::string_view document, const Source& from, const saml::Metadata& known, const saml::Role& role,
                                  Instant now);

using Fetch = std::function<Result<std::string>(const std::string& url)>;
// Fetches what was fetched `every` ago or earlier, and keeps what is believed. What fails is noted in the record and tried again as late.
Status refresh(ledger::Ledger& ledger, Entropy& entropy, const Fetch& fetch, Seconds every, const audit::Doing& doing);

}  // namespace jeton::federation
