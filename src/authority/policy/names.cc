#include "authority/policy/names.h"

#include <algorithm>

#include "blocks/http/form.h"

namespace jeton::policy {
namespace {

bool lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool printable(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return http::well_formed_utf8(text);
}

}  // namespace

Status good_name(std::string_view name) {
  bool good = !name.empty() && name.size() <= 63 && lower_or_digit(name[0]);
  for (const char c : name) good = good && (lower_or_digit(c) || c == '.' || c == '_' || c == '@' || c == '-');
  if (!good) return refuse(Refusal::Invalid, "name: 1 to 63 of a-z 0-9 . _ @ - and beginning with a letter or digit");
  return {};
}

Status good_label(std::string_view label) {
  if (label.size() > 200 || !printable(label))
    return refuse(Refusal::Invalid, "name: at most 200 octets of UTF-8 without control characters");
  return {};
}

Status good_email(std::string_view email) {
  if (email.empty()) return {};
  const auto at = email.find('@');
  const bool good = email.size() <= 254 && printable(email) && email.find(' ') == std::string_view::npos && at != 0 &&
                    at != std::string_view::npos && at + 1 < email.size() && email.find('@', at + 1) == std::string_view::npos;
  if (!good) return refuse(Refusal::Invalid, "email: not an address");
  return {};
}

Status good_audience(std::string_view audience) {
  const auto colon = audience.find(':');
  bool good = audience.size() <= 500 && colon != std::string_view::npos && colon > 0 && colon + 1 < audience.size() && audience[0] >= 'a' &&
              audience[0] <= 'z' && audience.find('#') == std::string_view::npos;
  for (const char c : audience.substr(0, good ? colon : 0)) good = good && (lower_or_digit(c) || c == '+' || c == '-' || c == '.');
  for (const char c : audience) good = good && c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>';
  if (!good) return refuse(Refusal::Invalid, "audience: an absolute URI such as https://api.example.com");
  return {};
}

Result<ledger::Metadata> canonical(ledger::Metadata metadata) {
  if (metadata.size() > 32) return refuse(Refusal::Invalid, "metadata: at most 32 pairs");
  std::sort(metadata.begin(), metadata.end());
  for (std::size_t i = 0; i < metadata.size(); ++i) {
    const auto& [name, value] = metadata[i];
    if (name.empty() || name.size() > 64 || value.size() > 500 || !printable(name) || !printable(value))
      return refuse(Refusal::Invalid, "metadata: names of 1 to 64, values of at most 500 octets, no control characters");
    if (i > 0 && metadata[i - 1].first == name) return refuse(Refusal::Invalid, "metadata: a name stands twice");
  }
  return metadata;
}

Status good_network(const ledger::NetworkRule& rule) {
  if (rule.allow.size() + rule.allow_words.size() > 100 || rule.deny.size() + rule.deny_words.size() > 100)
    return refuse(Refusal::Invalid, "allow: at most 100 prefixes a list");
  return {};
}

}  // namespace jeton::policy
