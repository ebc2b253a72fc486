#include "formats/saml/metadata.h"

#include <algorithm>
#include <charconv>

#include "blocks/crypto/pem/encoded.h"
#include "blocks/xml/base64.h"
#include "blocks/xml/names.h"
#include "blocks/xml/signature.h"
#include "formats/saml/names.h"

namespace jeton::saml {
namespace {

using xml::Element;
constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }
constexpr std::size_t kMostKeys = 16, kMostEndpoints = 64;

bool is_true(const std::optional<std::string>& text) { return text == "true" || text == "1"; }

// Every certificate of a key descriptor is a key of its own. One of a kind that is not used here is left out.
Status read_keys(Element descriptor, Role& into) {
  const auto use = descriptor.attribute("use");
  if (use && *use != "signing" && *use != "encryption") return bad("a key of an unknown use");
  for (const auto info : descriptor.elements_amid_text()) {
    if (!info.is(xml::kDs, "KeyInfo")) continue;
    for (const auto data : info.elements_amid_text()) {
      if (!data.is(xml::kDs, "X509Data")) continue;
      for (const auto certificate : data.elements_amid_text()) {
        if (!certificate.is(xml::kDs, "X509Certificate")) continue;
        TRY(const auto text, certificate.text());
        const auto der = base64::decode(text);
        if (!der) return bad("a certificate that is not base64");
        const auto key = crypto::key_of_certificate(*der);
        if (key ? key->type == crypto::KeyType::Okp : key.error().is(Refusal::Unsupported)) continue;
        if (!key) return std::unexpected(key.error());
        if (use != "encryption") into.signing_keys.push_back(*key);
        if (use != "signing") into.encryption_keys.push_back(*key);
        if (into.signing_keys.size() > kMostKeys || into.encryption_keys.size() > kMostKeys)
          return refuse(Refusal::TooLarge, "too many keys");
      }
    }
  }
  return {};
}

Status read_endpoint(Element e, std::vector<Endpoint>& into) {
  Endpoint found{e.attribute("Binding").value_or(""),
                 e.attribute("Location").value_or(""),
                 e.attribute("ResponseLocation").value_or(""),
                 {},
                 is_true(e.attribute("isDefault"))};
  if (found.binding.empty() || found.location.empty()) return bad("an endpoint without a binding or a location");
  if (const auto index = e.attribute("index")) {
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(index->data(), index->data() + index->size(), number);
    if (error != std::errc() || end != index->data() + index->size()) return bad("an endpoint's index that is not a number");
    found.index = number;
  }
  into.push_back(std::move(found));
  if (into.size() > kMostEndpoints) return refuse(Refusal::TooLarge, "too many endpoints");
  return {};
}

// What both roles have; false where the child is none of it.
Result<bool> read_shared(Element child, Role& into) {
  if (child.space() != kMetadata) return false;
  if (child.name() == "KeyDescriptor") {
    TRY_VOID(read_keys(child, into));
  } else if (child.name() == "SingleLogoutService") {
    TRY_VOID(read_endpoint(child, into.logout));
  } else if (child.name() == "NameIDFormat") {
    TRY(const auto format, child.text());
    into.name_formats.emplace_back(xml::trim(format));
  } else {
    return false;
  }
  return true;
}

// protocolSupportEnumeration is a list of names.
bool speaks_saml2(Element role) {
  const auto list = role.attribute("protocolSupportEnumeration").value_or("");
  for (auto rest = xml::trim(list); !rest.empty(); rest = xml::trim(rest)) {
    const auto end = std::min(rest.find_first_of(" \t\r\n"), rest.size());
    if (rest.substr(0, end) == kProtocol) return true;
    rest.remove_prefix(end);
  }
  return false;
}

unsigned bits_of(crypto::Curve curve) {
  switch (curve) {
    case crypto::Curve::P256: return 256;
    case crypto::Curve::P384: return 384;
    case crypto::Curve::P521: return 521;
    default: return 0;
  }
}

// [SAMLAlg §2.4] MinKeySize and MaxKeySize, where they stand. RSA keys come in any size that somebody asks for.
bool size_fits(Element method, crypto::SignAlg alg) {
  const auto bits = bits_of(crypto::info(alg).curve);
  const auto bound = [&](std::string_view name, unsigned none) -> std::optional<unsigned> {
    const auto text = method.attribute(name);
    if (!text) return none;
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
    return number;
  };
  const auto least = bound("MinKeySize", bits), most = bound("MaxKeySize", bits);
  return bits == 0 || (least && most && *least <= bits && bits <= *most);
}

// The signatures that an entity or a role says it verifies; nothing where it says nothing, which is not the same as none.
std::optional<std::vector<crypto::SignAlg>> announced(Element descriptor) {
  std::optional<std::vector<crypto::SignAlg>> found;
  for (const auto extensions : descriptor.elements_amid_text()) {
    if (!extensions.is(kMetadata, "Extensions")) continue;
    for (const auto method : extensions.elements_amid_text()) {
      if (!method.is(kAlgorithmSupport, "SigningMethod")) continue;
      if (!found) found.emplace();
      const auto alg = xml::signature_alg(method.attribute("Algorithm").value_or(""));
      if (alg && size_fits(method, *alg) && std::ranges::find(*found, *alg) == found->end()) found->push_back(*alg);
    }
  }
  return found;
}

Result<IdpRole> read_idp(Element e) {
  IdpRole role;
  role.wants_requests_signed = is_true(e.attribute("WantAuthnRequestsSigned"));
  for (const auto child : e.elements_amid_text()) {
    TRY(const bool shared, read_shared(child, role));
    if (!shared && child.is(kMetadata, "SingleSignOnService")) TRY_VOID(read_endpoint(child, role.single_sign_on));
  }
  return role;
}

Result<SpRole> read_sp(Element e) {
  SpRole role;
  role.signs_requests = is_true(e.attribute("AuthnRequestsSigned"));
  role.wants_assertions_signed = is_true(e.attribute("WantAssertionsSigned"));
  for (const auto child : e.elements_amid_text()) {
    TRY(const bool shared, read_shared(child, role));
    if (!shared && child.is(kMetadata, "AssertionConsumerService")) TRY_VOID(read_endpoint(child, role.assertion_consumers));
  }
  return role;
}

Result<std::optional<Instant>> earlier(std::optional<Instant> a, Element e) {
  TRY(const auto b, time_attribute(e, "validUntil"));
  if (!a || !b) return a ? a : b;
  return std::optional(std::min(*a, *b));
}

Result<Metadata> read_entity(Element e, std::optional<Instant> valid_until) {
  Metadata found;
  found.entity = e.attribute("entityID").value_or("");
  if (found.entity.empty()) return bad("an entity without a name");
  TRY(found.valid_until, earlier(valid_until, e));
  const auto of_entity = announced(e);
  for (const auto child : e.elements_amid_text()) {
    const bool idp = child.is(kMetadata, "IDPSSODescriptor"), sp = child.is(kMetadata, "SPSSODescriptor");
    if ((!idp && !sp) || !speaks_saml2(child)) continue;
    if (idp ? found.idp.has_value() : found.sp.has_value()) return bad("one role of an entity twice");
    Role* role = nullptr;
    if (idp) {
      TRY(found.idp, read_idp(child));
      role = &*found.idp;
    } else {
      TRY(found.sp, read_sp(child));
      role = &*found.sp;
    }
    // [SAMLAlg §2.3] what the role says stands in the place of what the entity says.
    const auto of_role = announced(child);
    if (of_role || of_entity) role->verifies = of_role ? *of_role : *of_entity;
  }
  return found;
}

Status gather(Element e, std::vector<Element>& into) {
  if (e.is(kMetadata, "EntityDescriptor")) into.push_back(e);
  if (e.is(kMetadata, "EntitiesDescriptor"))
    for (const auto child : e.elements_amid_text()) TRY_VOID(gather(child, into));
  return {};
}

}  // namespace

