// bzip2, xz, zstd, lz4, 7z, ar, cpio and rpm by libarchive, where it is installed.
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>

#include <algorithm>
#include <memory>

#include "program/scan/archive/archive.h"

namespace jeton::scan::archive {
namespace {

// Its functions, loaded when the first such archive is met: other commands do not pay for what it needs itself.
struct Library {
  decltype(&archive_read_new) make = nullptr;
  decltype(&archive_read_free) free = nullptr;
  decltype(&archive_read_support_filter_bzip2) bzip2 = nullptr, gzip = nullptr, xz = nullptr, zstd = nullptr, lz4 = nullptr, rpm = nullptr;
  decltype(&archive_read_support_format_7zip) seven_zip = nullptr, ar = nullptr, cpio = nullptr, raw = nullptr;
  decltype(&archive_read_open_memory) open = nullptr;
  decltype(&archive_read_next_header) next = nullptr;
  decltype(&archive_read_data_block) data = nullptr;
  decltype(&archive_entry_pathname_utf8) name = nullptr;
  bool there = false;

  Library() {
    void* const handle = ::dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const auto find = [&](const char* symbol, auto& to) {
      to = handle == nullptr ? nullptr : reinterpret_cast<std::remove_reference_t<decltype(to)>>(::dlsym(handle, symbol));
      return to != nullptr;
    };
    there = find("archive_read_new", make) && find("archive_read_free", free) && find("archive_read_support_filter_bzip2", bzip2) &&
            find("archive_read_support_filter_gzip", gzip) && find("archive_read_support_filter_rpm", rpm) &&
            find("archive_read_support_filter_xz", xz) && find("archive_read_support_filter_zstd", zstd) &&
            find("archive_read_support_filter_lz4", lz4) && find("archive_read_support_format_7zip", seven_zip) &&
            find("archive_read_support_format_ar", ar) && find("archive_read_support_format_cpio", cpio) &&
            find("archive_read_support_format_raw", raw) && find("archive_read_open_memory", open) &&
            find("archive_read_next_header", next) && find("archive_read_data_block", data) && find("archive_entry_pathname_utf8", name);
  }
};

const Library& library() {
  static const Library one;
  return one;
}

using Reading = std::unique_ptr<::archive, decltype(&archive_read_free)>;

// What an archive is, by its first octets: the one reader it needs, and whether to step over a member means to unpack it.
struct Kind {
  bool stream = false;      // one unnamed thing, compressed
  bool step_costs = false;
};

// Only the reader that the first octets ask for: the others never see them.
Kind choose(const Library& lib, ::archive* a, std::string_view octets) {
  using namespace std::string_view_literals;
  if (octets.starts_with("7z")) return lib.seven_zip(a), Kind{false, true};
  if (octets.starts_with("!<arch>\n")) return lib.ar(a), Kind{};
  if (octets.starts_with("07070")) return lib.cpio(a), Kind{};
  if (octets.starts_with("\xed"sv)) {
    // A lead and two headers, and behind them a cpio archive in one of these.
    lib.rpm(a);
    for (const auto filter : {lib.gzip, lib.bzip2, lib.xz, lib.zstd}) filter(a);
    return lib.cpio(a), Kind{false, true};
  }
  if (octets.starts_with("BZh")) lib.bzip2(a);
  else if (octets.starts_with("\xfd"sv)) lib.xz(a);
  else if (octets.starts_with("\x28"sv)) lib.zstd(a);
  else lib.lz4(a);
  return lib.raw(a), Kind{true, true};
}

// One member's octets, at most `most`; what came before trouble is kept.
Unpacked read(const Library& lib, ::archive* a, std::size_t most, std::string& out) {
  out.clear();
  for (;;) {
    const void* part = nullptr;
    std::size_t size = 0;
    la_int64_t at = 0;
    const int status = lib.data(a, &part, &size, &at);
    if (status == ARCHIVE_EOF) return Unpacked::Whole;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return Unpacked::Damaged;
    const auto room = most - out.size();
    out.append(static_cast<const char*>(part), std::min(size, room));
    if (size > room) return Unpacked::TooLarge;
  }
}

}  // namespace

void open_packed(std::string_view octets, Allowance& left, const Member& member, const Trouble& trouble) {
  const auto& lib = library();
  if (!lib.there) return trouble("", "a compressed form that is opened where libarchive is installed");
  const Reading a(lib.make(), lib.free);
  if (!a) return trouble("", "there is no memory to open it");
  const auto kind = choose(lib, a.get(), octets);
  if (lib.open(a.get(), octets.data(), octets.size()) != ARCHIVE_OK) return trouble("", "the archive is damaged");
  std::string out;
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = lib.next(a.get(), &entry);
    if (status == ARCHIVE_EOF) return;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return trouble("", "the archive is damaged");
    const char* known = kind.stream ? "" : lib.name(entry);
    const std::string name = known == nullptr ? "" : known;
    if (left.members == 0 || left.octets == 0) return trouble(name, "the archive holds more than is read");
    --left.members;
    const auto done = read(lib, a.get(), std::min(left.octets, kind.stream ? 2 * kLargestMember : kLargestMember), out);
    left.octets -= std::min(left.octets, out.size());
    // What is left of such a member may unpack to terabytes, and the next one lies behind it.
    const bool last = kind.stream || done == Unpacked::Damaged || (done == Unpacked::TooLarge && kind.step_costs);
    if (done == Unpacked::TooLarge)
      trouble(name, last && !kind.stream ? "it unpacks to more than is read, and what is behind it is not read"
                                         : "it unpacks to more than is read");
    if (done == Unpacked::Damaged) trouble(name, "the compressed data are damaged, or encrypted");
    if (!out.empty()) member(name, out);
    if (last) return;
  }
}

}  // namespace jeton::scan::archive
