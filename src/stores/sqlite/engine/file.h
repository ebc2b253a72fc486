// The files around a database: made for their owner alone, and used by one process at a time.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "ground/result.h"

namespace jeton::sqlite {

// Holds `path` + ".lock" for as long as it lives; the system lets go of it when the process ends, however it
// ends.
class Lock {
 public:
  // StoreUnavailable where another process, or another ledger of this one, has it.
  static Result<Lock> take(const std::string& path);
  Lock(Lock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Lock& operator=(Lock&&) = delete;
  ~Lock();

 private:
  explicit Lock(int fd) : fd_(fd) {}
  int fd_;
};

// The full path; a relative one would change its meaning with the working folder, and "file:…" is a URI to
// SQLite.
std::string full_path(const std::string& path);
bool file_exists(const std::string& path);
// Makes an empty file of mode 0600. Conflict where something of that name exists; a link is not followed.
Status create_private(const std::string& path);

// What a file is by its first octets, before SQLite has touched it.
enum class Nature : std::uint8_t { Empty, Database, Other };
struct Look {
  Nature nature = Nature::Empty;
  std::uint32_t application = 0;  // the id in a database's header
  bool cut_off = false;           // shorter than its header says, and no log beside it that would know better
};
Result<Look> look_at(const std::string& path);

// Brings a finished file, and its name, onto the disk.
Status sync_file(const std::string& path);

// Which file a name stood for, so that it can be asked later whether it still does.
struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const Identity&) const = default;
};
Result<Identity> identity_of(const std::string& path);

// Sees to it that the database and its log are still the files that were opened, and all there: SQLite writes on into a file that has no
// name any more, and what it acknowledged is gone with the process. Any thread.
class Underfoot {
 public:
  Underfoot(std::string path, Identity database) : path_(std::move(path)), database_(database) {}
  // Two looks at names. StoreUnavailable: gone, or another file by now. StoreCorrupt: the database is shorter than it was. Once the
  // database was read; there is no log before.
  Status in_place();

 private:
  const std::string path_;
  const Identity database_;
  std::mutex mutex_;
  std::optional<Identity> log_;
  off_t size_ = 0;   // the database never becomes shorter
};
// Whether the file and its folder may be written, and the disk has room for some commits.
Status writable(const std::string& path);

}  // namespace jeton::sqlite
