// Opaque texts, and of them what may be kept: a hash under the active pepper.
#pragma once

#include <array>

#include "authority/keys/peppers.h"
#include "authority/ledger/ledger.h"
#include "formats/opaque/token.h"
#include "ground/secret.h"

namespace jeton::mint {

struct Handle {
  Secret text;
  crypto::Sha256Digest hash{};
  std::uint32_t pepper = 0;
  std::array<char, 4> hint{};
};

// A new text of that kind under the installation's brand. Any thread.
Result<Handle> handle(ledger::Ledger& ledger, const keys::Peppers& peppers, opaque::Kind kind, Entropy& entropy);

// The ticket or token that a text stands for, whichever pepper it was hashed under; nothing where the text is not of that
// kind, or is not known. Used, ended and expired ones too.
Result<std::optional<ledger::Ticket>> find_ticket(ledger::Ledger& ledger, const keys::Peppers& peppers, opaque::Kind kind,
                                                  std::string_view text);
Result<std::optional<ledger::Token>> find_token(ledger::Ledger& ledger, const keys::Peppers& peppers, opaque::Kind kind,
                                                std::string_view text);

}  // namespace jeton::mint
