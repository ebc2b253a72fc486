#include "formats/saml/binding.h"

#include "blocks/deflate/deflate.h"
#include "blocks/http/form.h"
#include "blocks/xml/base64.h"
#include "formats/saml/names.h"
#include "formats/saml/parts.h"

namespace jeton::saml {
namespace {

constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }
constexpr std::size_t kMostQuery = 64 << 10, kMostMessage = 256 << 10, kMostForm = 1 << 20;
constexpr std::string_view kDeflate = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";
constexpr xml::Limits kLimits{.size = kMostMessage, .depth = 64, .elements = 20'000, .attributes = 64};

// The parameters of a redirect, as they stand.
struct Query {
  std::optional<std::string_view> request, response, relay_state, algorithm, signature, encoding;
};

Status take(std::string_view name, std::string_view value, Query& into) {
  const std::pair<std::string_view, std::optional<std::string_view>*> places[] = {
      {"SAMLRequest", &into.request}, {"SAMLResponse", &into.response}, {"RelayState", &into.relay_state},
      {"SigAlg", &into.algorithm},    {"Signature", &into.signature},   {"SAMLEncoding", &into.encoding},
  };
  for (const auto& [known, place] : places) {
    if (name != known) continue;
    if (*place) return bad("a parameter twice");
    *place = value;
  }
  return {};
}

Result<Query> read_query(std::string_view query) {
  if (query.size() > kMostQuery) return refuse(Refusal::TooLarge, "a query too long");
  Query found;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    // A name in another spelling is not looked for: it could be one parameter to us and another to who signed.
    TRY_VOID(take(pair.substr(0, equals), pair.substr(equals + 1), found));
  }
  return found;
}

Result<Bytes> base64_of(std::string_view parameter) {
  TRY(const auto text, http::percent_decode(parameter, http::Plus::Literal));
  auto octets = base64::decode(text);
  if (!octets) return bad("a parameter that is not base64");
  return *std::move(octets);
}

// [SAMLBind §3.4.4.1] SAMLRequest=value&RelayState=value&SigAlg=value, each as it was sent.
std::string signed_octets(std::string_view name, std::string_view message, std::optional<std::string_view> relay_state,
                          std::string_view algorithm) {
  std::string out(name);
  out.append("=").append(message);
  if (relay_state) out.append("&RelayState=").append(*relay_state);
  return out.append("&SigAlg=").append(algorithm);
}

std::string_view parameter_of(Carried carried) { return carried == Carried::Request ? "SAMLRequest" : "SAMLResponse"; }

Result<std::optional<Detached>> read_signature(const Query& query, Carried carried, std::string_view message) {
  if (!query.signature && !query.algorithm) return std::optional<Detached>();
  if (!query.signature || !query.algorithm) return bad("a signature without its algorithm, or the other way round");
  TRY(const auto uri, http::percent_decode(*query.algorithm, http::Plus::Literal));
  const auto alg = xml::signature_alg(uri);
  if (!alg) return refuse(Refusal::Unsupported, "a signature algorithm other than RSA or ECDSA with SHA-2");
  TRY(auto signature, base64_of(*query.signature));
  return std::optional(
      Detached{signed_octets(parameter_of(carried), message, query.relay_state, *query.algorithm), *alg, std::move(signature)});
}

Status good_under_one(const Detached& detached, std::span<const crypto::VerifyKey> keys) {
  for (const auto& key : keys) {
    if (key.alg() != detached.alg) continue;
    const auto good = key.verify(as_bytes(detached.octets), detached.signature);
    if (good || good.error().is_fault()) return good;
  }
  return refuse(Refusal::BadSignature, "no configured key made this signature");
}

}  // namespace

Result<std::string> Inbound::claimed_issuer() const {
  for (const auto child : document.root().elements_amid_text())
    if (child.is(kAssertion, "Issuer")) return read_issuer(child);
  return bad("a message without an issuer");
}

Result<Inbound> parse_redirect(std::string_view query) {
  TRY(const auto found, read_query(query));
  if (found.request.has_value() == found.response.has_value()) return bad("one of SAMLRequest and SAMLResponse");
  if (found.encoding) {
    TRY(const auto encoding, http::percent_decode(*found.encoding, http::Plus::Literal));
    if (encoding != kDeflate) return refuse(Refusal::Unsupported, "another encoding than DEFLATE");
  }
  const auto carried = found.request ? Carried::Request : Carried::Response;
  const auto message = found.request ? *found.request : *found.response;
  TRY(const auto packed, base64_of(message));
  TRY(const auto octets, deflate::expand(packed, kMostMessage));
  TRY(auto document, xml::Document::parse(as_text(octets), kLimits));
  TRY(auto relay_state, http::percent_decode(found.relay_state.value_or(""), http::Plus::Space));
  if (relay_state.size() > kMostRelayState) return refuse(Refusal::TooLarge, "RelayState has at most 80 octets");
  TRY(auto detached, read_signature(found, carried, message));
  return Inbound{carried, std::move(document), std::move(relay_state), std::move(detached)};
}

Result<Inbound> parse_post(Carried carried, std::string_view value, std::string_view relay_state) {
  if (value.size() > kMostForm) return refuse(Refusal::TooLarge, "a message too long");
  if (relay_state.size() > kMostRelayState) return refuse(Refusal::TooLarge, "RelayState has at most 80 octets");
  const auto octets = base64::decode(value);
  if (!octets) return bad("a message that is not base64");
  TRY(auto document, xml::Document::parse(as_text(*octets), kLimits));
  return Inbound{carried, std::move(document), std::string(relay_state), std::nullopt};
}

Result<Proven> prove(const Inbound& inbound, std::span<const crypto::VerifyKey> keys, Need need) {
  Proven proven;
  proven.inbound_ = &inbound;
  if (inbound.detached) {
    TRY_VOID(good_under_one(*inbound.detached, keys));
    proven.signed_ = true;
    return proven;
  }
  TRY(const auto signature, xml::signature_of(inbound.document.root()));
  if (signature) {
    TRY(proven.verified_, xml::verify(inbound.document.root(), *signature, keys));
    proven.signed_ = true;
    return proven;
  }
  if (need == Need::Signature) return refuse(Refusal::Denied, "the message is not signed");
  return proven;
}

Result<std::string> redirect_url(std::string_view location, Carried carried, std::string_view message, std::string_view relay_state,
                                 const crypto::SignKey* key) {
  if (relay_state.size() > kMostRelayState) return refuse(Refusal::TooLarge, "RelayState has at most 80 octets");
  TRY(const auto packed, deflate::pack(as_bytes(message)));
  const auto value = http::percent_encode(base64::encode(packed));
  const auto relay = http::percent_encode(relay_state);
  std::string url(location);
  url += location.find('?') == std::string_view::npos ? '?' : '&';
  if (key == nullptr) {
    url.append(parameter_of(carried)).append("=").append(value);
    if (!relay.empty()) url.append("&RelayState=").append(relay);
    return url;
  }
  const auto uri = xml::signature_uri(key->alg());
  if (uri.empty()) return refuse(Refusal::Unsupported, "an RSA or ECDSA key signs SAML");
  const auto octets = signed_octets(parameter_of(carried), value, relay.empty() ? std::nullopt : std::optional<std::string_view>(relay),
                                    http::percent_encode(uri));
  Bytes signature(key->signature_size());
  TRY_VOID(key->sign(as_bytes(octets), signature));
  return url.append(octets).append("&Signature=").append(http::percent_encode(base64::encode(signature)));
}

std::string post_value(std::string_view message) { return base64::encode(as_bytes(message)); }

}  // namespace jeton::saml
