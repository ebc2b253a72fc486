#include "program/fetch/mail.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "ground/secret_pass.h"
#include "program/fetch/curl.h"

namespace jeton::fetch {
namespace {

struct Rest {
  std::string_view text;
};

std::size_t give(char* to, std::size_t size, std::size_t count, void* from) {
  auto& rest = *static_cast<Rest*>(from);
  const auto n = std::min(rest.text.size(), size * count);
  std::memcpy(to, rest.text.data(), n);
  rest.text.remove_prefix(n);
  return n;
}

}  // namespace

std::expected<void, Trouble> send(const Letter& letter) {
  const auto& c = curl();
  if (!c.good) return std::unexpected(Trouble::NoLibrary);
  const std::unique_ptr<CURL, decltype(c.cleanup)> handle(c.init(), c.cleanup);
  if (!handle) return std::unexpected(Trouble::NoLibrary);
  CURL* h = handle.get();
  const std::unique_ptr<curl_slist, decltype(c.free_list)> recipients(c.append(nullptr, ("<" + letter.recipient + ">").c_str()),
                                                                      c.free_list);
  Rest rest{letter.message};
  std::string password(as_text(letter.password.read(program::Pass::key())));
  c.set(h, CURLOPT_URL, letter.url.c_str());
  c.set(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  c.set(h, CURLOPT_MAIL_FROM, ("<" + letter.from + ">").c_str());
  c.set(h, CURLOPT_MAIL_RCPT, recipients.get());
  c.set(h, CURLOPT_UPLOAD, 1L);
  c.set(h, CURLOPT_READFUNCTION, give);
  c.set(h, CURLOPT_READDATA, &rest);
  c.set(h, CURLOPT_NOSIGNAL, 1L);
  c.set(h, CURLOPT_PROXY, "");
  c.set(h, CURLOPT_CONNECTTIMEOUT, 10L);
  c.set(h, CURLOPT_TIMEOUT, static_cast<long>(letter.timeout.count()));
  // A link that lets somebody in does not cross a network in clear.
  c.set(h, CURLOPT_USE_SSL, static_cast<long>(is_loopback(letter.url) ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') c.set(h, CURLOPT_CAINFO, file);
  if (!letter.user.empty()) {
    c.set(h, CURLOPT_USERNAME, letter.user.c_str());
    c.set(h, CURLOPT_PASSWORD, password.c_str());
  }
  const auto done = c.perform(h);
  wipe({reinterpret_cast<std::uint8_t*>(password.data()), password.size()});
  if (done != CURLE_OK) return std::unexpected(trouble_of(done));
  return {};
}

}  // namespace jeton::fetch
