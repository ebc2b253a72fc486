#include "authority/watch/crypto_report.h"

#include "authority/keys/signing_keys.h"
#include "authority/ledger/pages.h"
#include "authority/policy/settings.h"
#include "authority/watch/hashes.h"
#include "blocks/crypto/service.h"
#include "formats/jose/jwk.h"

namespace jeton::watch {
namespace {

using Kind = ReportItem::Kind;

struct Named {
  std::string_view algorithm;
  unsigned bits;
};

// The table's word for a signature algorithm's key; of RSA the size is the key's own.
Named named(crypto::SignAlg alg, unsigned rsa_bits) {
  const auto& a = crypto::info(alg);
  switch (a.curve) {
    case crypto::Curve::P256: return {"P-256", 256};
    case crypto::Curve::P384: return {"P-384", 384};
    case crypto::Curve::P521: return {"P-521", 521};
    case crypto::Curve::Secp256k1: return {"secp256k1", 256};
    case crypto::Curve::Ed25519: return {"Ed25519", 256};
    default: break;
  }
  if (a.key_type == crypto::KeyType::Rsa) return {"RSA", rsa_bits};
  return {"HMAC", static_cast<unsigned>(8 * crypto::hash_size(a.hash))};
}

unsigned modulus_bits(const ledger::SigningKey& key) {
  const auto jwk = jose::parse_jwk(key.public_jwk);
  return jwk ? static_cast<unsigned>(8 * jwk->pub.n.size()) : 0;
}

std::string_view state(ledger::KeyState s) {
  switch (s) {
    case ledger::KeyState::Next: return "next";
    case ledger::KeyState::Active: return "active";
    case ledger::KeyState::Retired: return "retired";
    case ledger::KeyState::Destroyed: return "destroyed";
  }
  return "";
}

void judge(ReportItem& item, std::string_view algorithm, unsigned bits, Instant now) {
  item.algorithm = algorithm;
  item.bits = bits;
  item.judgement = policy::judge_algorithm(algorithm, bits, now);
  if (item.judgement.now != policy::Verdict::Allowed) item.attention = true;
}

Status signing_keys(CryptoReport& report, ledger::Ledger& ledger) {
  TRY(const auto keys, ledger.keys());
  TRY(const auto settings, policy::read_settings(ledger));
  for (const auto& k : keys) {
    if (k.state == ledger::KeyState::Destroyed) continue;
    ReportItem item{.kind = Kind::SigningKey, .name = k.id.text()};
    item.use = k.api.none() ? "signs tokens" : "signs tokens of " + k.api.text();
    item.jose = crypto::info(k.alg).name;
    item.state = state(k.state);
    item.created = k.created;
    item.activated = k.activated;
    const auto [algorithm, bits] = named(k.alg, modulus_bits(k));
    judge(item, algorithm, bits, report.at);
    if (const auto due = keys::due(k, keys, {.rotation = settings.key_rotation})) {
      item.ends = due->at;
      if (due->at < report.at - Seconds(86400)) {
        item.attention = true;
        item.note = "overdue: what was due then was not done";
      }
    }
    if (!crypto::in_service(k.alg)) {
      item.attention = true;
      item.note = "out of service: its algorithm failed its self-test";
    }
    report.items.push_back(std::move(item));
  }
  return {};
}

Status apis(CryptoReport& report, ledger::Ledger& ledger) {
  TRY(const auto settings, policy::read_settings(ledger));
  return ledger::each_of<ApiId>([&](const auto& page) { return ledger.apis(page); },
                                [&](const ledger::Api& a) {
                                  if (a.format == ledger::TokenFormat::Opaque) return;
                                  ReportItem item{.kind = Kind::ApiTokens, .name = a.id.text()};
                                  item.use = "access tokens of " + a.name;
                                  item.jose = crypto::info(a.alg).name;
                                  item.state = a.format == ledger::TokenFormat::Jwt ? "jwt" : "jwe";
    // The key's own row tells of its size; this is that of the next one.
                                  const auto [algorithm, bits] = named(a.alg, static_cast<unsigned>(std::stoul(settings.rsa_bits)));
                                  judge(item, algorithm, bits, report.at);
                                  report.items.push_back(std::move(item));
                                });
}

Status stored_hashes(CryptoReport& report, ledger::Ledger& ledger, const keys::PepperLives& peppers) {
  TRY(auto counts, count_hashes(ledger, report.at));
  TRY(const auto all, peppers.list());
  for (const auto& p : all) {
    if (p.state == keys::PepperState::Destroyed) continue;
    ReportItem item{.kind = Kind::StoredHashes, .name = "pepper " + std::to_string(p.number)};
    item.use = "hashes of opaque tokens, codes and secrets";
    item.state = keys::name(p.state);
    item.created = p.created;
    item.activated = p.activated;
    item.count = counts[p.number].tokens;
    judge(item, "HMAC", 256, report.at);
    if (p.state == keys::PepperState::Retired) {
      const auto unknown = counts.find(ledger::kAnyPepper);
      item.note = still_hashed(p, counts[p.number], unknown == counts.end() ? HashCounts() : unknown->second, report.at);
      item.attention = counts[p.number].any();
      if (!item.attention) item.ends = p.retired.value_or(p.created) + keys::kPepperGrace;
    }
    report.items.push_back(std::move(item));
  }
  return {};
}

Status guards(CryptoReport& report, keys::DataKeys& data_keys) {
  TRY(const auto keys, data_keys.list());
  for (const auto& k : keys) {
    if (k.state == keys::DataKeyState::Destroyed) continue;
    ReportItem item{.kind = Kind::DataKey, .name = "data key " + std::to_string(k.number)};
    item.use = "seals what is secret at rest";
    item.state = keys::name(k.state);
    item.created = k.created;
    judge(item, "AES-GCM", 256, report.at);
    if (k.wraps.size() > 1) item.note = "wrapped by two master keys: a change of master key is not at its end";
    report.items.push_back(std::move(item));
  }
  TRY(const auto masters, data_keys.masters());
  for (const auto& fingerprint : masters) {
    ReportItem item{.kind = Kind::MasterKey, .name = fingerprint};
    item.use = "wraps data keys";
    item.state = "active";
    judge(item, "AES-GCM", 256, report.at);
    report.items.push_back(std::move(item));
  }
  return {};
}

Status saml(CryptoReport& report, federation::DecryptionKeys& keys) {
  TRY(const auto all, keys.list());
  for (const auto& k : all) {
    if (k.state == federation::DecryptionState::Destroyed) continue;
    ReportItem item{.kind = Kind::SamlKey, .name = "saml decryption key " + std::to_string(k.number)};
    item.use = "opens SAML assertions for us";
    item.state = federation::name(k.state);
    item.created = k.created;
    if (k.retired) item.ends = *k.retired + federation::kDecryptionOpens;
    judge(item, "RSA", k.bits, report.at);
    report.items.push_back(std::move(item));
  }
  return {};
}

Named primitive(crypto::Tested what) {
  using crypto::Tested;
  switch (what) {
    case Tested::Sha256: return {"SHA-2", 256};
    case Tested::Sha384: return {"SHA-2", 384};
    case Tested::Sha512: return {"SHA-2", 512};
    case Tested::TokenHmac: return {"HMAC", 256};
    case Tested::Hkdf: return {"HKDF", 256};
    case Tested::SealGcm: return {"AES-GCM", 256};
    case Tested::ContentGcm: return {"AES-GCM", 256};
    case Tested::ContentCbc: return {"AES-CBC-HMAC", 512};
    case Tested::KeyWrap: return {"AES-KW", 256};
    case Tested::RsaOaep: return {"RSA", 3072};
    case Tested::Agreement: return {"P-256", 256};
    case Tested::ConcatKdf: return {"SHA-2", 256};
    case Tested::Pbkdf2: return {"PBKDF2", 0};
    case Tested::Argon2id: return {"Argon2id", 0};
    default: return {"", 0};
  }
}

void algorithms(CryptoReport& report) {
  for (const auto what : crypto::all_tested()) {
    if (what == crypto::Tested::Random) continue;
    ReportItem item{.kind = Kind::Algorithm, .name = std::string(crypto::name(what))};
    item.use = "in the program";
    const bool signs = what <= crypto::Tested::HS512;
    if (signs) item.jose = crypto::name(what);
    const auto [algorithm, bits] = signs ? named(static_cast<crypto::SignAlg>(what), 3072) : primitive(what);
    judge(item, algorithm, bits, report.at);
    // In the program is not in use: what is discouraged there is off, or chosen by nobody.
    item.attention = !crypto::in_service(what);
    item.state = crypto::in_service(what) ? "in service" : "out of service";
    report.items.push_back(std::move(item));
  }
}

}  // namespace

Result<CryptoReport> report_crypto(ledger::Ledger& ledger, keys::DataKeys& data_keys, const keys::PepperLives& peppers,
                                   federation::DecryptionKeys& saml_keys, Instant now) {
  CryptoReport report{.at = now, .installation = {}, .items = {}};
  TRY(const auto installation, ledger.setting("installation"));
  if (installation) report.installation = installation->value;
  TRY_VOID(signing_keys(report, ledger));
  TRY_VOID(apis(report, ledger));
  TRY_VOID(stored_hashes(report, ledger, peppers));
  TRY_VOID(guards(report, data_keys));
  TRY_VOID(saml(report, saml_keys));
  algorithms(report);
  return report;
}

}  // namespace jeton::watch
