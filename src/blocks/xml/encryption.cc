#include "blocks/xml/encryption.h"

#include "blocks/crypto/envelope/content.h"
#include "blocks/xml/base64.h"
#include "blocks/xml/names.h"
#include "blocks/xml/writer.h"
#include "ground/secret_pass.h"

namespace jeton::xml {
namespace {

using crypto::OaepHash;
constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }
constexpr auto unsupported(std::string_view what) { return refuse(Refusal::Unsupported, what); }
// One text for all that goes wrong behind the key.
constexpr std::string_view kDoesNotOpen = "the encrypted element does not open";

constexpr std::size_t kNonce = 12, kTag = 16;   // XML Encryption 1.1 §5.2.4: nonce, ciphertext, tag

struct Parsed {
  crypto::ContentAlg content = crypto::ContentAlg::A256Gcm;
  crypto::Oaep scheme;
  Bytes wrapped, sealed;
};

Result<OaepHash> hash_named(std::string_view uri) {
  if (uri == kSha1) return OaepHash::Sha1;
  if (uri == kSha256) return OaepHash::Sha256;
  if (uri == kSha384) return OaepHash::Sha384;
  if (uri == kSha512) return OaepHash::Sha512;
  return unsupported("a digest that RSA-OAEP is not used with here");
}

Result<OaepHash> mask_named(std::string_view uri) {
  constexpr std::string_view kMgf = "http://www.w3.org/2009/xmlenc11#mgf1";
  if (!uri.starts_with(kMgf)) return unsupported("a mask that RSA-OAEP is not used with here");
  uri.remove_prefix(kMgf.size());
  if (uri == "sha1") return OaepHash::Sha1;
  if (uri == "sha256") return OaepHash::Sha256;
  if (uri == "sha384") return OaepHash::Sha384;
  if (uri == "sha512") return OaepHash::Sha512;
  return unsupported("a mask that RSA-OAEP is not used with here");
}

Result<crypto::ContentAlg> content_alg(std::string_view uri) {
  if (uri == "http://www.w3.org/2009/xmlenc11#aes128-gcm") return crypto::ContentAlg::A128Gcm;
  if (uri == "http://www.w3.org/2009/xmlenc11#aes192-gcm") return crypto::ContentAlg::A192Gcm;
  if (uri == "http://www.w3.org/2009/xmlenc11#aes256-gcm") return crypto::ContentAlg::A256Gcm;
  return unsupported("content encryption other than AES-GCM");
}

Result<Bytes> cipher_value(Element cipher_data) {
  TRY(auto parts, Sequence::of(cipher_data));
  TRY(const auto value, parts.need(kXenc, "CipherValue", "cipher data without its value"));
  TRY_VOID(parts.end("more in the cipher data than its value"));
  TRY(const auto text, value.plain_text());
  auto octets = base64::decode(text);
  if (!octets) return bad("a cipher value that is not base64");
  return *std::move(octets);
}

// XML Encryption 1.1 §5.5.2: the old name has MGF1 with SHA-1 built in, the new one names its mask; SHA-1 where none is named.
Result<crypto::Oaep> read_scheme(Element method) {
  const auto algorithm = method.attribute("Algorithm").value_or("");
  const bool old = algorithm == "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
  if (!old && algorithm != "http://www.w3.org/2009/xmlenc11#rsa-oaep") return unsupported("key transport other than RSA-OAEP");
  crypto::Oaep scheme{.digest = OaepHash::Sha1, .mask = OaepHash::Sha1, .label = {}};
  TRY(const auto parameters, method.elements());
  for (const auto parameter : parameters) {
    if (parameter.is(kXenc, "OAEPparams")) {
      TRY(const auto text, parameter.plain_text());
      const auto label = base64::decode(text);
      if (!label) return bad("OAEP parameters that are not base64");
      scheme.label = *label;
    } else if (parameter.is(kDs, "DigestMethod")) {
      TRY(scheme.digest, hash_named(parameter.attribute("Algorithm").value_or("")));
    } else if (parameter.is(kXenc11, "MGF") && !old) {
      TRY(scheme.mask, mask_named(parameter.attribute("Algorithm").value_or("")));
    } else {
      return unsupported("unknown parameters of the key transport");
    }
  }
  return scheme;
}

Status read_key(Element encrypted_key, Parsed& into) {
  TRY(auto parts, Sequence::of(encrypted_key));
  TRY(const auto method, parts.need(kXenc, "EncryptionMethod", "an encrypted key without its method"));
  TRY(into.scheme, read_scheme(method));
  parts.take(kDs, "KeyInfo");   // whose key it is: there is only ours
  TRY(const auto data, parts.need(kXenc, "CipherData", "an encrypted key without its data"));
  TRY(into.wrapped, cipher_value(data));
  parts.take(kXenc, "ReferenceList");
  parts.take(kXenc, "CarriedKeyName");
  return parts.end("more in the encrypted key than belongs there");
}

Result<Element> the_key(const std::optional<Element>& key_info, std::span<const Element> beside) {
  std::vector<Element> keys(beside.begin(), beside.end());
  if (key_info)
    for (const auto child : key_info->elements_amid_text())
      if (child.is(kXenc, "EncryptedKey")) keys.push_back(child);
  if (keys.size() != 1) return unsupported("encrypted content comes with one encrypted key");
  return keys[0];
}

Result<Parsed> read(Element holder) {
  TRY(auto around, Sequence::of(holder));
  TRY(const auto data, around.need(kXenc, "EncryptedData", "no encrypted data"));
  std::vector<Element> beside;
  while (const auto key = around.take(kXenc, "EncryptedKey")) beside.push_back(*key);
  TRY_VOID(around.end("more beside the encrypted data than its key"));
  TRY(auto parts, Sequence::of(data));
  TRY(const auto method, parts.need(kXenc, "EncryptionMethod", "encrypted data without its method"));
  Parsed parsed;
  TRY(parsed.content, content_alg(method.attribute("Algorithm").value_or("")));
  const auto key_info = parts.take(kDs, "KeyInfo");
  TRY(const auto cipher_data, parts.need(kXenc, "CipherData", "encrypted data without its data"));
  TRY(parsed.sealed, cipher_value(cipher_data));
  TRY_VOID(parts.end("more in the encrypted data than belongs there"));
  TRY(const auto key, the_key(key_info, beside));
  TRY_VOID(read_key(key, parsed));
  return parsed;
}

Result<Secret> open_content(const Secret& key, const Parsed& parsed) {
  const ByteView sealed = parsed.sealed;
  if (sealed.size() < kNonce + kTag) return refuse(Refusal::BadSignature, kDoesNotOpen);
  return crypto::open_content(parsed.content, key, sealed.first(kNonce), {}, sealed.subspan(kNonce, sealed.size() - kNonce - kTag),
                              sealed.last(kTag));
}

Result<Bytes> seal_content(const Secret& key, ByteView plain, Entropy& entropy) {
  Bytes out(kNonce);
  TRY_VOID(entropy.fill(out));
  TRY(const auto sealed, crypto::seal_content(crypto::ContentAlg::A256Gcm, key, out, {}, plain));
  out.insert(out.end(), sealed.ciphertext.begin(), sealed.ciphertext.end());
  out.insert(out.end(), sealed.tag.begin(), sealed.tag.end());
  return out;
}

// The plain text as the one child of an element that declares what was in scope where it stood.
std::string in_scope(Element holder, std::string_view plain) {
  std::string out = "<opened";
  for (const auto& [prefix, name] : holder.scope()) {
    out.append(prefix.empty() ? " xmlns" : " xmlns:").append(prefix).append("=\"");
    append_attribute(out, name);
    out += '"';
  }
  return out.append(">").append(plain).append("</opened>");
}

Result<Document> read_plain(Element holder, std::string_view plain) {
  auto document = Document::parse(in_scope(holder, plain));
  if (!document) return refuse(Refusal::BadSignature, kDoesNotOpen);
  const auto children = document->root().elements();
  if (!children || children->size() != 1) return refuse(Refusal::BadSignature, kDoesNotOpen);
  return *std::move(document);
}

}  // namespace

