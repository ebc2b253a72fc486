#include "blocks/http/trace.h"

namespace jeton::http {

std::string_view trace_id(const Request& request) {
  const auto parent = request.field("traceparent");
  if (!parent || parent->size() != 55 || !parent->starts_with("00-") || (*parent)[35] != '-' || (*parent)[52] != '-') return {};
  const auto id = parent->substr(3, 32);
  for (const char c : id)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return {};
  return id.find_first_not_of('0') == std::string_view::npos ? std::string_view() : id;
}

}  // namespace jeton::http
