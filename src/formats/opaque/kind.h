// The kinds of opaque tokens and their spelling.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace jeton::opaque {

enum class Kind : std::uint8_t {
  Pat,  // personal access token
  Key,  // API key of a service account
  At,   // opaque access token
  Rt,   // refresh token
  Ac,   // authorization code
  Dc,   // device code
  Ses,  // session
  Cs,   // client secret
  Reg,  // registration access token
  Inv,  // invitation
};

std::string_view name(Kind kind);                       // "pat"
std::optional<Kind> kind(std::string_view name);        // exact

}  // namespace jeton::opaque
