// The files of TLS, read again when they change.
#pragma once

#include <mutex>
#include <string>

#include "program/server/certificate.h"
#include "program/server/server.h"

namespace jeton::serve {

// Any thread.
class Certificates {
 public:
  Certificates(server::Server& server, server::TlsFiles files, server::ForwardedCertificates& forwarded)
      : server_(server), files_(std::move(files)), forwarded_(forwarded), seen_(look()) {}

  // Who vouches for what proxies pass on. Config where the file holds no certificates.
  Status trust();
  // Where a file is not as it was when it was last read.
  void reload_changed();
  // What is not good is logged, and what was read before stays.
  void reload();

 private:
  std::string look() const;
  void read();
  server::Server& server_;
  const server::TlsFiles files_;
  server::ForwardedCertificates& forwarded_;
  std::mutex mutex_;
  std::string seen_;   // under mutex_: what the files looked like
};

}  // namespace jeton::serve
