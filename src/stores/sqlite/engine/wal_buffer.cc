#include "stores/sqlite/engine/wal_buffer.h"

#include <sqlite3.h>
#include <algorithm>
#include <new>
#include <vector>

namespace jeton::sqlite {
namespace {

// SQLite's own writer takes 128 KiB and more in pieces, and exactly 128 KiB not at all.
constexpr std::size_t kMost = 120 * 1024;

sqlite3_vfs* below = nullptr;

// The log file as SQLite sees it. The file of the layer below follows it in memory.
struct Log {
  sqlite3_file base;
  std::vector<char>* waiting;
  sqlite3_int64 start;  // where in the file `waiting` belongs
};

Log* of(sqlite3_file* file) { return reinterpret_cast<Log*>(file); }
sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(of(file) + 1); }

int flush(sqlite3_file* file) {
  auto& waiting = *of(file)->waiting;
  if (waiting.empty()) return SQLITE_OK;
  auto* under = real(file);
  const int code = under->pMethods->xWrite(under, waiting.data(), static_cast<int>(waiting.size()), of(file)->start);
  // On an error SQLite gives the transaction up and writes these pages anew.
  waiting.clear();
  return code;
}

// Runs `then` on the file below once nothing waits any more.
template <class Then>
int flushed(sqlite3_file* file, Then then) {
  if (const int code = flush(file); code != SQLITE_OK) return code;
  return then(real(file));
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  auto& waiting = *of(file)->waiting;
  const auto end = of(file)->start + static_cast<sqlite3_int64>(waiting.size());
  if (!waiting.empty() && (offset != end || waiting.size() + static_cast<std::size_t>(size) > kMost))
    if (const int code = flush(file); code != SQLITE_OK) return code;
  if (waiting.empty()) of(file)->start = offset;
  try {
    waiting.insert(waiting.end(), static_cast<const char*>(data), static_cast<const char*>(data) + size);
  } catch (const std::bad_alloc&) { return SQLITE_IOERR_NOMEM; }
  return SQLITE_OK;
}

int read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  return flushed(file, [&](sqlite3_file* f) { return f->pMethods->xRead(f, out, size, offset); });
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  return flushed(file, [&](sqlite3_file* f) { return f->pMethods->xTruncate(f, size); });
}
int sync(sqlite3_file* file, int flags) {
  return flushed(file, [&](sqlite3_file* f) { return f->pMethods->xSync(f, flags); });
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return flushed(file, [&](sqlite3_file* f) { return f->pMethods->xFileSize(f, size); });
}
int lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int check_lock(sqlite3_file* file, int* out) { return real(file)->pMethods->xCheckReservedLock(real(file), out); }
int control(sqlite3_file* file, int op, void* argument) { return real(file)->pMethods->xFileControl(real(file), op, argument); }
int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int characteristics(sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }
int close(sqlite3_file* file) {
  const int flush_code = flush(file);
  delete of(file)->waiting;
  const int code = real(file)->pMethods->xClose(real(file));
  return flush_code != SQLITE_OK ? flush_code : code;
}

// Version 1: the shared-memory methods belong to the database file, which is the layer below's own.
constexpr sqlite3_io_methods kMethods = {1,       close,      read,    write,       truncate,        sync,    file_size, lock,
                                         unlock,  check_lock, control, sector_size, characteristics, nullptr, nullptr,   nullptr,
                                         nullptr, nullptr,    nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  if ((flags & SQLITE_OPEN_WAL) == 0) return below->xOpen(below, name, file, flags, out_flags);
  file->pMethods = nullptr;  // says "not open" until it is
  real(file)->pMethods = nullptr;
  auto* waiting = new (std::nothrow) std::vector<char>;
  if (!waiting) return SQLITE_NOMEM;
  const int code = below->xOpen(below, name, real(file), flags, out_flags);
  if (code != SQLITE_OK) {
    if (real(file)->pMethods) real(file)->pMethods->xClose(real(file));
    delete waiting;
    return code;
  }
  of(file)->waiting = waiting;
  of(file)->start = 0;
  file->pMethods = &kMethods;
  return SQLITE_OK;
}

}  // namespace

const char* wal_buffer() {
  static sqlite3_vfs layer = [] {
    below = sqlite3_vfs_find(nullptr);
    sqlite3_vfs made = *below;
    made.zName = "jeton";
    made.szOsFile = static_cast<int>(sizeof(Log)) + below->szOsFile;
    made.xOpen = open;
    return made;
  }();
  static const int registered = sqlite3_vfs_register(&layer, 0);
  return registered == SQLITE_OK ? "jeton" : nullptr;
}

}  // namespace jeton::sqlite
