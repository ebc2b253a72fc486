#include "authority/signals/events.h"

#include <algorithm>
#include <array>

#include "authority/sessions/sessions.h"
#include "blocks/json/writer.h"

namespace jeton::signals {
namespace {

constexpr std::array<std::string_view, 5> kSupported = {kSessionRevoked, kCredentialChange, kAccountDisabled, kAccountEnabled,
                                                        kAccountPurged};

// What each action on record means. `credential` and `change` are CAEP's words (CAEP 1.0 §3.3.1).
struct Meaning {
  std::string_view action, type, credential, change, reason;
};
constexpr Meaning kMeanings[] = {
    {"user.set_password", kCredentialChange, "password", "update", "The password was set."},
    {"user.add_totp", kCredentialChange, "app", "create", "An authenticator app was added."},
    {"user.remove_totp", kCredentialChange, "app", "delete", "The authenticator app was removed."},
    {"user.add_passkey", kCredentialChange, "fido2-roaming", "create", "A passkey was added."},
    {"user.remove_passkey", kCredentialChange, "fido2-roaming", "delete", "A passkey was removed."},
    {"user.disable", kAccountDisabled, {}, {}, "The account was disabled."},
    // Its sessions are refused from here on, though none of them has ended.
    {"user.disable", kSessionRevoked, {}, {}, "The account was disabled."},
    {"user.enable", kAccountEnabled, {}, {}, "The account was enabled again."},
    {"user.delete", kAccountPurged, {}, {}, "The account was deleted."},
    {"service.disable", kAccountDisabled, {}, {}, "The service account was disabled."},
    {"service.enable", kAccountEnabled, {}, {}, "The service account was enabled again."},
    {"service.delete", kAccountPurged, {}, {}, "The service account was deleted."},
};

struct Why {
  std::string_view reason, words;
};
constexpr Why kWhys[] = {
    {"holder_revoked", "The person ended the session, or changed the password."},
    {"principal_ended", "The account was deleted."},
    {"device_revoked", "The device was revoked."},
    {"client_ended", "The application was deleted."},
    {"leaked", "The session was found where it should not be."},
};

// [CAEP §2] who set it off, where that is known
std::string_view initiator(const ledger::AuditEvent& e) {
  if (e.actor == "system") return "system";
  if (e.actor == e.target) return "user";
  if (e.actor.starts_with("uid:") || e.actor.starts_with("tok_")) return "admin";
  return {};
}

void common(json::Writer& w, Instant at, std::string_view initiator, std::string_view reason) {
  w.member("event_timestamp", at.seconds());
  if (!initiator.empty()) w.member("initiating_entity", initiator);
  w.key("reason_admin").object().member("en", reason).end_object();
}

std::string event_of(const Meaning& m, const ledger::AuditEvent& e) {
  std::string out;
  json::Writer w(out);
  w.object();
  if (!m.credential.empty()) w.member("credential_type", m.credential).member("change_type", m.change);
  common(w, e.at, initiator(e), m.reason);
  w.end_object();
  return out;
}

}  // namespace

std::span<const std::string_view> supported() { return kSupported; }

std::vector<std::string> delivered(const ledger::Stream& stream) {
  std::vector<std::string> out;
  for (const auto type : kSupported)
    if (std::find(stream.events.begin(), stream.events.end(), type) != stream.events.end()) out.emplace_back(type);
  return out;
}

std::vector<Signal> signals_of(const ledger::AuditEvent& e) {
  std::vector<Signal> out;
  for (const auto& m : kMeanings) {
    if (m.action != e.action) continue;
    const auto who = PrincipalId::parse(e.target);
    if (who) out.push_back({m.type, e.at, e.id.text(), *who, {}, event_of(m, e)});
  }
  return out;
}

Signal ended(const ledger::FeedEntry& entry, const ledger::Token& session) {
  std::string_view words = "The session was revoked.";
  for (const auto& why : kWhys)
    if (why.reason == entry.reason) words = why.words;
  std::string event;
  json::Writer w(event);
  w.object();
  common(w, entry.at, {}, words);
  w.end_object();
  // A session ends once: its name names the end of it.
  return {kSessionRevoked, entry.at, sessions::id_text(session.id), session.principal, session.id, std::move(event)};
}

}  // namespace jeton::signals
