#include "program/fetch/fetch.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "blocks/net/prefix_set.h"
#include "program/fetch/curl.h"

namespace jeton::fetch {
namespace {

struct Taken {
  std::string body;
  std::size_t most = 0;
};

std::size_t take(char* data, std::size_t size, std::size_t count, void* to) {
  auto& taken = *static_cast<Taken*>(to);
  const std::size_t n = size * count;
  if (n > taken.most - taken.body.size()) return 0;
  taken.body.append(data, n);
  return n;
}

// The guard's say about one request.
struct Guarded {
  const net::Guard* guard = nullptr;
  std::string host;
  bool refused = false;
};

net::Address address_of(const sockaddr& a) {
  if (a.sa_family == AF_INET) {
    std::array<std::uint8_t, 4> octets;
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in&>(a).sin_addr, octets.size());
    return net::Address::v4(octets);
  }
  if (a.sa_family != AF_INET6) return {};
  std::array<std::uint8_t, 16> octets;
  std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in6&>(a).sin6_addr, octets.size());
  return net::Address::v6(octets);
}

// Called with the address that is connected to, after every resolution: a name that changes its mind changes nothing.
curl_socket_t open_guarded(void* with, curlsocktype, curl_sockaddr* to) {
  auto& guarded = *static_cast<Guarded*>(with);
  if (!guarded.guard->lets(guarded.host, address_of(to->addr))) {
    guarded.refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

}  // namespace

std::string_view text(Trouble trouble) {
  switch (trouble) {
    case Trouble::NoLibrary: return "libcurl.so.4 is not installed (Debian package libcurl4)";
    case Trouble::BadAddress: return "that is not an http or https address";
    case Trouble::NotReached: return "nobody answers there";
    case Trouble::Tls: return "its certificate is not to be trusted";
    case Trouble::Lost: return "the connection was lost before the answer";
    case Trouble::TimedOut: return "no answer came in time";
    case Trouble::TooLarge: return "the answer is too large";
    case Trouble::Forbidden: return "that address is not one to be called (outbound.allow)";
    case Trouble::Refused: return "the mail server refused it";
  }
  return {};
}

bool is_loopback(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  auto host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.find('@') != std::string_view::npos) return false;
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') == std::string_view::npos ? 0 : host.find(']') - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  if (host == "localhost") return true;
  const auto address = net::Address::parse(host);
  return address && (net::Prefix::parse("127.0.0.0/8")->holds(*address) || net::Prefix::parse("::1")->holds(*address));
}

std::expected<Response, Trouble> send(const Request& request) {
  const auto& c = curl();
  if (!c.good) return std::unexpected(Trouble::NoLibrary);
  const std::unique_ptr<CURL, decltype(c.cleanup)> handle(c.init(), c.cleanup);
  if (!handle) return std::unexpected(Trouble::NoLibrary);
  CURL* h = handle.get();
  curl_slist* list = nullptr;
  for (const auto& field : request.fields) list = c.append(list, field.c_str());
  list = c.append(list, "Expect:");
  const std::unique_ptr<curl_slist, decltype(c.free_list)> fields(list, c.free_list);
  Taken taken{.body = {}, .most = request.most};
  c.set(h, CURLOPT_URL, request.url.c_str());
  c.set(h, CURLOPT_PROTOCOLS_STR, "http,https");
  c.set(h, CURLOPT_FOLLOWLOCATION, 0L);
  c.set(h, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  c.set(h, CURLOPT_HTTPHEADER, fields.get());
  c.set(h, CURLOPT_USERAGENT, "jeton");
  c.set(h, CURLOPT_NOSIGNAL, 1L);
  c.set(h, CURLOPT_CONNECTTIMEOUT, 10L);
  c.set(h, CURLOPT_TIMEOUT, static_cast<long>(request.timeout.count()));
  c.set(h, CURLOPT_WRITEFUNCTION, take);
  c.set(h, CURLOPT_WRITEDATA, &taken);
  if (!request.body.empty() || request.method == "POST" || request.method == "PATCH") {
    c.set(h, CURLOPT_POSTFIELDS, request.body.data());
    c.set(h, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  // An authority of one's own, where OpenSSL's programs look for it too.
  if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') c.set(h, CURLOPT_CAINFO, file);
  if (!request.socket.empty()) c.set(h, CURLOPT_UNIX_SOCKET_PATH, request.socket.c_str());
  if (!request.socket.empty() || request.guard != nullptr || is_loopback(request.url)) c.set(h, CURLOPT_PROXY, "");
  Guarded guarded{request.guard, {}};
  if (const auto target = net::target_of(request.url)) guarded.host = target->host;
  if (request.guard != nullptr) {
    c.set(h, CURLOPT_OPENSOCKETFUNCTION, open_guarded);
    c.set(h, CURLOPT_OPENSOCKETDATA, &guarded);
  }
  if (const auto done = c.perform(h); done != CURLE_OK) return std::unexpected(guarded.refused ? Trouble::Forbidden : trouble_of(done));
  Response response;
  long status = 0;
  const char* type = nullptr;
  c.info(h, CURLINFO_RESPONSE_CODE, &status);
  c.info(h, CURLINFO_CONTENT_TYPE, &type);
  response.status = static_cast<int>(status);
  if (type != nullptr) response.content_type = type;
  response.body = std::move(taken.body);
  return response;
}

}  // namespace jeton::fetch
