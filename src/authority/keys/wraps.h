// One data key, wrapped by one master key or, while the master key is being changed, by two.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "authority/keys/master_key.h"

namespace jeton::keys {

// As text: "<fingerprint>:<base64url>", by spaces.
struct Wrap {
  std::string fingerprint;
  Bytes wrapped;
};
using Wraps = std::vector<Wrap>;

std::string to_text(const Wraps& wraps);
// Nothing where it is not of that form.
std::optional<Wraps> parse_wraps(std::string_view text);

Result<Wrap> wrap_by(const MasterKey& master, std::string_view associated, const Secret& key, Entropy& entropy);
// NotFound: that master key wrapped none of them. BadSignature: it did, and what stands there now is not what it wrote.
Result<Secret> unwrap_by(const MasterKey& master, std::string_view associated, const Wraps& wraps);

}  // namespace jeton::keys
