#include "blocks/http/message.h"

#include <algorithm>

namespace jeton::http {
namespace {
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
}  // namespace

// From the end: names of fields begin alike more often than they end alike.
bool same_letters(const char* a, const char* b, std::size_t size) {
  while (size-- > 0)
    if (a[size] != b[size] && lower(a[size]) != lower(b[size])) return false;
  return true;
}

std::optional<std::string_view> Request::field(std::string_view name) const {
  for (const auto& f : fields)
    if (iequals(f.name, name)) return f.value;
  return std::nullopt;
}

std::size_t Request::count(std::string_view name) const {
  std::size_t n = 0;
  for (const auto& f : fields) n += iequals(f.name, name);
  return n;
}

void Response::clear() {
  status = 200;
  body.clear();
  fields_.clear();
}

void Response::field(std::string_view name, std::initializer_list<std::string_view> parts) {
  fields_.append(name).append(": ");
  for (const auto part : parts) append(part);
  fields_.append("\r\n");
}

void Response::append(std::string_view value) {
  unsigned char lowest = 0xff;
  for (const char c : value) lowest = std::min(lowest, static_cast<unsigned char>(c));
  if (lowest > '\r') {
    fields_.append(value);
    return;
  }
  for (const char c : value)
    if (c != '\r' && c != '\n' && c != '\0') fields_ += c;
}

std::string_view reason(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

}  // namespace jeton::http
