// libcurl, loaded when it is first used: it brings two dozen libraries, and most commands need none of them. For this room alone.
#pragma once

#include <curl/curl.h>

#include "program/fetch/fetch.h"

namespace jeton::fetch {

struct Curl {
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) init = nullptr;
  decltype(&curl_easy_setopt) set = nullptr;
  decltype(&curl_easy_perform) perform = nullptr;
  decltype(&curl_easy_getinfo) info = nullptr;
  decltype(&curl_easy_cleanup) cleanup = nullptr;
  decltype(&curl_slist_append) append = nullptr;
  decltype(&curl_slist_free_all) free_list = nullptr;
  bool good = false;
  Curl();
};
const Curl& curl();

Trouble trouble_of(CURLcode code);

}  // namespace jeton::fetch
