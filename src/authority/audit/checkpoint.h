// A checkpoint: where the audit's chain stood, signed, kept outside the database (docs/formats/audit.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "authority/ledger/ledger.h"
#include "blocks/crypto/sign.h"

namespace jeton::audit {

// All that the chain hangs on comes of one secret that is kept outside the database.
struct ChainKeys {
  Secret mac;
  std::optional<crypto::SignKey> sign;  // none while EdDSA is out of service: events are linked, and no checkpoint is written or believed
  std::string installation;
  static Result<ChainKeys> of(const Secret& root, std::string installation);
};

struct Checkpoint {
  std::uint64_t number = 0;
  crypto::Sha256Digest link{};
  Instant at;

  // One line, signed, without its end.
  Result<std::string> text(const ChainKeys& keys) const;
  // Nothing where it is not of that form, of another installation, or not signed by that key.
  static std::optional<Checkpoint> parse(std::string_view line, const ChainKeys& keys);
};

// Where the checkpoint of a database's file is kept.
inline std::string checkpoint_of(std::string_view database) { return std::string(database) + ".checkpoint"; }

// Every checkpoint in a text that is ours; other lines are passed over.
std::vector<Checkpoint> checkpoints_in(std::string_view text, const ChainKeys& keys);
// Every checkpoint of that file and of those set aside beside it, and whether there was a file at all.
struct Kept {
  std::vector<Checkpoint> all;
  bool there = false;
};
Kept kept_checkpoints(const std::string& path, const ChainKeys& keys);

}  // namespace jeton::audit
