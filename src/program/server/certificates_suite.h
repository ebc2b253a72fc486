// For tests: authorities and certificates, made by OpenSSL's own program.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "program/server/server.h"

namespace jeton::server {

struct Ran {
  int status = 0;
  std::string out;
};

// What OpenSSL's and curl's own programs say: other implementations than ours.
inline Ran run(const std::string& command) {
  Ran ran;
  FILE* pipe = ::popen(("{ " + command + "; } 2>/dev/null").c_str(), "r");
  char room[4096];
  for (std::size_t n; (n = std::fread(room, 1, sizeof room, pipe)) > 0;) ran.out.append(room, n);
  ran.status = WEXITSTATUS(::pclose(pipe));
  return ran;
}

// Authorities and certificates in a folder of their own, made once.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/jeton-tls-XXXXXX";
    path_ = ::mkdtemp(name);
    authority("ca", "/CN=Authority");
    authority("other", "/CN=Another authority");
    certificate("server", "ca", "/CN=server", "subjectAltName=DNS:localhost,IP:127.0.0.1");
    certificate("second", "ca", "/CN=second", "subjectAltName=DNS:localhost,IP:127.0.0.1");
    certificate(
        "client", "ca", "/O=Example/CN=orders",
        "subjectAltName=DNS:orders.example.com,URI:spiffe://example.com/orders,email:a@example.com,IP:192.0.2.1\nextendedKeyUsage=clientAuth");
    certificate("stranger", "other", "/CN=orders", "subjectAltName=DNS:orders.example.com\nextendedKeyUsage=clientAuth");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator()(const std::string& name) const { return path_ + "/" + name; }
  TlsFiles files(const std::string& name, const std::string& client_ca = {}) const {
    return {(*this)(name + ".pem"), (*this)(name + ".key"), client_ca};
  }
  void put(const std::string& name, const std::string& in_place_of) const {
    for (const auto* end : {".pem", ".key"}) {
      std::filesystem::copy_file((*this)(name + end), (*this)("new"), std::filesystem::copy_options::overwrite_existing);
      std::filesystem::rename((*this)("new"), (*this)(in_place_of + end));
    }
  }
  std::string thumbprint(const std::string& name) const {
    auto text = run("openssl x509 -noout -fingerprint -sha256 -in " + (*this)(name + ".pem")).out;
    text = text.substr(text.find('=') + 1);
    std::erase(text, ':');
    std::erase(text, '\n');
    return text;
  }

 private:
  void authority(const std::string& name, const std::string& subject) const {
    EXPECT_EQ(run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '" + subject + "' -keyout " +
                  (*this)(name + ".key") + " -out " + (*this)(name + ".pem"))
                  .status,
              0);
  }
  void certificate(const std::string& name, const std::string& by, const std::string& subject, const std::string& extensions) const {
    std::ofstream((*this)("extensions")) << "basicConstraints=CA:FALSE\n" << extensions << "\n";
    const auto base = (*this)(name), ca = (*this)(by);
    EXPECT_EQ(run("openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '" + subject + "' -keyout " + base +
                  ".key -out " + base + ".csr")
                  .status,
              0);
    EXPECT_EQ(run("openssl x509 -req -days 2 -in " + base + ".csr -CA " + ca + ".pem -CAkey " + ca + ".key -CAcreateserial -extfile " +
                  (*this)("extensions") + " -out " + base + ".pem")
                  .status,
              0);
    ::chmod((base + ".key").c_str(), 0600);
  }
  std::string path_;
};

inline const Folder& folder() {
  static const Folder one;
  return one;
}

}  // namespace jeton::server
