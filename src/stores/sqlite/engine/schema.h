// The database's tables, and how an older file becomes today's.
#pragma once

#include "stores/sqlite/engine/connection.h"

namespace jeton::sqlite {

// "Jtn1": marks a file as ours.
inline constexpr std::int32_t kApplicationId = 0x4A746E31;

// Whether the file is a ledger that this build can use. Changes nothing. Config: another program's database,
// or one written by a newer version. StoreCorrupt: not a database at all.
Status recognise(Connection& db);

// Config where the tables are not of today's version.
Status is_current(Connection& db);

// Brings the file to today's schema, each step in one transaction. The file was recognised.
Status migrate(Connection& db);

}  // namespace jeton::sqlite
