#include "program/serve/certificates.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "program/log/log.h"

namespace jeton::serve {

// When each was written, where it lies and how long it is.
std::string Certificates::look() const {
  std::string out;
  for (const auto& file : {files_.certificate, files_.key, files_.client_ca}) {
    struct stat s{};
    if (file.empty() || ::stat(file.c_str(), &s) != 0) s = {};
    for (const long long n : {static_cast<long long>(s.st_ino), static_cast<long long>(s.st_size), static_cast<long long>(s.st_mtim.tv_sec),
                              static_cast<long long>(s.st_mtim.tv_nsec)})
      out.append(std::to_string(n)).append(" ");
  }
  return out;
}

Status Certificates::trust() {
  if (!forwarded_.wanted() || files_.client_ca.empty() || files_.client_ca == server::kAnyAuthority) return {};
  std::ifstream file(files_.client_ca, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto authorities = crypto::Authorities::of_pem(text);
  if (!file || !authorities) return fault(Fault::Config, "tls_client_ca names no file with certificates in PEM");
  forwarded_.trust(std::make_shared<const crypto::Authorities>(*std::move(authorities)));
  return {};
}

void Certificates::reload_changed() {
  const std::lock_guard lock(mutex_);
  if (look() != seen_) read();
}

void Certificates::reload() {
  const std::lock_guard lock(mutex_);
  read();
}

void Certificates::read() {
  // Looked at first: what changes while it is read is read again.
  seen_ = look();
  const auto served = server_.reload_tls();
  const auto trusted = served ? trust() : served;
  if (trusted) log::info("tls.reloaded");
  else log::warn("tls.reload", trusted.error().detail());
}

}  // namespace jeton::serve
