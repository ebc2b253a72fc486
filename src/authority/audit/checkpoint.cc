#include "authority/audit/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "blocks/crypto/hash.h"
#include "ground/base64url.h"

namespace jeton::audit {
namespace {

constexpr std::string_view kHead = "jeton-checkpoint-1";

std::string read_file(const std::filesystem::path& path) {
  constexpr std::size_t kMost = 64 * 1024;
  std::ifstream in(path, std::ios::binary);
  std::string text(kMost, '\0');
  in.read(text.data(), static_cast<std::streamsize>(kMost));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace

Result<ChainKeys> ChainKeys::of(const Secret& root, std::string installation) {
  TRY(auto mac, crypto::hkdf_sha256(root, {}, "jeton-audit-mac-1", 32));
  TRY(const auto seed, crypto::hkdf_sha256(root, {}, "jeton-audit-checkpoint-1", 32));
  ChainKeys keys{std::move(mac), std::nullopt, std::move(installation)};
  auto sign = crypto::SignKey::ed25519(seed);
  if (!sign && !sign.error().is(Fault::SelfTest)) return std::unexpected(sign.error());
  if (sign) keys.sign = *std::move(sign);
  return keys;
}

Result<std::string> Checkpoint::text(const ChainKeys& keys) const {
  std::string line(kHead);
  line += ' ' + keys.installation + ' ' + std::to_string(number) + ' ' + base64url::encode(link) + ' ' + to_rfc3339(at);
  if (!keys.sign) return fault(Fault::SelfTest);
  Bytes signature(keys.sign->signature_size());
  TRY_VOID(keys.sign->sign(as_bytes(line), signature));
  return line + ' ' + base64url::encode(signature);
}

std::optional<Checkpoint> Checkpoint::parse(std::string_view line, const ChainKeys& keys) {
  const auto last = line.rfind(' ');
  if (last == std::string_view::npos) return std::nullopt;
  const auto signature = base64url::decode(line.substr(last + 1));
  const auto text = line.substr(0, last);
  // Nothing of it is looked at before the signature was.
  if (!signature || !keys.sign || !keys.sign->verify_key().verify(as_bytes(text), *signature)) return std::nullopt;
  std::vector<std::string_view> parts;
  for (auto rest = text;;) {
    const auto space = rest.find(' ');
    parts.push_back(rest.substr(0, space));
    if (space == std::string_view::npos) break;
    rest.remove_prefix(space + 1);
  }
  if (parts.size() != 5 || parts[0] != kHead || parts[1] != keys.installation) return std::nullopt;
  Checkpoint c;
  const auto [end, error] = std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), c.number);
  const auto link = base64url::decode(parts[3]);
  const auto at = parse_rfc3339(parts[4]);
  if (error != std::errc() || end != parts[2].data() + parts[2].size() || !link || link->size() != c.link.size() || !at)
    return std::nullopt;
  std::copy(link->begin(), link->end(), c.link.begin());
  c.at = *at;
  return c;
}

std::vector<Checkpoint> checkpoints_in(std::string_view text, const ChainKeys& keys) {
  std::vector<Checkpoint> out;
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    // A line of a log has more around it.
    const auto from = line.find(kHead);
    if (from == std::string_view::npos) continue;
    line.remove_prefix(from);
    line = line.substr(0, line.find_first_of("\"\r\t"));
    while (line.ends_with(' ')) line.remove_suffix(1);
    if (auto checkpoint = Checkpoint::parse(line, keys)) out.push_back(*checkpoint);
  }
  return out;
}

Kept kept_checkpoints(const std::string& path, const ChainKeys& keys) {
  Kept kept;
  const std::filesystem::path main(path);
  std::error_code error;
  std::filesystem::directory_iterator files(main.has_parent_path() ? main.parent_path() : std::filesystem::path("."), error);
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    const auto name = files->path().filename().string();
    if (name != main.filename().string() && !name.starts_with(main.filename().string() + ".")) continue;
    kept.there = kept.there || name == main.filename().string();
    auto some = checkpoints_in(read_file(files->path()), keys);
    kept.all.insert(kept.all.end(), some.begin(), some.end());
  }
  std::sort(kept.all.begin(), kept.all.end(), [](const Checkpoint& a, const Checkpoint& b) { return a.number < b.number; });
  return kept;
}

}  // namespace jeton::audit
