// A thin layer under SQLite that gathers the writes of one commit to the log into one system call.
#pragma once

namespace jeton::sqlite {

// SQLite writes each page of its log as two small pieces, a dozen system calls for a commit of a few rows.
// Here they wait in memory until the sync that every commit ends with; until then nothing is promised to
// anyone, so a crash loses nothing. Needs `synchronous=FULL`. Registers itself on the first call. Returns the
// layer's name for `sqlite3_open_v2`.
const char* wal_buffer();

}  // namespace jeton::sqlite
