#include "authority/keys/peppers.h"

#include <algorithm>
#include <charconv>

#include "authority/keys/files.h"
#include "blocks/crypto/aead.h"
#include "blocks/crypto/hash.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

constexpr std::string_view kHead = "jeton-peppers-2\n";
constexpr std::string_view kKey = "key ", kPepper = "pepper ";
constexpr auto kDamaged = "the peppers file is damaged, or of another installation: put back the copy you keep of it";
constexpr auto kForeign = "the peppers file is of another master key: put back the master key or the peppers file that belong together";

}  // namespace

std::string Peppers::associated() const { return "jeton-peppers-2\n" + installation_; }
std::string Peppers::associated(std::uint32_t number) const { return associated() + "\n" + std::to_string(number); }

Status Peppers::read_pepper(std::string_view line) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  const auto at = static_cast<std::size_t>(end - line.data());
  const auto sealed = error == std::errc() && at + 1 < line.size() ? base64url::decode(line.substr(at + 1)) : std::nullopt;
  if (!sealed || number == 0) return fault(Fault::Config, kDamaged);
  auto opened = crypto::open(key_, as_bytes(associated(number)), *sealed);
  if (!opened && opened.error().is(Fault::SelfTest)) return std::unexpected(opened.error());
  if (!opened || opened->size() != 32 || (!held_.empty() && held_.back().number >= number)) return fault(Fault::Config, kDamaged);
  held_.push_back({number, *std::move(opened)});
  return {};
}

Status Peppers::read(ByteView file, const MasterKey& master) {
  auto text = as_text(file);
  if (!text.starts_with(kHead) || !text.ends_with('\n')) return fault(Fault::Config, kDamaged);
  text.remove_prefix(kHead.size());
  const auto line = [&] {
    const auto one = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    return one;
  };
  const auto first = line();
  auto wraps = first.starts_with(kKey) ? parse_wraps(first.substr(kKey.size())) : std::nullopt;
  if (!wraps) return fault(Fault::Config, kDamaged);
  wraps_ = *std::move(wraps);
  auto key = unwrap_by(master, associated(), wraps_);
  if (!key && key.error().is(Refusal::NotFound)) return fault(Fault::Config, kForeign);
  if (!key && key.error().is_fault()) return std::unexpected(key.error());
  if (!key || key->size() != 32) return fault(Fault::Config, kDamaged);
  key_ = *std::move(key);
  while (!text.empty()) {
    const auto one = line();
    if (!one.starts_with(kPepper)) return fault(Fault::Config, kDamaged);
    TRY_VOID(read_pepper(one.substr(kPepper.size())));
  }
  return held_.empty() ? Status(fault(Fault::Config, kDamaged)) : Status();
}

Status Peppers::write(Entropy& entropy) const {
  if (path_.empty()) return {};
  std::string text(kHead);
  text.append(kKey).append(to_text(wraps_)).append("\n");
  for (const auto& p : held_) {
    TRY(const auto sealed, crypto::seal(key_, as_bytes(associated(p.number)), p.octets.read(Pass::key()), entropy));
    text.append(kPepper).append(std::to_string(p.number)).append(" ").append(base64url::encode(sealed)).append("\n");
  }
  return write_private_file(path_, as_bytes(text), IfThere::Replace);
}

Status Peppers::begin(const MasterKey& master, Entropy& entropy) {
  key_ = Secret(32);
  TRY_VOID(entropy.fill(key_.write(Pass::key())));
  TRY(auto wrap, wrap_by(master, associated(), key_, entropy));
  wraps_.push_back(std::move(wrap));
  return add(1, entropy);
}

// In this order: written before it is used.
Status Peppers::add(std::uint32_t number, Entropy& entropy) {
  const std::lock_guard lock(mutex_);
  for (const auto& p : held_)
    if (p.number == number) return {};
  if (!held_.empty() && held_.back().number > number) return refuse(Refusal::Conflict, "a pepper's number is never used twice");
  Secret octets(32);
  TRY_VOID(entropy.fill(octets.write(Pass::key())));
  held_.push_back({number, std::move(octets)});
  if (auto written = write(entropy); !written) {
    held_.pop_back();
    return written;
  }
  return {};
}

// The active one first: it finds nearly everything. What comes after it in the file hashes nothing yet.
void Peppers::publish() {
  std::vector<PepperSet::Entry> entries;
  for (auto p = held_.rbegin(); p != held_.rend(); ++p)
    if (p->number <= active_) entries.push_back({p->number, crypto::HmacSha256(p->octets)});
  snapshot_ = std::make_shared<const PepperSet>(std::move(entries));
}

