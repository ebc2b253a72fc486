#include "program/scan/live.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>

#include "blocks/crypto/random.h"
#include "ground/secret_pass.h"
#include "program/cli/remote/server.h"
#include "program/scan/walk.h"
#include "program/vault/commands.h"
#include "program/vault/unlock.h"

namespace jeton::scan {
namespace {

using cli::Arguments;

constexpr std::size_t kChecksAtOnce = 1000;

std::string_view text_of(const Finding& f) { return as_text(f.secret.read(program::Pass::key())); }

std::string where(const Finding& f) {
  auto text = clean(f.place.path) + ":" + std::to_string(f.line);
  if (!f.place.commit.empty()) text += " in commit " + f.place.commit;
  return text;
}

// What an audit record says of the end: kept short.
std::string reason_of(std::string_view place) {
  auto reason = "found by a scan at " + clean(place);
  if (reason.size() > 200) reason = clean(reason.substr(0, 197)) + "…";
  return reason;
}

// What the server says of each token, in order.
std::expected<std::vector<Standing>, int> standings_of(const Arguments& given, const std::vector<const Finding*>& tokens) {
  std::vector<Standing> all;
  for (std::size_t from = 0; from < tokens.size(); from += kChecksAtOnce) {
    std::string body;
    json::Writer w(body);
    w.object().key("checks").array();
    for (std::size_t i = from; i < std::min(tokens.size(), from + kChecksAtOnce); ++i)
      w.object().member("token", text_of(*tokens[i])).end_object();
    w.end_array().end_object();
    const auto answer = cli::ask(given, {.method = "POST", .path = "/v1/verify", .body = std::move(body)});
    if (!answer) return std::unexpected(answer.error());
    const auto* items = answer->find("items");
    if (items == nullptr || items->array() == nullptr)
      return std::unexpected(cli::fail(cli::kNotReached, "the server's answer was not understood"));
    for (const auto& item : *items->array()) {
      Standing s;
      const auto* active = item.find("active");
      const auto* token = item.find("token");
      const auto* decision = item.find("decision");
      if (active != nullptr && active->boolean().value_or(false) && token != nullptr) {
        s.state = "live";
        s.token_id = token->string_at("id").value_or("");
      } else {
        s.state = decision != nullptr ? decision->string_at("reason").value_or("unknown") : "unknown";
      }
      all.push_back(std::move(s));
    }
  }
  return all;
}

int revoke(const Arguments& given, const std::string& id, std::string_view place) {
  std::string body;
  json::Writer(body).object().member("reason", reason_of(place)).member("leaked_at", clean(place).substr(0, 400)).end_object();
  const auto answer = cli::ask(given, {.method = "POST", .path = "/v1/tokens/" + id + "/revoke", .body = std::move(body)});
  return answer ? 0 : answer.error();
}

// The successor goes into the vault before the old one ends, so that none is ever lost.
int rotate(const Arguments& given, const std::string& id) {
  const auto answer = cli::create(given, "/v1/tokens/" + id + "/rotate", "{}");
  if (!answer) return answer.error();
  const auto text = answer->string_at("token"), fresh = answer->string_at("id");
  if (!text || !fresh) return cli::fail(cli::kNotReached, "the server's answer was not understood");
  vault::Unlocking how{vault::standard_path(), std::nullopt, true};
  if (const auto file = given.get("--passphrase-file")) how.passphrase_file = std::string(*file);
  const auto reference = vault::Reference::parse(*fresh);
  if (!reference) return cli::fail(cli::kNotReached, "the server's answer was not understood");
  crypto::SystemEntropy entropy;
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto put = vault::change(
      how.vault, vault::key_of(how),
      [&](vault::Contents& c) { return c.put(*reference, Secret::copy_of(as_bytes(*text)), Instant::from_millis(now)); }, entropy);
  if (!put) {
    const int told = vault::told(put.error());
    (void)revoke(given, std::string(*fresh), "a rotation whose successor could not be kept");
    return told;
  }
  cli::remark(given, "rotated " + id + ": its successor is jeton://vault/" + std::string(*fresh));
  return 0;
}

// Where a rotation needs a vault, there is one before anything is changed.
int need_vault(const Arguments& given) {
  const auto path = vault::standard_path();
  const auto there = vault::read(path);
  if (there) return 0;
  if (!there.error().is(Refusal::NotFound)) return vault::told(there.error());
  vault::Unlocking how{path, std::nullopt, true};
  if (const auto file = given.get("--passphrase-file")) how.passphrase_file = std::string(*file);
  const auto made = vault::found(how, vault::Keeper::Standard);
  return made ? 0 : vault::told(made.error());
}

// The findings' places by the token that was found there: one token may lie in many.
std::map<std::string, std::vector<std::size_t>, std::less<>> by_token(const std::vector<Finding>& findings) {
  std::map<std::string, std::vector<std::size_t>, std::less<>> all;
  for (std::size_t i = 0; i < findings.size(); ++i)
    if (findings[i].rule == &own_rule()) all[std::string(text_of(findings[i]))].push_back(i);
  return all;
}

}  // namespace

int ask_server(const Arguments& given, Outcome& outcome) {
  auto& findings = outcome.tally.findings;
  const auto tokens = by_token(findings);
  if (tokens.empty()) return 0;
  std::vector<const Finding*> first;
  for (const auto& [text, places] : tokens) first.push_back(&findings[places[0]]);
  auto standings = standings_of(given, first);
  if (!standings) return standings.error();
  if (standings->size() != first.size()) return cli::fail(cli::kNotReached, "the server's answer was not understood");
  const bool rotates = given.has("--rotate"), revokes = given.has("--revoke") || rotates;
  const bool any_live = std::any_of(standings->begin(), standings->end(), [](const Standing& s) { return s.state == "live"; });
  if (rotates && any_live)
    if (const int failed = need_vault(given); failed != 0) return failed;
  std::size_t at = 0;
  for (const auto& [text, places] : tokens) {
    auto& standing = (*standings)[at++];
    if (standing.state == "live" && revokes && !standing.token_id.empty()) {
      if (rotates)
        if (const int failed = rotate(given, standing.token_id); failed != 0) return failed;
      if (const int failed = revoke(given, standing.token_id, where(findings[places[0]])); failed != 0) return failed;
      standing.state = rotates ? "rotated and revoked" : "revoked now";
      cli::remark(given, "revoked " + standing.token_id + ", found at " + cli::printable(where(findings[places[0]])));
    }
    for (const auto i : places) outcome.standings[i] = standing;
  }
  return 0;
}

int revoke_from_scan(const Arguments& given, const std::string& report) {
  std::ifstream in(report, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  const auto value = json::parse(text, {.size = 256 << 20, .depth = 16, .members = 1024});
  const auto* items = value ? value->find("items") : nullptr;
  if (items == nullptr || items->array() == nullptr)
    return cli::fail(cli::kUsage, cli::printable(report) + " is no report of jeton scan -o json");
  std::size_t ended = 0, unknown = 0;
  std::map<std::string, std::string> ids;   // and where each was found
  for (const auto& item : *items->array()) {
    if (item.string_at("rule") != own_rule().id) continue;
    const auto id = item.string_at("token_id");
    const auto line = item.find("line");
    if (id && !id->empty())
      ids.emplace(
          *id, std::string(item.string_at("path").value_or("")) + ":" + std::to_string(line != nullptr ? line->integer().value_or(0) : 0));
    else if (!item.string_at("state")) ++unknown;
  }
  for (const auto& [id, place] : ids) {
    if (const int failed = revoke(given, http::percent_encode(id), place); failed != 0) return failed;
    ++ended;
  }
  if (unknown > 0)
    return cli::fail(cli::kNo, std::to_string(unknown) + " tokens of the report were not held against the server, and stay as they are",
                     "a report holds no token: make it with jeton scan --check -o json");
  cli::remark(given, "revoked " + std::to_string(ended));
  return cli::kYes;
}

}  // namespace jeton::scan
