#include "authority/networks/networks.h"

#include <algorithm>
#include <charconv>

#include "authority/ledger/pages.h"
#include "authority/policy/names.h"

namespace jeton::networks {
namespace {

constexpr std::size_t kMostPrefixes = 100'000, kMostUsers = 100;

std::string setting_name(std::string_view name) { return std::string(kPrefix) + std::string(name); }

// Words by spaces: when it was made and changed, then its prefixes.
std::string text_of(const Network& n) {
  std::string out = std::to_string(n.created.millis()) + " " + std::to_string(n.updated.millis());
  for (const auto& prefix : n.prefixes) out += " " + prefix.text();
  return out;
}

std::optional<Instant> time_of(std::string_view word) {
  std::int64_t millis = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), millis);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return Instant::from_millis(millis);
}

Status check(const Network& n) {
  TRY_VOID(policy::good_name(n.name));
  if (n.prefixes.empty() || n.prefixes.size() > kMostPrefixes) return refuse(Refusal::Invalid, "prefixes: 1 to 100,000 of them");
  return {};
}

// Collects whose rules say a name.
class Users final : public ledger::TokenVisitor {
 public:
  Users(std::string_view name, Instant now) : word_("@" + std::string(name)), now_(now) {}
  bool says(const ledger::NetworkRule& rule) const {
    return std::find(rule.allow_words.begin(), rule.allow_words.end(), word_) != rule.allow_words.end() ||
           std::find(rule.deny_words.begin(), rule.deny_words.end(), word_) != rule.deny_words.end();
  }
  template <class Record>
  void look(const Record& r) {
    if (says(r.network) && ids.size() < kMostUsers) ids.push_back(r.id.text());
  }
  bool visit(const ledger::Token& t) override {
    if (!t.ended && (!t.expires || now_ < *t.expires)) look(t);
    return ids.size() < kMostUsers;
  }
  std::vector<std::string> ids;

 private:
  const std::string word_;
  const Instant now_;
};

}  // namespace

Result<std::optional<Network>> read(const ledger::Setting& setting) {
  if (setting.value.empty()) return std::nullopt;
  const auto damaged = [] { return fault(Fault::StoreCorrupt, "a named network in the database cannot be read; restore a backup"); };
  Network n;
  n.name = setting.name.substr(kPrefix.size());
  n.version = setting.version;
  std::string_view rest = setting.value;
  for (std::size_t i = 0; !rest.empty(); ++i) {
    const auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (i < 2) {
      const auto time = time_of(word);
      if (!time) return damaged();
      (i == 0 ? n.created : n.updated) = *time;
      continue;
    }
    const auto prefix = net::Prefix::parse(word);
    if (!prefix) return damaged();
    n.prefixes.push_back(*prefix);
  }
  return n;
}

Status Networks::write(const Network& n, std::string_view action, ledger::Version version, const audit::Doing& doing) {
  TRY(auto event, audit::event(doing, action, "@" + n.name, entropy_));
  TRY_VOID(ledger_.commit(
      {ledger::PutSetting{{setting_name(n.name), n.prefixes.empty() ? std::string() : text_of(n), version}}, std::move(event)}));
  return {};
}

Result<Network> Networks::create(Network n, const audit::Doing& doing) {
  TRY_VOID(check(n));
  TRY(const auto held, ledger_.setting(setting_name(n.name)));
  if (held && !held->value.empty()) return refuse(Refusal::Conflict, "there is a network of that name");
  n.created = n.updated = doing.now;
  TRY_VOID(write(n, "network.create", held ? held->version : 0, doing));
  n.version = held ? held->version + 1 : 1;
  return n;
}

Result<Network> Networks::update(Network n, const audit::Doing& doing) {
  TRY_VOID(check(n));
  n.updated = doing.now;
  TRY_VOID(write(n, "network.update", n.version, doing));
  ++n.version;
  return n;
}

Status Networks::remove(std::string_view name, const audit::Doing& doing) {
  TRY(auto n, find(name));
  TRY(const auto used, users(name, doing.now));
  if (!used.empty()) return refuse(Refusal::Conflict, "a rule says its name: see its users");
  n.prefixes.clear();
  return write(n, "network.delete", n.version, doing);
}

Result<Network> Networks::find(std::string_view name) {
  TRY(const auto setting, ledger_.setting(setting_name(name)));
  if (!setting) return refuse(Refusal::NotFound, "no such network");
  TRY(auto network, read(*setting));
  if (!network) return refuse(Refusal::NotFound, "no such network");
  return *std::move(network);
}

Result<std::vector<Network>> Networks::list() {
  TRY(const auto settings, ledger_.settings(kPrefix));
  std::vector<Network> all;
  for (const auto& s : settings) {
    TRY(auto network, read(s));
    if (network) all.push_back(*std::move(network));
  }
  return all;
}

Result<std::vector<std::string>> Networks::users(std::string_view name, Instant now) {
  Users users(name, now);
  TRY(const auto rules, ledger_.rules());
  for (const auto& rule : rules) users.look(rule);
  const auto look = [&](const auto& record) { users.look(record); };
  TRY_VOID(ledger::each_of<ApiId>([&](const auto& page) { return ledger_.apis(page); }, look));
  for (const auto kind : {PrincipalKind::User, PrincipalKind::Service})
    TRY_VOID(ledger::each_of<PrincipalId>([&](const auto& page) { return ledger_.principals(kind, page); }, look));
  TRY_VOID(ledger::each_of<DeviceId>([&](const auto& page) { return ledger_.devices(std::nullopt, page); }, look));
  TRY_VOID(ledger::each_of<ClientId>([&](const auto& page) { return ledger_.clients(page); }, look));
  TRY_VOID(ledger_.scan_tokens(users));
  return std::move(users.ids);
}

}  // namespace jeton::networks