Element Opened::element() const { return document_.root().elements_amid_text().front(); }

Result<Opened> open(Element holder, std::span<const crypto::UnwrapKey> keys) {
  TRY(const auto parsed, read(holder));
  if (keys.empty()) return refuse(Refusal::UnknownKey, "encrypted, and no key was given to open it");
  for (const auto& key : keys) {
    TRY(const auto content_key, key.unwrap(parsed.scheme, parsed.wrapped, crypto::info(parsed.content).key_size));
    const auto plain = open_content(content_key, parsed);
    if (!plain && plain.error().is_fault()) return std::unexpected(plain.error());
    if (!plain) continue;
    TRY(auto document, read_plain(holder, as_text(plain->read(Pass::key()))));
    return Opened(std::move(document));
  }
  return refuse(Refusal::BadSignature, kDoesNotOpen);
}

Result<std::string> seal(std::string_view element, const crypto::PublicParts& to, Entropy& entropy) {
  Secret key(32);
  TRY_VOID(entropy.fill(key.write(Pass::key())));
  const crypto::Oaep scheme{.digest = OaepHash::Sha1, .mask = OaepHash::Sha1, .label = {}};
  TRY(const auto recipient, crypto::WrapKey::from_public(to));
  TRY(const auto wrapped, recipient.wrap(scheme, key));
  TRY(const auto sealed, seal_content(key, as_bytes(element), entropy));
  std::string out;
  const auto data = [&](ByteView octets) {
    out.append("<xenc:CipherData><xenc:CipherValue>").append(base64::encode(octets)).append("</xenc:CipherValue></xenc:CipherData>");
  };
  out.append("<xenc:EncryptedData xmlns:xenc=\"").append(kXenc).append("\" Type=\"").append(kXenc).append("Element\">");
  out.append("<xenc:EncryptionMethod Algorithm=\"").append(kXenc11).append("aes256-gcm\"></xenc:EncryptionMethod>");
  out.append("<ds:KeyInfo xmlns:ds=\"").append(kDs).append("\"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm=\"");
  out.append(kXenc).append("rsa-oaep-mgf1p\"><ds:DigestMethod Algorithm=\"").append(kSha1);
  out.append("\"></ds:DigestMethod></xenc:EncryptionMethod>");
  data(wrapped);
  out.append("</xenc:EncryptedKey></ds:KeyInfo>");
  data(sealed);
  return out.append("</xenc:EncryptedData>");
}

}  // namespace jeton::xml
