// What names, notes and metadata may be made of.
#pragma once

#include "authority/ledger/records.h"
#include "ground/result.h"

namespace jeton::policy {

// [a-z0-9][a-z0-9._@-]{0,62}: safe in paths, tables and shells. Invalid otherwise.
Status good_name(std::string_view name);
// Text for people: UTF-8 without control characters, at most 200 octets; may be empty.
Status good_label(std::string_view label);
// Something before and after one "@", or empty.
Status good_email(std::string_view email);
// An absolute URI without fragment, at most 500 characters.
Status good_audience(std::string_view audience);
// At most 32 pairs; names of 1 to 64, values of up to 500 octets. Sorted by name, no name twice.
Result<ledger::Metadata> canonical(ledger::Metadata metadata);
// At most 100 prefixes a list.
Status good_network(const ledger::NetworkRule& rule);

}  // namespace jeton::policy