Result<Metadata> parse_metadata(std::string_view text, std::string_view entity) {
  TRY(const auto document, xml::Document::parse(text, {.size = 4 << 20, .depth = 64, .elements = 100'000, .attributes = 64}));
  std::vector<Element> entities;
  TRY_VOID(gather(document.root(), entities));
  if (entities.empty()) return refuse(Refusal::WrongType, "not SAML metadata");
  if (!entity.empty()) std::erase_if(entities, [&](Element e) { return e.attribute("entityID") != entity; });
  if (entities.empty()) return refuse(Refusal::NotFound, "no entity of that name in the metadata");
  if (entities.size() > 1) return refuse(Refusal::Malformed, entity.empty() ? "several entities: say which" : "one entity twice");
  std::optional<Instant> valid_until;
  for (auto above = entities[0].parent(); above; above = above->parent()) { TRY(valid_until, earlier(valid_until, *above)); }
  return read_entity(entities[0], valid_until);
}

const Endpoint* endpoint_of(const std::vector<Endpoint>& endpoints, std::string_view binding) {
  const Endpoint* found = nullptr;
  for (const auto& endpoint : endpoints) {
    if (endpoint.binding != binding) continue;
    if (endpoint.is_default) return &endpoint;
    if (found == nullptr) found = &endpoint;
  }
  return found;
}

}  // namespace jeton::saml
