#include "authority/keys/peppers.h"

#include <algorithm>
#include <charconv>

#include "authority/keys/files.h"
#include "blocks/crypto/aead.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

constexpr std::string_view kHead = "jeton-peppers-1\n";
constexpr auto kDamaged = "the peppers file is damaged, or of another master key: put back the copy you keep of it";

std::string associated(std::uint32_t number) { return "jeton pepper " + std::to_string(number); }

}  // namespace

Status Peppers::read(ByteView file) {
  auto text = as_text(file);
  if (!text.starts_with(kHead) || !text.ends_with('\n')) return fault(Fault::Config, kDamaged);
  text.remove_prefix(kHead.size());
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    const auto at = static_cast<std::size_t>(end - line.data());
    const auto sealed = error == std::errc() && at + 1 < line.size() ? base64url::decode(line.substr(at + 1)) : std::nullopt;
    if (!sealed || number == 0) return fault(Fault::Config, kDamaged);
    auto opened = crypto::open(key_, as_bytes(associated(number)), *sealed);
    if (!opened || opened->size() != 32 || (!held_.empty() && held_.back().number >= number)) return fault(Fault::Config, kDamaged);
    held_.push_back({number, *std::move(opened)});
  }
  if (held_.empty()) return fault(Fault::Config, kDamaged);
  return {};
}

Status Peppers::write(Entropy& entropy) const {
  if (path_.empty()) return {};
  std::string text(kHead);
  for (const auto& p : held_) {
    TRY(const auto sealed, crypto::seal(key_, as_bytes(associated(p.number)), p.octets.read(Pass::key()), entropy));
    text += std::to_string(p.number) + " " + base64url::encode(sealed) + "\n";
  }
  return write_private_file(path_, as_bytes(text), IfThere::Replace);
}

Status Peppers::add(std::uint32_t number, Entropy& entropy) {
  Secret octets(32);
  TRY_VOID(entropy.fill(octets.write(Pass::key())));
  held_.push_back({number, std::move(octets)});
  if (auto written = write(entropy); !written) {
    held_.pop_back();
    return written;
  }
  return {};
}

void Peppers::publish() {
  std::vector<PepperSet::Entry> entries;
  for (auto p = held_.rbegin(); p != held_.rend(); ++p) entries.push_back({p->number, crypto::HmacSha256(p->octets)});
  snapshot_ = std::make_shared<const PepperSet>(std::move(entries));
}

Result<std::unique_ptr<Peppers>> Peppers::load_or_create(std::string path, const MasterKey& master, Entropy& entropy) {
  TRY(auto key, master.derive("jeton pepper key 1"));
  std::unique_ptr<Peppers> peppers(new Peppers(std::move(path), std::move(key)));
  auto file = peppers->path_.empty() ? Result<Secret>(refuse(Refusal::NotFound)) : read_private_file(peppers->path_);
  if (file)
    TRY_VOID(peppers->read(file->read(Pass::key())));
  else if (file.error().is(Refusal::NotFound))
    TRY_VOID(peppers->add(1, entropy));
  else
    return std::unexpected(file.error());
  peppers->publish();
  return peppers;
}

std::shared_ptr<const PepperSet> Peppers::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

Result<std::uint32_t> Peppers::rotate(Entropy& entropy) {
  const std::lock_guard lock(mutex_);
  const auto number = held_.back().number + 1;
  TRY_VOID(add(number, entropy));
  publish();
  return number;
}

Status Peppers::drop(std::uint32_t number, Entropy& entropy) {
  const std::lock_guard lock(mutex_);
  if (held_.back().number == number) return refuse(Refusal::Conflict, "the active pepper stays");
  const auto at = std::find_if(held_.begin(), held_.end(), [&](const Held& p) { return p.number == number; });
  if (at == held_.end()) return refuse(Refusal::NotFound);
  held_.erase(at);
  TRY_VOID(write(entropy));
  publish();
  return {};
}

}  // namespace jeton::keys
