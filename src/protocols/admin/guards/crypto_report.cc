// The report on cryptography: as JSON, and as a CycloneDX bill of materials.
#include "authority/watch/crypto_report.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

using watch::CryptoReport;
using watch::ReportItem;
using Kind = ReportItem::Kind;

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::SigningKey: return "signing_key";
    case Kind::ApiTokens: return "api_tokens";
    case Kind::StoredHashes: return "stored_hashes";
    case Kind::DataKey: return "data_key";
    case Kind::MasterKey: return "master_key";
    case Kind::SamlKey: return "saml_key";
    case Kind::Algorithm: return "algorithm";
  }
  return "";
}

void render(json::Writer& w, const CryptoReport& report) {
  w.object().member("at", to_rfc3339(report.at)).member("installation", report.installation).key("items").array();
  for (const auto& i : report.items) {
    w.object().member("kind", name(i.kind)).member("name", i.name).member("use", i.use).member("algorithm", i.algorithm);
    w.optional("jose", i.jose).member("bits", static_cast<std::int64_t>(i.bits)).optional("state", i.state);
    w.member("count", static_cast<std::int64_t>(i.count));
    time_or_null(w, "created", i.created);
    time_or_null(w, "due", i.ends);
    w.member("verdict", policy::name(i.judgement.now)).member("policy", policy::to_text(i.judgement));
    w.flag("attention", i.attention).optional("note", i.note).end_object();
  }
  w.end_array().key("next").null().end_object();
}

// CycloneDX 1.6, "cryptoProperties".
std::string_view primitive(const ReportItem& i) {
  const std::string_view a = i.algorithm;
  if (i.name == "RSA-OAEP-256") return "pke";
  if (i.name == "ECDH") return "key-agree";
  if (a == "AES-GCM" || a == "AES-CBC-HMAC") return "ae";
  if (a == "AES-KW") return "other";   // key wrapping has no word of its own before CycloneDX 1.7
  if (a == "HMAC") return "mac";
  if (a == "SHA-2" || a == "SHA-1") return "hash";
  if (a == "HKDF" || a == "Argon2id" || a == "PBKDF2") return "kdf";
  return "signature";
}

// SP 800-57 part 1 rev. 5, table 2.
int strength(const ReportItem& i) {
  if (i.algorithm == "RSA") return i.bits < 3072 ? 112 : i.bits < 7680 ? 128 : i.bits < 15360 ? 192 : 256;
  if (i.algorithm == "P-384") return 192;
  if (i.algorithm == "P-521" || i.algorithm == "AES-GCM" || i.algorithm == "HMAC") return 256;
  if (i.algorithm == "SHA-2") return static_cast<int>(i.bits / 2);
  return 128;
}

std::string_view material_state(const ReportItem& i) {
  if (i.state == "next") return "pre-activation";
  if (i.state == "retired") return "deactivated";
  return "active";
}

void algorithm_component(json::Writer& w, const ReportItem& i) {
  w.object().member("type", "cryptographic-asset").member("bom-ref", "algorithm/" + i.name).member("name", i.name);
  w.key("cryptoProperties").object().member("assetType", "algorithm").key("algorithmProperties").object();
  w.member("primitive", primitive(i));
  if (i.bits != 0) w.member("parameterSetIdentifier", std::to_string(i.bits));
  w.member("executionEnvironment", "software-plain-ram").member("classicalSecurityLevel", std::int64_t{strength(i)});
  const bool shor = primitive(i) == "signature" || primitive(i) == "pke" || primitive(i) == "key-agree";
  w.member("nistQuantumSecurityLevel", std::int64_t{shor ? 0 : i.bits >= 256 ? 5 : 1});
  w.end_object().end_object();
}

void material_component(json::Writer& w, const ReportItem& i) {
  std::string ref;
  for (const char c : i.name) ref += c == ' ' ? '-' : c;
  w.object().member("type", "cryptographic-asset").member("bom-ref", std::string(name(i.kind)) + "/" + ref).member("name", i.name);
  w.member("description", i.use);
  w.key("cryptoProperties").object().member("assetType", "related-crypto-material").key("relatedCryptoMaterialProperties").object();
  w.member("type", i.kind == Kind::SigningKey || i.kind == Kind::SamlKey ? "private-key" : "secret-key")
      .member("id", i.name)
      .member("state", material_state(i));
  w.member("size", static_cast<std::int64_t>(i.bits));
  const std::string_view algorithm = !i.jose.empty()         ? std::string_view(i.jose)
                                     : i.algorithm == "HMAC" ? "HMAC-SHA-256"
                                     : i.algorithm == "RSA"  ? "RSA-OAEP-256"
                                                             : "AES-256-GCM";
  w.member("algorithmRef", "algorithm/" + std::string(algorithm));
  if (i.created) w.member("creationDate", to_rfc3339(*i.created));
  if (i.activated) w.member("activationDate", to_rfc3339(*i.activated));
  w.end_object().end_object();
}

void bill(json::Writer& w, const CryptoReport& report) {
  w.object().member("bomFormat", "CycloneDX").member("specVersion", "1.6").member("version", std::int64_t{1});
  w.key("metadata").object().member("timestamp", to_rfc3339(report.at)).key("component").object();
  w.member("type", "application").member("bom-ref", "jeton").member("name", "jeton");
  if (!report.installation.empty()) w.member("description", "installation " + report.installation);
  w.end_object().end_object().key("components").array();
  for (const auto& i : report.items) {
    if (i.kind == Kind::ApiTokens) continue;
    if (i.kind == Kind::Algorithm) algorithm_component(w, i);
    else material_component(w, i);
    w.key("properties").array();
    w.object().member("name", "jeton:policy").member("value", policy::to_text(i.judgement)).end_object();
    if (i.kind == Kind::StoredHashes) w.object().member("name", "jeton:count").member("value", std::to_string(i.count)).end_object();
    if (!i.note.empty()) w.object().member("name", "jeton:note").member("value", i.note).end_object();
    w.end_array().end_object();
  }
  w.end_array().end_object();
}

}  // namespace

Status crypto_report(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {"format"}));
  const auto format = query.get("format").value_or("json");
  if (format != "json" && format != "cyclonedx") return refuse(Refusal::Invalid, "format: json or cyclonedx");
  TRY(const auto report,
      watch::report_crypto(call.rooms.ledger, call.rooms.data_keys, call.rooms.pepper_lives, call.rooms.decryption, call.now));
  const bool cyclonedx = format == "cyclonedx";
  call.response.field("Content-Type", cyclonedx ? "application/vnd.cyclonedx+json; version=1.6" : "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  if (cyclonedx) bill(w, report);
  else render(w, report);
  return {};
}

}  // namespace jeton::protocols::admin
