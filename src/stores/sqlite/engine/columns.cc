#include "stores/sqlite/engine/columns.h"

#include <algorithm>
#include <charconv>

namespace jeton::sqlite {

using namespace ledger;

namespace {

// A list is its items, each ended by a line feed; a backslash or line feed within an item is escaped.
void append_item(std::string& out, std::string_view item) {
  for (const char c : item) {
    if (c == '\\') out += "\\\\";
    else if (c == '\n') out += "\\n";
    else out += c;
  }
  out += '\n';
}

// Takes the next item off `rest`. False at the end, or where the text is not a list.
bool next_item(std::string_view& rest, std::string& item) {
  item.clear();
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\n') {
      rest.remove_prefix(i + 1);
      return true;
    }
    if (rest[i] != '\\') {
      item += rest[i];
      continue;
    }
    if (++i == rest.size()) return false;
    item += rest[i] == 'n' ? '\n' : rest[i];
  }
  return false;
}

template <class T>
bool number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// Cuts `rest` at the next space.
std::string_view word(std::string_view& rest) {
  const auto space = rest.find(' ');
  const auto head = rest.substr(0, space);
  rest = space == std::string_view::npos ? std::string_view{} : rest.substr(space + 1);
  return head;
}

bool parse_secret(std::string_view text, ClientSecret& out) {
  std::int64_t created = 0, ends = 0;
  if (!from_hex(word(text), out.hash) || !number(word(text), out.pepper) || !number(word(text), created)) return false;
  const auto until = word(text);
  if (until != "-" && !number(until, ends)) return false;
  out.created = Instant::from_millis(created);
  if (until != "-") out.ends = Instant::from_millis(ends);
  out.hint = text;
  return true;
}

}  // namespace

void put(Statement& s, const Ulid& value) {
  if (value.is_zero()) s.null();
  else s.octets(value.octets);
}

void put(Statement& s, const PrincipalId& value) {
  if (value.none()) return s.null();
  std::array<std::uint8_t, 17> octets{static_cast<std::uint8_t>(value.kind())};
  std::copy(value.ulid().octets.begin(), value.ulid().octets.end(), octets.begin() + 1);
  s.octets_copy(octets);
}

void put(Statement& s, const std::string& value) { s.text(value); }

void put(Statement& s, const std::vector<std::string>& value) {
  if (value.empty()) return s.null();
  std::string text;
  for (const auto& item : value) append_item(text, item);
  s.text_copy(text);
}

void put(Statement& s, const Metadata& value) {
  if (value.empty()) return s.null();
  std::string text;
  for (const auto& [name, held] : value) {
    append_item(text, name);
    append_item(text, held);
  }
  s.text_copy(text);
}

void put(Statement& s, const NetworkRule& value) {
  if (value.empty()) return s.null();
  std::string text;
  const auto append = [&text](char sign, const std::string& item) {
    if (!text.empty()) text += ' ';
    text += sign;
    text += item;
  };
  for (const auto& prefix : value.allow) append('+', prefix.text());
  for (const auto& word : value.allow_words) append('+', word);
  for (const auto& prefix : value.deny) append('-', prefix.text());
  for (const auto& word : value.deny_words) append('-', word);
  s.text_copy(text);
}

void put(Statement& s, const std::vector<ClientSecret>& value) {
  if (value.empty()) return s.null();
  std::string text;
  for (const auto& secret : value)
    append_item(text, to_hex(secret.hash) + ' ' + std::to_string(secret.pepper) + ' ' + std::to_string(secret.created.millis()) + ' ' +
                          (secret.ends ? std::to_string(secret.ends->millis()) : "-") + ' ' + secret.hint);
  s.text_copy(text);
}

void put(Statement& s, const net::Address& value) {
  if (value.is_none()) return s.null();
  const ByteView octets(value.octets());
  s.octets(value.is_v4() ? octets.subspan(12) : octets);
}

std::string_view Row::text() {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(stmt_, next_));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(stmt_, next_++));
  return data ? std::string_view(data, size) : std::string_view();
}

ByteView Row::octets() {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(stmt_, next_));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(stmt_, next_++));
  return data ? ByteView(data, size) : ByteView();
}

void take(Row& r, Ulid& value) {
  const auto octets = r.octets();
  r.require(octets.empty() || octets.size() == 16);
  if (octets.size() == 16) std::copy(octets.begin(), octets.end(), value.octets.begin());
  else value = {};
}

void take(Row& r, PrincipalId& value) {
  const auto octets = r.octets();
  value = {};
  r.require(octets.empty() || (octets.size() == 17 && octets[0] <= 1));
  if (octets.empty() || !r.sound()) return;
  Ulid ulid;
  std::copy(octets.begin() + 1, octets.end(), ulid.octets.begin());
  value = PrincipalId(static_cast<PrincipalKind>(octets[0]), ulid);
}

void take(Row& r, std::string& value) { value = r.text(); }

void take(Row& r, std::vector<std::string>& value) {
  auto rest = r.text();
  std::size_t count = 0;
  while (!rest.empty() && r.sound()) {
    if (count == value.size()) value.emplace_back();
    r.require(next_item(rest, value[count++]));
  }
  value.resize(count);
}

void take(Row& r, Metadata& value) {
  auto rest = r.text();
  value.clear();
  while (!rest.empty() && r.sound()) {
    auto& [name, held] = value.emplace_back();
    r.require(next_item(rest, name) && next_item(rest, held));
  }
}

void take(Row& r, NetworkRule& value) {
  auto rest = r.text();
  value = {};
  while (!rest.empty() && r.sound()) {
    const auto item = word(rest);
    r.require(item.size() > 1 && (item[0] == '+' || item[0] == '-'));
    if (!r.sound()) return;
    const bool allow = item[0] == '+';
    // A named set, a country or a network's number; an IPv6 prefix has no letter beyond f before its first colon.
    if (item[1] == '@' || item.substr(1).starts_with("country:") || item.substr(1).starts_with("asn:")) {
      (allow ? value.allow_words : value.deny_words).emplace_back(item.substr(1));
      continue;
    }
    const auto prefix = net::Prefix::parse(item.substr(1));
    r.require(prefix.has_value());
    if (prefix) (allow ? value.allow : value.deny).push_back(*prefix);
  }
}

void take(Row& r, std::vector<ClientSecret>& value) {
  auto rest = r.text();
  value.clear();
  std::string item;
  while (!rest.empty() && r.sound()) r.require(next_item(rest, item) && parse_secret(item, value.emplace_back()));
}

void take(Row& r, net::Address& value) {
  const auto octets = r.octets();
  value = {};
  r.require(octets.empty() || octets.size() == 4 || octets.size() == 16);
  if (octets.size() == 4) value = net::Address::v4({octets[0], octets[1], octets[2], octets[3]});
  if (octets.size() != 16) return;
  std::array<std::uint8_t, 16> v6{};
  std::copy(octets.begin(), octets.end(), v6.begin());
  value = net::Address::v6(v6);
}

void take(Row& r, Bytes& value) {
  const auto octets = r.octets();
  value.assign(octets.begin(), octets.end());
}

void take(Row& r, crypto::Sha256Digest& value) {
  const auto octets = r.octets();
  r.require(octets.size() == value.size());
  if (octets.size() == value.size()) std::copy(octets.begin(), octets.end(), value.begin());
}

void take(Row& r, std::array<char, 4>& value) {
  const auto text = r.text();
  r.require(text.size() == value.size());
  if (text.size() == value.size()) std::copy(text.begin(), text.end(), value.begin());
}

}  // namespace jeton::sqlite
