#include "stores/sqlite/carry.h"

#include "stores/sqlite/engine/connection.h"

namespace jeton::sqlite {
namespace {

// By the places in ledger::TicketKind. A refresh token's use has ended its grant (carry_endings).
constexpr auto kUsed =
    "UPDATE main.tickets SET used = created, version = version + 1 WHERE kind IN (0, 2, 3, 4, 6, 8) AND used IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM before.tickets AS b WHERE b.id = tickets.id AND b.used IS NULL)";
constexpr auto kGone =
    "DELETE FROM main.tickets WHERE kind IN (7, 9) AND NOT EXISTS (SELECT 1 FROM before.tickets AS b WHERE b.id = tickets.id)";
constexpr auto kSeen = "INSERT OR IGNORE INTO main.tickets SELECT * FROM before.tickets WHERE kind = 5";

}  // namespace

Status carry_tickets(const std::string& before, const std::string& restored) {
  TRY(auto db, Connection::open(restored, Mode::Write));
  {
    TRY(auto attach, db->once("ATTACH ? AS before"));
    attach.text(before);
    TRY_VOID(attach.run());
  }
  TRY_VOID(db->run("BEGIN IMMEDIATE"));
  for (const auto* step : {kUsed, kGone, kSeen}) TRY_VOID(db->run(step));
  return db->run("COMMIT");
}

}  // namespace jeton::sqlite
