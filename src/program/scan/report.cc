#include "program/scan/report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "blocks/json/writer.h"
#include "program/cli/output.h"

namespace jeton::scan {
namespace {

std::string counted(std::uint64_t n, std::string_view one, std::string_view many) {
  return std::to_string(n) + " " + std::string(n == 1 ? one : many);
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  double n = double(bytes);
  std::size_t unit = 0;
  while (n >= 1000 && unit + 1 < std::size(kUnits)) n /= 1000, ++unit;
  char room[32];
  std::snprintf(room, sizeof room, unit == 0 ? "%.0f " : "%.1f ", n);
  return room + std::string(kUnits[unit]);
}

json::Value number(std::uint64_t n) { return json::Value(std::to_string(n), json::Kind::Number); }

json::Value item_of(const Finding& f, const Standing* standing) {
  json::Object o;
  o.emplace_back("id", json::Value(f.fingerprint));
  o.emplace_back("rule", json::Value(std::string(f.rule->id)));
  o.emplace_back("title", json::Value(std::string(f.rule->title)));
  o.emplace_back("severity", json::Value(std::string(f.rule->severity == Severity::Error ? "error" : "warning")));
  o.emplace_back("path", json::Value(clean(f.place.path)));
  o.emplace_back("line", number(f.line));
  o.emplace_back("column", number(f.column));
  o.emplace_back("end_column", number(f.end_column));
  o.emplace_back("commit", f.place.commit.empty() ? json::Value() : json::Value(f.place.commit));
  o.emplace_back("hint", json::Value(f.hint));
  o.emplace_back("fingerprint", json::Value(f.fingerprint));
  if (standing != nullptr) {
    o.emplace_back("state", json::Value(standing->state));
    o.emplace_back("token_id", standing->token_id.empty() ? json::Value() : json::Value(standing->token_id));
  }
  return json::Value(std::move(o));
}

const Standing* standing_of(const Outcome& outcome, std::size_t i) {
  const auto at = outcome.standings.find(i);
  return at == outcome.standings.end() ? nullptr : &at->second;
}

// A path as the URI of an artifact (RFC 3986): relative, its octets escaped.
std::string uri_of(std::string_view path) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const auto octet = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        std::string_view("-._~/!$&'()*+,;=@").find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      out += kHex[octet >> 4];
      out += kHex[octet & 15];
    }
  }
  return out.starts_with('/') ? "file://" + out : out;
}

void write_result(json::Writer& w, const Finding& f, const Standing* standing) {
  w.object().member("ruleId", f.rule->id).member("ruleIndex", static_cast<std::int64_t>(f.rule - rules().data()));
  w.member("level", f.rule->severity == Severity::Error ? "error" : "warning");
  std::string text = std::string(f.rule->title) + " (" + f.hint + ")";
  if (!f.place.commit.empty()) text += " in commit " + f.place.commit;
  if (standing != nullptr) text += "; the server says: " + standing->state;
  w.key("message").object().member("text", text + ".").end_object();
  w.key("locations").array().object().key("physicalLocation").object();
  w.key("artifactLocation").object().member("uri", uri_of(f.place.path)).end_object();
  w.key("region").object().member("startLine", std::int64_t(f.line)).member("startColumn", std::int64_t(f.column));
  if (f.end_column > f.column) w.member("endColumn", std::int64_t(f.end_column));
  w.end_object().end_object().end_object().end_array();
  w.key("partialFingerprints").object().member("jetonSecret/v1", f.fingerprint).end_object();
  if (!f.place.commit.empty() || standing != nullptr) {
    w.key("properties").object();
    if (!f.place.commit.empty()) w.member("commit", f.place.commit);
    if (standing != nullptr) w.member("state", standing->state).optional("tokenId", standing->token_id);
    w.end_object();
  }
  w.end_object();
}

}  // namespace

std::string clean(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto n = json::utf8_sequence(text);
    if (n == 0) out += "\xef\xbf\xbd";
    else out += text.substr(0, n);
    text.remove_prefix(std::max<std::size_t>(n, 1));
  }
  return out;
}

