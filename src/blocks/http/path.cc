#include "blocks/http/path.h"

#include "blocks/http/form.h"

namespace jeton::http {
namespace {

constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

Status good_segments(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    const bool last = segment.size() == path.size();
    if (segment == "." || segment == "..") return bad("a path segment of dots");
    if (segment.empty() && !last) return bad("an empty path segment");
    path.remove_prefix(segment.size());
  }
  return {};
}

}  // namespace

Result<std::string_view> plain_path(std::string_view raw, std::string& room) {
  auto path = raw.substr(0, raw.find('?'));
  if (!path.starts_with('/')) return bad("a path begins with a slash");
  if (path.size() > 8192) return refuse(Refusal::TooLarge, "the path is too long");
  bool encoded = false, wide = false;
  for (const char c : path) {
    if (c == '\\' || c == ';' || c == '#' || static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
      return bad("a character that servers read differently");
    encoded = encoded || c == '%';
    wide = wide || static_cast<unsigned char>(c) >= 0x80;
  }
  if (encoded) {
    TRY(room, percent_decode(path, Plus::Literal));
    // Decoded once. What would need a second look (an encoded percent sign) or changes the structure is refused.
    std::size_t slashes_before = 0, slashes_after = 0;
    for (const char c : path) slashes_before += c == '/';
    for (const char c : room) {
      slashes_after += c == '/';
      if (c == '%' || c == '\\' || c == ';' || c == '#' || c == '?' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
        return bad("an escape that servers read differently");
    }
    if (slashes_before != slashes_after) return bad("an encoded slash");
    path = room;
  } else if (wide && !well_formed_utf8(path)) {
    return bad("not UTF-8");
  }
  TRY_VOID(good_segments(path));
  return path;
}

}  // namespace jeton::http