Result<std::unique_ptr<Peppers>> Peppers::load_or_create(std::string path, MasterKeyPtr master, std::string installation,
                                                         Entropy& entropy) {
  std::unique_ptr<Peppers> peppers(new Peppers(std::move(path), std::move(installation)));
  auto file = peppers->path_.empty() ? Result<Secret>(refuse(Refusal::NotFound)) : read_private_file(peppers->path_);
  if (file) TRY_VOID(peppers->read(file->read(Pass::key()), *master));
  else if (file.error().is(Refusal::NotFound)) TRY_VOID(peppers->begin(*master, entropy));
  else return std::unexpected(file.error());
  peppers->active_ = peppers->held_.back().number;
  peppers->publish();
  return peppers;
}

Result<std::unique_ptr<Peppers>> Peppers::load(std::string path, MasterKeyPtr master, std::string installation) {
  std::unique_ptr<Peppers> peppers(new Peppers(std::move(path), std::move(installation)));
  TRY(const auto file, read_private_file(peppers->path_));
  TRY_VOID(peppers->read(file.read(Pass::key()), *master));
  peppers->active_ = peppers->held_.back().number;
  peppers->publish();
  return peppers;
}

Result<Secret> Peppers::derived(std::string_view purpose) const { return crypto::hkdf_sha256(key_, as_bytes(installation_), purpose, 32); }

std::shared_ptr<const PepperSet> Peppers::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::vector<std::uint32_t> Peppers::numbers() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint32_t> out;
  for (const auto& p : held_) out.push_back(p.number);
  return out;
}

Status Peppers::use(std::uint32_t active) {
  const std::lock_guard lock(mutex_);
  if (std::ranges::find(held_, active, &Held::number) == held_.end()) return refuse(Refusal::NotFound, "no such pepper");
  active_ = active;
  publish();
  return {};
}

Status Peppers::drop(std::uint32_t number, Entropy& entropy) {
  const std::lock_guard lock(mutex_);
  if (active_ == number) return refuse(Refusal::Conflict, "the active pepper stays");
  const auto at = std::ranges::find(held_, number, &Held::number);
  if (at == held_.end()) return {};
  const auto index = at - held_.begin();
  Held gone = std::move(*at);
  held_.erase(at);
  if (auto written = write(entropy); !written) {
    held_.insert(held_.begin() + index, std::move(gone));
    return written;
  }
  publish();
  return {};
}

Status Peppers::take(const Peppers& copy, std::span<const std::uint32_t> numbers, Entropy& entropy) {
  const std::scoped_lock lock(mutex_, copy.mutex_);
  if (!equal_constant_time(key_.read(Pass::key()), copy.key_.read(Pass::key())))
    return refuse(Refusal::Conflict, "the copy is of another peppers file");
  bool more = false;
  for (const auto& p : copy.held_) {
    if (std::ranges::find(numbers, p.number) == numbers.end() || std::ranges::find(held_, p.number, &Held::number) != held_.end()) continue;
    held_.push_back({p.number, p.octets.clone()});
    more = true;
  }
  if (!more) return {};
  std::ranges::sort(held_, {}, &Held::number);
  publish();
  return write(entropy);
}

Status Peppers::also(const MasterKey& next, Entropy& entropy) {
  const std::lock_guard lock(mutex_);
  TRY(auto wrap, wrap_by(next, associated(), key_, entropy));
  for (const auto& w : wraps_)
    if (w.fingerprint == wrap.fingerprint) return {};
  wraps_.push_back(std::move(wrap));
  if (auto written = write(entropy); !written) {
    wraps_.pop_back();
    return written;
  }
  return {};
}

Status Peppers::only(const MasterKey& master, Entropy& entropy) {
  const std::lock_guard lock(mutex_);
  TRY(const auto fingerprint, master.fingerprint());
  TRY_VOID(unwrap_by(master, associated(), wraps_));
  auto before = wraps_;
  std::erase_if(wraps_, [&](const Wrap& w) { return w.fingerprint != fingerprint; });
  if (wraps_.size() == before.size()) return {};
  if (auto written = write(entropy); !written) {
    wraps_ = std::move(before);
    return written;
  }
  return {};
}

Status Peppers::tidy(const MasterKey& master, Entropy& entropy) {
  TRY(const auto fingerprint, master.fingerprint());
  {
    const std::lock_guard lock(mutex_);
    if (wraps_.back().fingerprint != fingerprint) return {};
  }
  return only(master, entropy);
}

}  // namespace jeton::keys
