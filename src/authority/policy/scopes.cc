#include "authority/policy/scopes.h"

#include <algorithm>
#include <array>

namespace jeton::policy {
namespace {

constexpr std::size_t kMost = 100, kLongest = 200;
constexpr std::array<std::string_view, 6> kIdentity = {"address", "email", "offline_access", "openid", "phone", "profile"};

bool scope_token(std::string_view word) {
  for (const char c : word)
    if (c < 0x21 || c > 0x7e || c == '"' || c == '\\') return false;
  return !word.empty() && word.size() <= kLongest;
}

}  // namespace

Result<ledger::Scopes> canonical(std::vector<std::string> words) {
  if (words.size() > kMost) return refuse(Refusal::Invalid, "scopes: at most 100");
  for (const auto& w : words)
    if (!scope_token(w)) return refuse(Refusal::Invalid, "scopes: a scope is visible ASCII without quotes, backslash or space");
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

Result<ledger::Scopes> parse_scopes(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!word.empty()) words.emplace_back(word);
  }
  return canonical(std::move(words));
}

std::string joined(const ledger::Scopes& scopes) {
  std::string out;
  for (const auto& s : scopes) out.append(out.empty() ? "" : " ").append(s);
  return out;
}

bool subset(const ledger::Scopes& wanted, const ledger::Scopes& held) {
  return std::includes(held.begin(), held.end(), wanted.begin(), wanted.end());
}

bool is_identity_scope(std::string_view scope) { return std::find(kIdentity.begin(), kIdentity.end(), scope) != kIdentity.end(); }

ledger::Scopes with_identity(const ledger::Scopes& scopes) {
  ledger::Scopes out(kIdentity.begin(), kIdentity.end());
  for (const auto& s : scopes)
    if (!is_identity_scope(s)) out.push_back(s);
  std::sort(out.begin(), out.end());
  return out;
}

ledger::Scopes left_of(const ledger::Scopes& some, const ledger::Scopes& held) {
  ledger::Scopes out;
  for (const auto& s : some)
    if (is_identity_scope(s) || std::binary_search(held.begin(), held.end(), s)) out.push_back(s);
  return out;
}

}  // namespace jeton::policy
