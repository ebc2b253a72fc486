#include "blocks/xml/signature.h"

#include <algorithm>

#include "blocks/crypto/hash.h"
#include "blocks/xml/base64.h"
#include "blocks/xml/canonical.h"
#include "blocks/xml/names.h"

namespace jeton::xml {
namespace {

using crypto::HashAlg;
constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }
constexpr auto unsupported(std::string_view what) { return refuse(Refusal::Unsupported, what); }
constexpr std::size_t kMostPrefixes = 32;

// What a signature says of itself, before anything of it was believed.
struct Parsed {
  Element signed_info;
  std::vector<std::string> info_prefixes, content_prefixes;
  crypto::SignAlg alg;
  HashAlg digest_alg;
  std::string uri;
  Bytes digest, signature;
};

Result<std::string> algorithm_of(Element e) {
  TRY_VOID(e.only_attributes({"Algorithm"}));
  auto algorithm = e.attribute("Algorithm");
  if (!algorithm) return bad("an algorithm without a name");
  return *std::move(algorithm);
}

// A method whose algorithm takes no parameters: HMACOutputLength and its like have no place.
Result<std::string> bare_algorithm(Element e) {
  TRY(auto children, e.elements());
  if (!children.empty()) return unsupported("an algorithm with parameters");
  return algorithm_of(e);
}

// Exclusive canonicalisation, and the prefixes it is told to keep.
Result<std::vector<std::string>> exclusive(Element e) {
  TRY(const auto algorithm, algorithm_of(e));
  if (algorithm != kExclusive) return unsupported("a canonicalisation other than the exclusive one");
  TRY(auto children, Sequence::of(e));
  const auto inclusive = children.take(kExclusive, "InclusiveNamespaces");
  TRY_VOID(children.end("unknown parameters of the canonicalisation"));
  std::vector<std::string> prefixes;
  if (!inclusive) return prefixes;
  TRY_VOID(inclusive->only_attributes({"PrefixList"}));
  TRY(const auto nothing, inclusive->elements());
  if (!nothing.empty()) return bad("InclusiveNamespaces holds nothing");
  const auto list = inclusive->attribute("PrefixList").value_or("");
  for (auto rest = trim(list); !rest.empty(); rest = trim(rest)) {
    const auto end = std::min(rest.find_first_of(" \t\r\n"), rest.size());
    prefixes.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  if (prefixes.size() > kMostPrefixes) return refuse(Refusal::TooLarge, "too many prefixes");
  return prefixes;
}

Result<Bytes> base64_of(Element e) {
  TRY(const auto text, e.plain_text());
  auto octets = base64::decode(text);
  if (!octets) return bad("not base64 in the signature");
  return *std::move(octets);
}

Result<HashAlg> digest_alg(std::string_view uri) {
  if (uri == kSha256) return HashAlg::Sha256;
  if (uri == kSha384) return HashAlg::Sha384;
  if (uri == kSha512) return HashAlg::Sha512;
  return unsupported("a digest other than SHA-256, SHA-384 and SHA-512");
}

// Exactly enveloped-signature and then exclusive canonicalisation.
Status read_transforms(Element transforms, Parsed& into) {
  TRY(auto list, Sequence::of(transforms));
  TRY(const auto first, list.need(kDs, "Transform", "the transforms are enveloped-signature and exclusive canonicalisation"));
  TRY(const auto second, list.need(kDs, "Transform", "the transforms are enveloped-signature and exclusive canonicalisation"));
  TRY_VOID(list.end("more than two transforms"));
  TRY(const auto enveloped, bare_algorithm(first));
  if (enveloped != kEnveloped) return unsupported("a transform other than enveloped-signature and exclusive canonicalisation");
  TRY(into.content_prefixes, exclusive(second));
  return {};
}

Status read_reference(Element reference, Parsed& into) {
  TRY_VOID(reference.only_attributes({"Id", "URI", "Type"}));
  const auto uri = reference.attribute("URI");
  if (!uri) return bad("a reference without a URI");
  into.uri = *uri;
  TRY(auto parts, Sequence::of(reference));
  TRY(const auto transforms, parts.need(kDs, "Transforms", "a reference without transforms"));
  TRY_VOID(read_transforms(transforms, into));
  TRY(const auto method, parts.need(kDs, "DigestMethod", "a reference without a digest method"));
  TRY(const auto name, bare_algorithm(method));
  TRY(into.digest_alg, digest_alg(name));
  TRY(const auto value, parts.need(kDs, "DigestValue", "a reference without a digest"));
  TRY(into.digest, base64_of(value));
  return parts.end("more in the reference than one digest");
}

// RFC 3275 §4 in the profile's form: one of everything, in its order. KeyInfo may be there and is not looked at.
Result<Parsed> read(Element signature) {
  TRY(auto parts, Sequence::of(signature));
  TRY(const auto info, parts.need(kDs, "SignedInfo", "a signature without SignedInfo"));
  TRY(const auto value, parts.need(kDs, "SignatureValue", "a signature without its value"));
  parts.take(kDs, "KeyInfo");
  TRY_VOID(parts.end("more in the signature than SignedInfo, its value and KeyInfo"));

  Parsed parsed{info, {}, {}, crypto::SignAlg::RS256, HashAlg::Sha256, {}, {}, {}};
  TRY(auto inside, Sequence::of(info));
  TRY(const auto canonicalisation, inside.need(kDs, "CanonicalizationMethod", "SignedInfo without a canonicalisation"));
  TRY(parsed.info_prefixes, exclusive(canonicalisation));
  TRY(const auto method, inside.need(kDs, "SignatureMethod", "SignedInfo without a signature method"));
  TRY(const auto name, bare_algorithm(method));
  const auto alg = signature_alg(name);
  if (!alg) return unsupported("a signature algorithm other than RSA or ECDSA with SHA-2");
  parsed.alg = *alg;
  TRY(const auto reference, inside.need(kDs, "Reference", "SignedInfo without a reference"));
  TRY_VOID(inside.end("more than one reference"));
  TRY_VOID(read_reference(reference, parsed));
  TRY(parsed.signature, base64_of(value));
  return parsed;
}

Status good_under_one(std::string_view message, const Parsed& parsed, std::span<const crypto::VerifyKey> keys) {
  bool any = false;
  for (const auto& key : keys) {
    if (key.alg() != parsed.alg) continue;
    any = true;
    const auto good = key.verify(as_bytes(message), parsed.signature);
    if (good || good.error().is_fault()) return good;
  }
  if (!any) return refuse(Refusal::UnknownKey, "no configured key is of the signature's algorithm");
  return refuse(Refusal::BadSignature, "no configured key made this signature");
}

}  // namespace

Result<std::optional<Element>> signature_of(Element element) {
  std::optional<Element> found;
  for (const auto child : element.elements_amid_text()) {
    if (!child.is(kDs, "Signature")) continue;
    if (found) return bad("two signatures on one element");
    found = child;
  }
  return found;
}

Result<Verified> verify(Element element, Element signature, std::span<const crypto::VerifyKey> keys) {
  if (signature.parent() != element) return refuse(Refusal::Denied, "the signature is not right below what it signs");
  const auto id = element.attribute("ID");
  if (!id || id->empty()) return bad("a signed element without an ID");
  TRY(const auto parsed, read(signature));
  if (parsed.uri.size() != id->size() + 1 || parsed.uri[0] != '#' || parsed.uri.substr(1) != *id)
    return refuse(Refusal::Denied, "the signature's reference is not to the element that carries it");
  // The signature first: until it is good, not even the digest is worth a look.
  TRY(const auto info, canonical(parsed.signed_info, parsed.info_prefixes, std::nullopt));
  TRY_VOID(good_under_one(info, parsed, keys));
  TRY(const auto octets, canonical(element, parsed.content_prefixes, signature));
  std::array<std::uint8_t, 64> digest{};
  const auto size = crypto::hash_into(parsed.digest_alg, as_bytes(octets), digest);
  if (!equal_constant_time(ByteView(digest).first(size), parsed.digest))
    return refuse(Refusal::BadSignature, "the signed element was changed");
  TRY(auto document, Document::parse(octets));
  return Verified(std::move(document));
}

Result<std::string> sign(std::string_view octets, std::string_view id, const crypto::SignKey& key) {
  const auto uri = signature_uri(key.alg());
  if (uri.empty()) return refuse(Refusal::Unsupported, "an RSA or ECDSA key signs XML");
  std::array<std::uint8_t, 32> digest = crypto::sha256(as_bytes(octets));
  const auto method = [](std::string_view element, std::string_view algorithm) {
    std::string out = "<ds:";
    out.append(element).append(" Algorithm=\"").append(algorithm).append("\"></ds:").append(element).append(">");
    return out;
  };
  // SignedInfo is canonicalised as an apex of its own and then carries the declaration; inside ds:Signature it does not.
  std::string inside = method("CanonicalizationMethod", kExclusive) + method("SignatureMethod", uri);
  inside.append("<ds:Reference URI=\"#").append(id).append("\"><ds:Transforms>");
  inside += method("Transform", kEnveloped) + method("Transform", kExclusive);
  inside.append("</ds:Transforms>").append(method("DigestMethod", kSha256));
  inside.append("<ds:DigestValue>").append(base64::encode(digest)).append("</ds:DigestValue></ds:Reference></ds:SignedInfo>");
  const std::string declaration = " xmlns:ds=\"" + std::string(kDs) + "\"";
  Bytes value(key.signature_size());
  TRY_VOID(key.sign(as_bytes("<ds:SignedInfo" + declaration + ">" + inside), value));
  return "<ds:Signature" + declaration + "><ds:SignedInfo>" + inside + "<ds:SignatureValue>" + base64::encode(value) +
         "</ds:SignatureValue></ds:Signature>";
}

}  // namespace jeton::xml
