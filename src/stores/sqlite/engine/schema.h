// The database's tables, and how an older file becomes today's.
#pragma once

#include "stores/sqlite/engine/connection.h"
#include "stores/sqlite/engine/file.h"

namespace jeton::sqlite {

// "Jtn1": marks a file as ours.
inline constexpr std::uint32_t kApplicationId = 0x4A746E31;

// Whether the file may be a ledger. Config: another program's database. StoreCorrupt: not a database at all.
Status recognise(const Look& look);

// Marks a new file as ours, in its very first page, so that no later look can mistake it.
Status mark(Connection& db);

// Config where the tables are of a newer version than this build knows. Changes nothing.
Status not_newer(Connection& db);

// Config where the tables are not of today's version.
Status is_current(Connection& db);

// Brings the file to today's schema, each step in one transaction. The file was recognised.
Status migrate(Connection& db);

}  // namespace jeton::sqlite