std::string summary(const Outcome& o) {
  const auto& t = o.tally;
  std::string text;
  const auto add = [&](std::string part) { text += (text.empty() ? "" : ", ") + std::move(part); };
  if (t.commits > 0) add(counted(t.commits, "commit", "commits"));
  if (t.blobs > 0) add(counted(t.blobs, "version of a file", "versions of files"));
  if (t.files > 0 || t.blobs == 0) add(counted(t.files, "file", "files"));
  if (t.archives > 0) add(counted(t.archives, "archive", "archives"));
  add(size_text(t.bytes) + " read");
  if (t.binary > 0) add(counted(t.binary, "binary file skipped", "binary files skipped"));
  if (t.links > 0) add(counted(t.links, "link not followed", "links not followed"));
  if (!t.unread.empty()) add(std::to_string(t.unread.size()) + " could not be read");
  text += "; " + (t.findings.empty() ? "no secret found" : counted(t.findings.size(), "secret found", "secrets found"));
  if (o.known > 0) text += ", " + std::to_string(o.known) + " known";
  return text;
}

std::string text_report(const Outcome& o, bool colour) {
  std::string out;
  for (std::size_t i = 0; i < o.tally.findings.size(); ++i) {
    const auto& f = o.tally.findings[i];
    const auto where = cli::printable(f.place.path) + ":" + std::to_string(f.line) + ":" + std::to_string(f.column);
    out += colour ? "\033[1m" + where + "\033[0m" : where;
    out += "  " + std::string(f.rule->title) + "  " + f.hint;
    if (!f.place.commit.empty()) out += "  commit " + f.place.commit.substr(0, 12);
    if (const auto* s = standing_of(o, i)) out += "  " + s->state + (s->token_id.empty() ? "" : " " + s->token_id);
    out += "  [" + std::string(f.rule->id) + " " + f.fingerprint + "]\n";
  }
  return out;
}

json::Value json_report(const Outcome& o) {
  json::Array items, unread;
  for (std::size_t i = 0; i < o.tally.findings.size(); ++i) items.push_back(item_of(o.tally.findings[i], standing_of(o, i)));
  for (const auto& u : o.tally.unread)
    unread.emplace_back(json::Object{{"path", json::Value(clean(u.path))}, {"reason", json::Value(std::string(u.why))}});
  const auto& t = o.tally;
  json::Object counts{{"files", number(t.files)}, {"archives", number(t.archives)}, {"commits", number(t.commits)},
                      {"blobs", number(t.blobs)}, {"bytes", number(t.bytes)},       {"binary", number(t.binary)},
                      {"links", number(t.links)}, {"known", number(o.known)},       {"unread", json::Value(std::move(unread))}};
  return json::Value(
      json::Object{{"items", json::Value(std::move(items))}, {"next", json::Value()}, {"read", json::Value(std::move(counts))}});
}

std::string sarif_report(const Outcome& o) {
  std::string out;
  json::Writer w(out);
  w.object()
      .member("$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
      .member("version", "2.1.0");
  w.key("runs").array().object().key("tool").object().key("driver").object().member("name", "jeton").member("version", JETON_VERSION);
  w.member("semanticVersion", JETON_VERSION).key("rules").array();
  for (const auto& rule : rules()) {
    w.object()
        .member("id", rule.id)
        .key("shortDescription")
        .object()
        .member("text", "A " + std::string(rule.title) + " in the text.")
        .end_object();
    w.key("fullDescription")
        .object()
        .member("text", "A secret that anybody who reads the text can use: " + std::string(rule.title) + ".")
        .end_object();
    w.key("help")
        .object()
        .member("text", "Revoke it, take it out, and put its successor into the vault: jeton vault put NAME.")
        .end_object();
    w.key("defaultConfiguration").object().member("level", rule.severity == Severity::Error ? "error" : "warning").end_object();
    w.key("properties").object().strings("tags", std::array<std::string_view, 2>{"security", "secret"}).end_object().end_object();
  }
  w.end_array().end_object().end_object();
  w.member("columnKind", "unicodeCodePoints");
  w.key("invocations").array().object().flag("executionSuccessful", o.tally.read_something()).key("toolExecutionNotifications").array();
  for (const auto& u : o.tally.unread) {
    w.object().member("level", "warning").key("message").object().member("text", "Not read: " + std::string(u.why) + ".").end_object();
    w.key("locations").array().object().key("physicalLocation").object().key("artifactLocation").object().member("uri", uri_of(u.path));
    w.end_object().end_object().end_object().end_array().end_object();
  }
  w.end_array().end_object().end_array().key("results").array();
  for (std::size_t i = 0; i < o.tally.findings.size(); ++i) write_result(w, o.tally.findings[i], standing_of(o, i));
  w.end_array().end_object().end_array().end_object();
  out += '\n';
  return out;
}

}  // namespace jeton::scan
