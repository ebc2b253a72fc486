#include "blocks/crypto/pem/identity.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "blocks/crypto/pem/blocks.h"
#include "blocks/net/address.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;

constexpr std::size_t kMostPem = 1 << 20;
constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

std::string subject_of(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  constexpr unsigned long kForm = (XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  if (!bio || X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, kForm) < 0) return {};
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(std::max(size, 0L)));
}

std::string_view text_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// The text of an iPAddress; empty where it is none.
std::string address_of(std::string_view octets) {
  std::array<std::uint8_t, 4> four;
  std::array<std::uint8_t, 16> sixteen;
  if (octets.size() == four.size()) {
    std::copy(octets.begin(), octets.end(), four.begin());
    return net::Address::v4(four).text();
  }
  if (octets.size() != sixteen.size()) return {};
  std::copy(octets.begin(), octets.end(), sixteen.begin());
  return net::Address::v6(sixteen).text();
}

// Certificates, at least one, and no block of another kind.
Result<std::vector<X509Ptr>> read_all(std::string_view text) {
  TRY(const auto blocks, pem_blocks(text, kMostPem));
  std::vector<X509Ptr> out;
  for (const auto& block : blocks) {
    out.push_back(block.is_certificate() ? read_certificate(block.der.read(Pass::key())) : nullptr);
    if (!out.back()) return bad("certificates in PEM are expected, and nothing else");
  }
  return out;
}

}  // namespace

Result<CertificateNames> names_of_certificate(ByteView der) {
  const auto certificate = read_certificate(der);
  if (!certificate) return bad("no certificate");
  CertificateNames out;
  out.subject = subject_of(certificate.get());
  const NamesPtr names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    const auto into = name->type == GEN_DNS     ? &out.dns
                      : name->type == GEN_URI   ? &out.uris
                      : name->type == GEN_EMAIL ? &out.emails
                                                : nullptr;
    if (into != nullptr) {
      const auto text = text_of(name->d.ia5);
      if (text.find('\0') != std::string_view::npos) return bad("a certificate's name with NUL in it");
      into->emplace_back(text);
    } else if (name->type == GEN_IPADD) {
      if (auto text = address_of(text_of(name->d.iPAddress)); !text.empty()) out.addresses.push_back(std::move(text));
    }
  }
  return out;
}

Result<Bytes> certificate_of_pem(std::string_view text) {
  TRY(const auto blocks, pem_blocks(text, kMostPem));
  if (blocks.size() != 1 || !blocks[0].is_certificate()) return bad("one certificate in PEM is expected");
  const auto der = blocks[0].der.read(Pass::key());
  if (!read_certificate(der)) return bad("no certificate");
  return Bytes(der.begin(), der.end());
}

Result<Authorities> Authorities::of_pem(std::string_view text) {
  TRY(const auto all, read_all(text));
  Authorities out;
  out.store_ = std::shared_ptr<void>(X509_STORE_new(), [](void* store) { X509_STORE_free(static_cast<X509_STORE*>(store)); });
  auto* const store = static_cast<X509_STORE*>(out.store_.get());
  bool good = store != nullptr;
  for (const auto& certificate : all) good = good && X509_STORE_add_cert(store, certificate.get()) == 1;
  ERR_clear_error();
  if (!good) return bad("one or more certificates in PEM are expected");
  return out;
}

bool Authorities::vouch_for(ByteView der, Instant now) const {
  const auto certificate = read_certificate(der);
  const StoreContextPtr context(X509_STORE_CTX_new());
  if (!certificate || !context ||
      X509_STORE_CTX_init(context.get(), static_cast<X509_STORE*>(store_.get()), certificate.get(), nullptr) != 1)
    return false;
  auto* const param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(param, static_cast<time_t>(now.seconds()));
  X509_VERIFY_PARAM_set_auth_level(param, 2);
  const bool good = X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT) == 1 && X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace jeton::crypto
