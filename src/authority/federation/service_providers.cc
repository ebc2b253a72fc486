#include "authority/federation/service_providers.h"

#include <algorithm>

#include "blocks/crypto/hash.h"
#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "formats/saml/names.h"
#include "ground/base64url.h"

namespace jeton::federation {
namespace {

constexpr std::string_view kPrefix = "saml.sp.", kSalt = "saml.pairwise_salt";
constexpr std::size_t kMostMetadata = 256 << 10;
constexpr auto invalid(std::string_view what) { return refuse(Refusal::Invalid, what); }

Result<ServiceProvider> checked(ServiceProvider sp) {
  if (sp.metadata.size() > kMostMetadata) return invalid("metadata: at most 256 KiB");
  const auto described = saml::parse_metadata(sp.metadata, "");
  if (!described)
    return described.error().is_fault() ? std::unexpected(described.error()) : invalid("metadata: not the SAML metadata of one entity");
  sp.described = *described;
  if (sp.entity().starts_with("sp_")) return invalid("metadata: an entity's name is a URI");
  if (!sp.described.sp) return invalid("metadata: not of a service provider");
  if (saml::endpoint_of(sp.role().assertion_consumers, saml::kHttpPost) == nullptr)
    return invalid("metadata: no assertion consumer by HTTP-POST");
  for (const auto& consumer : sp.role().assertion_consumers)
    if (!secure_address(consumer.location)) return invalid("metadata: an assertion consumer that is not https");
  if (sp.encrypt && std::ranges::none_of(sp.role().encryption_keys, [](const auto& k) { return k.type == crypto::KeyType::Rsa; }))
    return invalid("encrypt: the metadata has no RSA key to encrypt to");
  if (sp.name_format.empty()) sp.name_format = saml::kPersistent;
  if (sp.name_format != saml::kPersistent && sp.name_format != saml::kTransient && sp.name_format != saml::kEmail)
    return invalid("name_format: persistent, transient or e-mail address");
  if (sp.attributes.size() > kMostMappings) return invalid("attributes: at most 64");
  if (sp.exchange_scope.size() > 200 || sp.exchange_scope.find(' ') != std::string::npos) return invalid("exchange_scope: one scope");
  TRY_VOID(check(sp.from));
  for (const auto& mapping : sp.attributes)
    if (mapping.attribute.empty() || !good_source(mapping.source)) return invalid("attributes: from name, email, id or metadata.NAME");
  return sp;
}

std::string to_json(const ServiceProvider& sp) {
  std::string out;
  json::Writer w(out);
  w.object().member("metadata", sp.metadata).member("name_format", sp.name_format).flag("encrypt", sp.encrypt);
  w.member("sign_with", sp.sign_with ? signature_word(*sp.sign_with) : "");
  w.member("exchange_scope", sp.exchange_scope).member("client", sp.client.none() ? "" : sp.client.text());
  write(w, sp.from);
  w.member("created", sp.created.millis()).member("updated", sp.updated.millis()).key("attributes").object();
  for (const auto& mapping : sp.attributes) w.member(mapping.attribute, mapping.source);
  w.end_object().end_object();
  return out;
}

Result<ServiceProvider> from_json(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return fault(Fault::StoreCorrupt, "a service provider's record");
  ServiceProvider sp;
  sp.metadata = value->string_at("metadata").value_or("");
  sp.name_format = value->string_at("name_format").value_or("");
  const auto* encrypt = value->find("encrypt");
  sp.encrypt = encrypt != nullptr && encrypt->boolean().value_or(false);
  sp.sign_with = signature_of(value->string_at("sign_with").value_or(""));
  sp.exchange_scope = value->string_at("exchange_scope").value_or("");
  sp.client = ClientId::parse(value->string_at("client").value_or("")).value_or(ClientId());
  sp.from = read_source(*value);
  const auto time = [&](std::string_view name) {
    const auto* at = value->find(name);
    return Instant::from_millis(at == nullptr ? 0 : at->integer().value_or(0));
  };
  sp.created = time("created");
  sp.updated = time("updated");
  if (const auto* attributes = value->find("attributes"); attributes != nullptr && attributes->object() != nullptr)
    for (const auto& [name, source] : *attributes->object()) sp.attributes.push_back({name, std::string(source.string().value_or(""))});
  return checked(std::move(sp));
}

std::string id_of(std::string_view entity) {
  const auto digest = crypto::sha256(as_bytes(entity));
  return "sp_" + to_hex(ByteView(digest).first(13));
}

// Of an entity or an id. No entity is taken for an id: they are URIs.
std::string name_of(std::string_view called) {
  return std::string(kPrefix) + (called.starts_with("sp_") ? std::string(called) : id_of(called));
}

std::string audit_detail(std::string_view entity) {
  std::string out;
  json::Writer(out).object().member("entity", entity).end_object();
  return out;
}

}  // namespace

std::string_view signature_word(crypto::SignAlg alg) { return alg == kEcdsa ? "ecdsa" : "rsa"; }

std::optional<crypto::SignAlg> signature_of(std::string_view word) {
  for (const auto alg : {kRsa, kEcdsa})
    if (word == signature_word(alg)) return alg;
  return std::nullopt;
}

std::string ServiceProvider::id() const { return id_of(entity()); }

crypto::SignAlg ServiceProvider::signs() const {
  const bool announced = std::ranges::find(role().verifies, kEcdsa) != role().verifies.end();
  return sign_with.value_or(announced ? kEcdsa : kRsa);
}

Result<ServiceProvider> ServiceProviders::put(ServiceProvider draft, const audit::Doing& doing) {
  TRY(auto sp, checked(std::move(draft)));
  sp.created = sp.updated = doing.now;
  if (const auto before = find(sp.entity())) sp.created = before->created;
  std::vector<ledger::Change> changes;
  changes.emplace_back(ledger::PutSetting{{name_of(sp.entity()), to_json(sp), 0}});
  TRY(auto event, audit::event(doing, "saml_sp.put", sp.id(), entropy_, audit_detail(sp.entity())));
  changes.push_back(std::move(event));
  // Made with the first of them, so that it stands before anybody logs in anywhere.
  TRY(const auto salt, ledger_.setting(kSalt));
  if (!salt) {
    std::uint8_t octets[32];
    TRY_VOID(entropy_.fill(octets));
    changes.emplace_back(ledger::PutSetting{{std::string(kSalt), base64url::encode(octets), 0}});
  }
  TRY_VOID(ledger_.commit(std::move(changes)));
  return sp;
}

Status ServiceProviders::remove(std::string_view called, const audit::Doing& doing) {
  TRY(const auto sp, find(called));
  std::vector<ledger::Change> changes;
  changes.emplace_back(ledger::PutSetting{{name_of(sp.entity()), "", 0}});
  TRY(auto event, audit::event(doing, "saml_sp.delete", sp.id(), entropy_, audit_detail(sp.entity())));
  changes.push_back(std::move(event));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return {};
}

Result<ServiceProvider> ServiceProviders::find(std::string_view called) {
  TRY(const auto setting, ledger_.setting(name_of(called)));
  if (!setting || setting->value.empty()) return refuse(Refusal::NotFound, "no service provider of that name");
  return from_json(setting->value);
}

Result<std::vector<ServiceProvider>> ServiceProviders::list() {
  TRY(const auto all, ledger_.settings(kPrefix));
  std::vector<ServiceProvider> found;
  for (const auto& setting : all) {
    if (!setting.name.starts_with(kPrefix) || setting.value.empty()) continue;
    TRY(auto sp, from_json(setting.value));
    found.push_back(std::move(sp));
  }
  std::ranges::sort(found, {}, [](const ServiceProvider& sp) { return sp.entity(); });
  return found;
}

Result<std::string> ServiceProviders::pairwise_name(std::string_view entity, const PrincipalId& user) {
  TRY(const auto salt, ledger_.setting(kSalt));
  if (!salt) return fault(Fault::StoreCorrupt, "the salt of pairwise names is gone");
  const std::string text = salt->value + "\n" + std::string(entity) + "\n" + user.text();
  return base64url::encode(crypto::sha256(as_bytes(text)));
}

}  // namespace jeton::federation
