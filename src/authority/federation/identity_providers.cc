#include "authority/federation/identity_providers.h"

#include <algorithm>

#include "authority/policy/names.h"
#include "blocks/crypto/hash.h"
#include "blocks/xml/signature.h"
#include "formats/saml/names.h"

namespace jeton::federation {
namespace {

constexpr std::string_view kPrefix = "saml.idp.";
constexpr std::size_t kMostMetadata = 256 << 10, kMostDomains = 64;
constexpr auto invalid(std::string_view what) { return refuse(Refusal::Invalid, what); }

Status check_metadata(const saml::Metadata& m) {
  if (m.entity.starts_with("idp_")) return invalid("metadata: an entity's name is a URI");
  if (!m.idp) return invalid("metadata: not of an identity provider");
  if (m.idp->signing_keys.empty()) return invalid("metadata: no key to verify signatures with");
  for (const auto& key : m.idp->signing_keys)
    if (!xml::verify_keys(key)) return invalid("metadata: a key too weak to be believed");
  const auto reachable = [](const saml::Endpoint& e) { return secure_address(e.location); };
  if (!std::ranges::all_of(m.idp->single_sign_on, reachable)) return invalid("metadata: a login address that is not https");
  if (saml::endpoint_of(m.idp->single_sign_on, saml::kHttpRedirect) == nullptr &&
      saml::endpoint_of(m.idp->single_sign_on, saml::kHttpPost) == nullptr)
    return invalid("metadata: no login address by HTTP-Redirect or HTTP-POST");
  return {};
}

Status check_domains(std::vector<std::string>& domains) {
  if (domains.size() > kMostDomains) return invalid("email_domains: at most 64");
  for (auto& domain : domains) {
    for (auto& c : domain) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    if (domain.empty() || domain.find_first_of("@ ,/") != std::string::npos) return invalid("email_domains: names such as example.com");
  }
  return {};
}

Result<IdentityProvider> checked(IdentityProvider idp) {
  if (idp.metadata.size() > kMostMetadata) return invalid("metadata: at most 256 KiB");
  const auto described = saml::parse_metadata(idp.metadata, "");
  if (!described)
    return described.error().is_fault() ? std::unexpected(described.error()) : invalid("metadata: not the SAML metadata of one entity");
  idp.described = *described;
  TRY_VOID(check_metadata(idp.described));
  if (idp.name.empty()) idp.name = idp.entity();
  TRY_VOID(policy::good_label(idp.name));
  TRY_VOID(check_domains(idp.domains));
  TRY_VOID(check(idp.from));
  if (idp.attributes.size() > kMostMappings) return invalid("attributes: at most 64");
  for (const auto& mapping : idp.attributes)
    if (mapping.attribute.empty() || !good_source(mapping.source)) return invalid("attributes: to name, email, id or metadata.NAME");
  const bool email = std::ranges::any_of(idp.attributes, [](const Mapping& m) { return m.source == "email"; });
  if ((idp.link_email || !idp.domains.empty()) && !email) return invalid("attributes: which one is the e-mail address?");
  // Without them, whoever runs it could name anybody here.
  if (idp.link_email && idp.domains.empty()) return invalid("email_domains: say which addresses it is believed about");
  return idp;
}

std::string to_json(const IdentityProvider& idp) {
  std::string out;
  json::Writer w(out);
  std::vector<std::string> clients;
  for (const auto& c : idp.clients) clients.push_back(c.text());
  w.object().member("name", idp.name).member("entity", idp.entity()).member("metadata", idp.metadata);
  w.flag("create", idp.create).flag("link_email", idp.link_email).flag("unsolicited", idp.unsolicited).flag("grants", idp.grants);
  w.strings("domains", idp.domains).strings("clients", clients);
  write(w, idp.from);
  w.member("created", idp.created.millis()).member("updated", idp.updated.millis()).key("attributes").object();
  for (const auto& mapping : idp.attributes) w.member(mapping.attribute, mapping.source);
  w.end_object().end_object();
  return out;
}

std::vector<std::string> texts(const json::Value& value, std::string_view name) {
  std::vector<std::string> out;
  if (const auto* list = value.find(name); list != nullptr && list->array() != nullptr)
    for (const auto& one : *list->array()) out.emplace_back(one.string().value_or(""));
  return out;
}

Result<IdentityProvider> from_json(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return fault(Fault::StoreCorrupt, "an identity provider's record");
  const auto flag = [&](std::string_view name) {
    const auto* member = value->find(name);
    return member != nullptr && member->boolean().value_or(false);
  };
  const auto time = [&](std::string_view name) {
    const auto* at = value->find(name);
    return Instant::from_millis(at == nullptr ? 0 : at->integer().value_or(0));
  };
  IdentityProvider idp;
  idp.metadata = value->string_at("metadata").value_or("");
  idp.name = value->string_at("name").value_or("");
  idp.create = flag("create");
  idp.link_email = flag("link_email");
  idp.unsolicited = flag("unsolicited");
  idp.grants = flag("grants");
  idp.domains = texts(*value, "domains");
  for (const auto& c : texts(*value, "clients"))
    if (const auto id = ClientId::parse(c)) idp.clients.push_back(*id);
  idp.from = read_source(*value);
  idp.created = time("created");
  idp.updated = time("updated");
  if (const auto* attributes = value->find("attributes"); attributes != nullptr && attributes->object() != nullptr)
    for (const auto& [name, source] : *attributes->object()) idp.attributes.push_back({name, std::string(source.string().value_or(""))});
  return checked(std::move(idp));
}

std::string id_of(std::string_view entity) {
  const auto digest = crypto::sha256(as_bytes(entity));
  return "idp_" + to_hex(ByteView(digest).first(13));
}

std::string setting_of(std::string_view called) {
  return std::string(kPrefix) + (called.starts_with("idp_") ? std::string(called) : id_of(called));
}

std::string audit_detail(std::string_view entity) {
  std::string out;
  json::Writer(out).object().member("entity", entity).end_object();
  return out;
}

}  // namespace

std::string IdentityProvider::id() const { return id_of(entity()); }

Result<IdentityProvider> IdentityProviders::put(IdentityProvider draft, const audit::Doing& doing) {
  TRY(auto idp, checked(std::move(draft)));
  idp.created = idp.updated = doing.now;
  if (const auto before = find(idp.entity())) idp.created = before->created;
  TRY(auto event, audit::event(doing, "saml_idp.put", idp.id(), entropy_, audit_detail(idp.entity())));
  TRY_VOID(ledger_.commit({ledger::PutSetting{{setting_of(idp.entity()), to_json(idp), 0}}, std::move(event)}));
  return idp;
}

Status IdentityProviders::remove(std::string_view called, const audit::Doing& doing) {
  TRY(const auto idp, find(called));
  TRY(auto event, audit::event(doing, "saml_idp.delete", idp.id(), entropy_, audit_detail(idp.entity())));
  TRY_VOID(ledger_.commit({ledger::PutSetting{{setting_of(idp.entity()), "", 0}}, std::move(event)}));
  return {};
}

Result<IdentityProvider> IdentityProviders::find(std::string_view called) {
  TRY(const auto setting, ledger_.setting(setting_of(called)));
  if (!setting || setting->value.empty()) return refuse(Refusal::NotFound, "no identity provider of that name");
  return from_json(setting->value);
}

Result<std::vector<IdentityProvider>> IdentityProviders::list() {
  TRY(const auto all, ledger_.settings());
  std::vector<IdentityProvider> found;
  for (const auto& setting : all) {
    if (!setting.name.starts_with(kPrefix) || setting.value.empty()) continue;
    TRY(auto idp, from_json(setting.value));
    found.push_back(std::move(idp));
  }
  std::ranges::sort(found, {}, &IdentityProvider::entity);
  return found;
}

Result<std::vector<Offer>> IdentityProviders::offers() {
  TRY(const auto all, ledger_.settings());
  std::vector<Offer> found;
  for (const auto& setting : all) {
    if (!setting.name.starts_with(kPrefix) || setting.value.empty()) continue;
    const auto value = json::parse(setting.value);
    if (!value) continue;
    found.push_back({setting.name.substr(kPrefix.size()), std::string(value->string_at("name").value_or(""))});
  }
  std::ranges::sort(found, {}, &Offer::name);
  return found;
}

Result<std::vector<crypto::VerifyKey>> keys_of(const saml::Metadata& described, const saml::Role& role, Instant now) {
  if (described.valid_until && now >= *described.valid_until) return refuse(Refusal::Expired, "the metadata is not valid any more");
  std::vector<crypto::VerifyKey> keys;
  for (const auto& key : role.signing_keys) {
    TRY(const auto made, xml::verify_keys(key));
    keys.insert(keys.end(), made.begin(), made.end());
  }
  return keys;
}

}  // namespace jeton::federation
