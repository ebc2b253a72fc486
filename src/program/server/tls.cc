#include "program/server/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "authority/keys/files.h"
#include "ground/secret_pass.h"

namespace jeton::server {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};

// What TLS 1.2 may use: forward secrecy and authenticated encryption. TLS 1.3 has nothing else.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::string_view kHttp = "\x08http/1.1";
constexpr unsigned char kSessions[] = "jeton";

constexpr auto bad(std::string_view what) { return fault(Fault::Config, what); }

// An encrypted key is refused: nobody is asked for a password.
int no_password(char*, int, int, void*) { return -1; }

// Whatever the chain: what it is worth is told with the certificate.
int take_any(int, X509_STORE_CTX*) { return 1; }

int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, size, reinterpret_cast<const unsigned char*>(kHttp.data()),
                                          static_cast<unsigned int>(kHttp.size()), offered, offered_size);
  *out = chosen;
  // [RFC7301 §3.2] no protocol in common is fatal
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Status use_key(SSL_CTX* context, const std::string& file) {
  const auto text = keys::read_private_file(file);
  if (!text && text.error().is(Refusal::NotFound)) return bad("the TLS key's file is not there");
  if (!text) return std::unexpected(text.error());
  const auto octets = text->read(program::Pass::key());
  const std::unique_ptr<BIO, Freed<BIO_free_all>> bio(BIO_new_mem_buf(octets.data(), static_cast<int>(octets.size())));
  const std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key) return bad("the TLS key's file holds no key in PEM, or an encrypted one");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return bad("the TLS key is not the certificate's");
  return {};
}

Status ask_for_certificates(SSL_CTX* context, const std::string& authorities) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, take_any);
  // A resumed session would bring an old verdict on its certificate: every connection proves it anew.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context, 0);
  if (authorities == kAnyAuthority) return {};
  auto* const names = SSL_load_client_CA_file(authorities.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context, authorities.c_str()) != 1)
    return bad("tls_client_ca names no file with certificates in PEM");
  SSL_CTX_set_client_CA_list(context, names);
  return {};
}

Status set_up(SSL_CTX* context, const TlsFiles& files) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // Without it every record costs two reads.
  SSL_CTX_set_read_ahead(context, 1);
  // Sessions are in their callers' tickets, under a key of this context alone.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(context, kSessions, sizeof kSessions - 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, no_password);
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return bad("the TLS certificate's file cannot be read, or holds none in PEM");
  TRY_VOID(use_key(context, files.key));
  if (!files.client_ca.empty()) TRY_VOID(ask_for_certificates(context, files.client_ca));
  return {};
}

}  // namespace

Result<std::shared_ptr<const Tls>> Tls::load(const TlsFiles& files) {
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) return fault(Fault::Crypto, "TLS cannot be set up");
  std::shared_ptr<const Tls> out(new Tls(context));
  const auto done = set_up(context, files);
  ERR_clear_error();
  if (!done) return std::unexpected(done.error());
  return out;
}

Tls::~Tls() { SSL_CTX_free(context_); }

TlsStream::TlsStream(const Tls& tls, int fd) : stream_(SSL_new(tls.context_)), broken_(stream_ == nullptr) {
  if (broken_) return;
  SSL_set_fd(stream_, fd);
  SSL_set_accept_state(stream_);
}

TlsStream::~TlsStream() {
  finish();
  SSL_free(stream_);
}

ssize_t TlsStream::failed(int result) {
  const int why = SSL_get_error(stream_, result);
  if (why == SSL_ERROR_ZERO_RETURN) return 0;
  const bool waits = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
  broken_ = !waits;
  heard_plain_http_ = why == SSL_ERROR_SSL && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
  errno = waits ? EAGAIN : EPROTO;
  return -1;
}

ssize_t TlsStream::receive(char* room, std::size_t size) {
  errno = EPROTO;
  if (broken_) return -1;
  ERR_clear_error();
  const int n = SSL_read(stream_, room, static_cast<int>(size));
  return n > 0 ? n : failed(n);
}

ssize_t TlsStream::send(const char* data, std::size_t size) {
  errno = EPROTO;
  std::size_t sent = 0;
  while (!broken_ && sent < size) {
    ERR_clear_error();
    // A record at a time.
    const int n = SSL_write(stream_, data + sent, static_cast<int>(std::min<std::size_t>(size - sent, 1 << 30)));
    if (n <= 0) return failed(n), sent > 0 && !broken_ ? static_cast<ssize_t>(sent) : -1;
    sent += static_cast<std::size_t>(n);
  }
  return broken_ ? -1 : static_cast<ssize_t>(sent);
}

void TlsStream::finish() {
  if (broken_ || SSL_in_init(stream_) != 0) return;
  ERR_clear_error();
  SSL_shutdown(stream_);
}

std::optional<TlsStream::Shown> TlsStream::shown() const {
  const std::unique_ptr<X509, Freed<X509_free>> certificate(SSL_get1_peer_certificate(stream_));
  unsigned char* der = nullptr;
  const int size = certificate ? i2d_X509(certificate.get(), &der) : -1;
  if (size <= 0) return std::nullopt;
  Shown out{Bytes(der, der + size), SSL_get_verify_result(stream_) == X509_V_OK};
  OPENSSL_free(der);
  return out;
}

}  // namespace jeton::server
