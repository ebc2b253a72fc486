#include "authority/keys/wraps.h"

#include "ground/base64url.h"

namespace jeton::keys {

std::string to_text(const Wraps& wraps) {
  std::string out;
  for (const auto& w : wraps) out += (out.empty() ? "" : " ") + w.fingerprint + ":" + base64url::encode(w.wrapped);
  return out;
}

std::optional<Wraps> parse_wraps(std::string_view text) {
  Wraps wraps;
  while (!text.empty()) {
    const auto one = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    const auto colon = one.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    auto wrapped = base64url::decode(one.substr(colon + 1));
    if (!wrapped || wrapped->empty()) return std::nullopt;
    wraps.push_back({std::string(one.substr(0, colon)), *std::move(wrapped)});
  }
  if (wraps.empty()) return std::nullopt;
  return wraps;
}

Result<Wrap> wrap_by(const MasterKey& master, std::string_view associated, const Secret& key, Entropy& entropy) {
  TRY(auto fingerprint, master.fingerprint());
  TRY(auto wrapped, master.wrap(associated, key, entropy));
  return Wrap{std::move(fingerprint), std::move(wrapped)};
}

Result<Secret> unwrap_by(const MasterKey& master, std::string_view associated, const Wraps& wraps) {
  TRY(const auto fingerprint, master.fingerprint());
  for (const auto& w : wraps)
    if (w.fingerprint == fingerprint) return master.unwrap(associated, w.wrapped);
  return refuse(Refusal::NotFound, "not wrapped by this master key");
}

}  // namespace jeton::keys
