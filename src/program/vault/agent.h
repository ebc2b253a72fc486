// The agent: a process that holds an unlocked vault's data key for a set time, behind a socket for its own user alone.
#pragma once

#include <string>

#include "program/vault/file.h"

namespace jeton::vault {

// "vault-<id>.sock" in $XDG_RUNTIME_DIR/jeton, or beside the vault where there is no such folder.
std::string socket_path(const std::string& vault, const VaultId& id);

// The key an agent holds. NotFound where none runs; Denied where the socket is another user's.
Result<Secret> ask_agent(const std::string& socket);
// Starts one in the background, in place of one that runs. It ends by itself after `life`, or when told. Returns when it answers.
Status start_agent(const std::string& socket, const Secret& data_key, Seconds life);
// False: none ran.
Result<bool> end_agent(const std::string& socket);

}  // namespace jeton::vault
