#include "blocks/http/message.h"

#include <algorithm>
#include <cstring>

namespace jeton::http {
namespace {
using Sixteen [[gnu::vector_size(16)]] = std::uint8_t;

// Whether some character might end a line: control characters are looked at one by one then.
bool has_controls(std::string_view value) {
  if (value.size() < sizeof(Sixteen)) {
    unsigned char lowest = 0xff;
    for (const char c : value) lowest = std::min(lowest, static_cast<unsigned char>(c));
    return lowest <= '\r';
  }
  const auto controls = [](const char* at) {
    Sixteen c;
    std::memcpy(&c, at, sizeof c);
    return c <= '\r';
  };
  // The last sixteen first; they may be looked at twice.
  auto found = controls(value.data() + (value.size() - sizeof(Sixteen)));
  for (std::size_t at = 0; at + sizeof(Sixteen) < value.size(); at += sizeof(Sixteen)) found |= controls(value.data() + at);
  std::uint64_t halves[2];
  std::memcpy(halves, &found, sizeof found);
  return (halves[0] | halves[1]) != 0;
}

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
}  // namespace

// From the end: names of fields begin alike more often than they end alike. Eight at a time: what differs in more than the bit of case
// is no letter's other case, and only what differs in that bit is looked at one by one.
bool same_letters(const char* a, const char* b, std::size_t size) {
  constexpr std::uint64_t kCase = 0x2020202020202020;
  const auto alike = [&](std::size_t from, std::size_t to) {
    while (to-- > from)
      if (lower(a[to]) != lower(b[to])) return false;
    return true;
  };
  if (size < 8) return alike(0, size);
  for (std::size_t left = size; left > 0;) {
    left = left < 8 ? 0 : left - 8;   // the first eight may be looked at twice
    std::uint64_t x, y;
    std::memcpy(&x, a + left, 8);
    std::memcpy(&y, b + left, 8);
    if (x != y && (((x ^ y) & ~kCase) != 0 || !alike(left, left + 8))) return false;
  }
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
  if (!has_controls(value)) {
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
