#include "program/fetch/curl.h"

#include <dlfcn.h>

namespace jeton::fetch {

Curl::Curl() {
  void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
    return function != nullptr;
  };
  good = find(global_init, "curl_global_init") && find(init, "curl_easy_init") && find(set, "curl_easy_setopt") &&
         find(perform, "curl_easy_perform") && find(info, "curl_easy_getinfo") && find(cleanup, "curl_easy_cleanup") &&
         find(append, "curl_slist_append") && find(free_list, "curl_slist_free_all") && global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

const Curl& curl() {
  static const Curl loaded;
  return loaded;
}

Trouble trouble_of(CURLcode code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT: return Trouble::BadAddress;
    case CURLE_OPERATION_TIMEDOUT: return Trouble::TimedOut;
    case CURLE_WRITE_ERROR: return Trouble::TooLarge;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_USE_SSL_FAILED:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return Trouble::Tls;
    case CURLE_LOGIN_DENIED: return Trouble::Refused;
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE: return Trouble::Lost;
    default: return Trouble::NotReached;
  }
}

}  // namespace jeton::fetch
