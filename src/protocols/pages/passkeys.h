// Passkeys on pages: what a form tells the browser, and what it brings back.
#pragma once

#include <optional>

#include "protocols/pages/visit.h"

namespace jeton::protocols::pages {

// The site that passkeys are made for.
struct PasskeySite {
  std::string origin, id;
};
// Of the issuer. Browsers have passkeys for names alone, over TLS or on localhost: nothing for other issuers.
std::optional<PasskeySite> passkey_site(const Facts& facts);

// A form that /passkey.js shows and fills in; without scripts it stays hidden. False, and no form, where there is no site.
bool passkey_form(Html& h, const Visit& v, std::string_view to);

}  // namespace jeton::protocols::pages
