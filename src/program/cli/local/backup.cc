// backup and restore: the ledger in one file, and back.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "authority/audit/chain.h"
#include "authority/audit/event.h"
#include "authority/keys/files.h"
#include "authority/keys/keychain.h"
#include "blocks/crypto/random.h"
#include "blocks/json/writer.h"
#include "ground/secret_pass.h"
#include "program/cli/local/carry.h"
#include "program/cli/local/master.h"
#include "program/cli/local/settings.h"
#include "program/cli/remote/server.h"
#include "program/serve/data_folder.h"
#include "stores/sqlite/carry.h"
#include "stores/sqlite/engine/file.h"
#include "stores/sqlite/ledger.h"

namespace jeton::cli {
namespace {

namespace fs = std::filesystem;

Instant clock_now() {
  return Instant::from_millis(std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch()).count());
}

std::string said(const Failure& failure) { return std::string(failure.detail().empty() ? failure.name() : failure.detail()); }

// Where a ledger stands: its last sequence number, and the time of that entry.
struct Point {
  std::uint64_t seq = 0;
  std::string at;
};
Result<Point> point_of(ledger::Ledger& ledger) {
  Point point;
  TRY(point.seq, ledger.last_seq());
  if (point.seq == 0) return point;
  TRY(const auto entries, ledger.feed(point.seq - 1, 1));
  if (!entries.empty()) point.at = to_rfc3339(entries.back().at);
  return point;
}

int backup(const Arguments& given) {
  std::error_code error;
  const auto file = fs::absolute(std::string(*given.get("FILE")), error).string();
  if (!reach(given).socket.empty() && fs::exists(file, error))
    return fail(kConflict, file + " exists already", "a backup is a new file: choose another name");
  Body body;
  body.text("name", file);
  const auto made = ask(given, {.method = "POST", .path = "/v1/backup", .body = body.done()});
  if (!made) return made.error();
  const auto copy = sqlite::open_read_only(file);
  if (!copy) return fail(kNo, "the backup was made and cannot be read back: " + said(copy.error()), "is the disk sound?");
  const auto point = point_of(**copy);
  if (!point) return fail(kNo, "the backup was made and cannot be read back", "is the disk sound?");
  // Sealed under the master key: nobody opens it without.
  const auto peppers = keys::read_private_file(data_folder(given).path + "/peppers");
  if (!peppers || !keys::write_private_file(file + ".peppers", peppers->read(program::Pass::key()), keys::IfThere::Keep))
    return fail(kNo, "the ledger is in " + file + ", but the peppers could not be copied beside it",
                "copy the file peppers of the data folder by hand");
  std::string text;
  json::Writer w(text);
  w.object().member("id", file).member("seq", static_cast<std::int64_t>(point->seq)).optional("at", point->at);
  w.member("octets", static_cast<std::int64_t>(fs::file_size(file, error))).end_object();
  remark(given, "The backup is " + file + " and " + file +
                    ".peppers. The master key is in neither: keep a copy of master.key elsewhere; a backup is worth nothing without it.");
  return show(given, *json::parse(text));
}

// What a restore goes by.
struct Plan {
  config::Config config;
  std::string file, data, store;
  bool there = false;   // a ledger is in its place already
};

std::expected<Plan, int> plan(const Arguments& given) {
  const auto no = [](Exit code, const std::string& what, const std::string& next) { return std::unexpected(fail(code, what, next)); };
  const auto data = data_folder(given);
  const auto config = read_config(given, data.path);
  if (!config) return no(kUsage, config.error(), "See jeton config check.");
  Plan p{*config, std::string(*given.get("FILE")), data.path, ledger_file(*config, data.path), false};
  if (p.store.empty()) return no(kUsage, "the store is not a file", "a restore goes into sqlite:PATH alone");
  std::error_code error;
  if (!fs::is_regular_file(p.file, error)) return no(kNotFound, p.file + " is not a file", "give the file that jeton backup made");
  if (fs::exists(p.file + "-wal", error)) return no(kNo, p.file + " is the file of a server, not a backup", "make one with jeton backup");
  if (server_listens(p.data)) return no(kConflict, "a server runs in " + p.data, "stop it first: a restore goes under nobody's feet");
  p.there = fs::exists(p.store, error);
  if (p.there && !given.has("--force"))
    return no(kConflict, p.store + " is there already",
              "with --force the backup takes its place; the old one is kept beside it, and what it had revoked stays revoked");
  if (fs::equivalent(p.file, p.store, error)) return no(kUsage, "that is the ledger itself", "give the file that jeton backup made");
  return p;
}

std::string working_copy(const Plan& p) { return p.store + ".restoring"; }
std::string whole_copy(const Plan& p) { return p.store + ".restored"; }

void clean_up(const Plan& p) {
  std::error_code error;
  for (const auto& name : {working_copy(p), whole_copy(p)})
    for (const auto* end : {"", "-wal", "-shm", ".lock", ".checkpoint"}) fs::remove(name + end, error);
}

// Copies the backup beside the store, to be worked on.
Status copy_beside(const Plan& p) {
  const auto copy = working_copy(p);
  std::error_code error;
  clean_up(p);
  TRY_VOID(sqlite::create_private(copy));
  if (!fs::copy_file(p.file, copy, fs::copy_options::overwrite_existing, error))
    return fault(Fault::Io, "the backup cannot be copied: is there room?");
  ::chmod(copy.c_str(), 0600);
  TRY(const auto look, sqlite::look_at(copy));
  if (look.nature != sqlite::Nature::Database) return fault(Fault::StoreCorrupt, "the file is not a backup");
  return {};
}

// What the backup hangs on. The master key is opened once: a variable that holds it is gone then.
struct Opened {
  keys::MasterKeyPtr master;
  std::unique_ptr<keys::DataKeys> data_keys;
};

// A pepper that was destroyed since the backup was made is needed again: its tokens live again.
Status bring_back_peppers(const Plan& p, const keys::MasterKeyPtr& master, ledger::Ledger& ledger) {
  crypto::SystemEntropy entropy;
  TRY(auto peppers, keys::open_peppers(p.data + "/peppers", master, ledger));
  TRY(const auto missing, keys::missing_peppers(ledger, *peppers));
  if (missing.empty()) return {};
  const auto copy = keys::open_peppers(p.file + ".peppers", master, ledger);
  if (!copy || !peppers->take(**copy, missing, entropy))
    return fault(Fault::Config,
                 "a pepper that this backup needs was destroyed since: put the file that was made with it beside it, FILE.peppers");
  TRY(const auto still, keys::missing_peppers(ledger, *peppers));
  return still.empty() ? Status() : Status(fault(Fault::Config, "FILE.peppers is not the one that was made with this backup"));
}

Result<Opened> open_keys(const Plan& p, ledger::Ledger& ledger, crypto::SystemEntropy& entropy) {
  Opened opened;
  TRY(opened.master, keys::open_master(master_source(p.config, p.data), ledger, entropy));
  TRY(opened.data_keys, keys::open_data_keys(opened.master, ledger, entropy));
  return opened;
}

Status fits_peppers(const Plan& p, const keys::MasterKeyPtr& master, ledger::Ledger& ledger) {
  std::error_code error;
  if (fs::exists(p.data + "/peppers", error)) return bring_back_peppers(p, master, ledger);
  const auto peppers = keys::read_private_file(p.file + ".peppers");
  if (!peppers)
    return fault(Fault::Config, "there are no peppers: put the file beside the backup, FILE.peppers, or that of the data folder back");
  return keys::write_private_file(p.data + "/peppers", peppers->read(program::Pass::key()), keys::IfThere::Keep);
}

// The audit goes on from where the backup ends, and says what it takes the place of.
Status record_restore(const Plan& p, const keys::MasterKeyPtr& master, ledger::Ledger& ledger, Instant now) {
  crypto::SystemEntropy entropy;
  TRY(const auto root, keys::audit_root(p.data + "/peppers", master, ledger));
  TRY(const auto installation, ledger.setting("installation"));
  TRY(auto keys, audit::ChainKeys::of(root, installation ? installation->value : std::string()));
  const auto replaced = audit::kept_checkpoints(audit::checkpoint_of(p.store), keys);
  audit::Chain chain(std::move(keys), audit::checkpoint_of(working_copy(p)));
  TRY_VOID(chain.begin(ledger));
  const audit::Actor me{.name = "uid:" + std::to_string(::geteuid()), .address = {}, .request_id = {}};
  const auto detail = replaced.all.empty() ? std::string() : "{\"replaced\":" + std::to_string(replaced.all.back().number) + "}";
  TRY(auto event, audit::event({me, now}, "restore", "ledger", entropy, detail));
  // Whoever follows the feed learns that its numbers begin anew.
  TRY(const auto epoch, Ulid::make(now, entropy));
  auto done = ledger.commit({ledger::PutSetting{{std::string(ledger::kEpoch), epoch.text(), 0}}, std::move(event)});
  TRY_VOID(ledger.chain(nullptr));
  if (!done) return std::unexpected(done.error());
  return {};
}

// A name that nothing has yet.
std::string name_to_keep(const Plan& p, Instant now) {
  std::error_code error;
  const auto first = p.store + ".before-" + std::to_string(now.seconds());
  auto name = first;
  for (int n = 2; fs::exists(name, error) || fs::exists(audit::checkpoint_of(name), error); ++n) name = first + "-" + std::to_string(n);
  return name;
}

// The checkpoint goes with its ledger: what was kept can be verified too.
void swap_checkpoint(const Plan& p, const std::string& kept) {
  std::error_code error;
  fs::rename(audit::checkpoint_of(p.store), audit::checkpoint_of(kept), error);
  fs::rename(audit::checkpoint_of(working_copy(p)), audit::checkpoint_of(p.store), error);
}

// Puts the restored file into the place of the old one, which is kept under another name; there is no moment without a ledger.
Status swap_in(const Plan& p, const std::string& kept) {
  const auto whole = whole_copy(p);
  std::error_code error;
  if (p.there) {
    fs::create_hard_link(p.store, kept, error);
    if (error) return fault(Fault::Io, "the ledger that is there cannot be kept beside the new one");
    // Left where the old one was damaged and never closed: theirs, not the new one's.
    fs::rename(p.store + "-wal", kept + "-wal", error);
    fs::remove(p.store + "-shm", error);
  }
  fs::rename(whole, p.store, error);
  if (error) return fault(Fault::Io, "the restored ledger cannot be moved into its place");
  return sqlite::sync_file(p.store);
}

// Root restores for a service that has a user of its own: what is the folder's owner's stays so.
void give_to_owner(const Plan& p) {
  struct stat folder{};
  if (::geteuid() != 0 || ::stat(p.data.c_str(), &folder) != 0 || folder.st_uid == 0) return;
  for (const auto& file : {p.store, p.store + ".lock", audit::checkpoint_of(p.store), p.data + "/peppers"})
    (void)!::lchown(file.c_str(), folder.st_uid, folder.st_gid);
}

struct Restored {
  Point point;
  std::optional<Carried> carried;   // where there was a ledger to ask
  std::size_t ended = 0;            // by --revoke-all
  std::string kept;
};

// Brings the working copy to today's tables, and its single-use rows to where the ledger that is replaced has them. Whether that one is of the
// same installation: another one knows nothing of what was taken back here.
Result<bool> brought_up(const Plan& p, ledger::Ledger* before) {
  std::string mine;
  {
    TRY(const auto ledger, sqlite::open(working_copy(p)));
    TRY(const auto installation, ledger->setting("installation"));
    if (installation) mine = installation->value;
  }
  if (before == nullptr) return false;
  TRY(const auto installation, before->setting("installation"));
  if (!installation || installation->value != mine) return false;
  TRY_VOID(sqlite::carry_tickets(p.store, working_copy(p)));
  return true;
}

Result<Restored> restore_into(const Plan& p, bool revoke_all, Instant now) {
  // Held to the end: no server starts meanwhile.
  std::unique_ptr<ledger::Ledger> before;
  std::optional<sqlite::Lock> lock;
  if (p.there) {
    auto opened = sqlite::open(p.store);
    if (!opened && opened.error().is(Fault::StoreUnavailable)) return std::unexpected(opened.error());
    if (opened) before = *std::move(opened);
  }
  if (!before) {
    TRY(auto taken, sqlite::Lock::take(p.store));
    lock.emplace(std::move(taken));
  }
  TRY_VOID(copy_beside(p));
  Restored done;
  TRY(const bool same, brought_up(p, before.get()));
  {
    crypto::SystemEntropy entropy;
    TRY(const auto ledger, sqlite::open(working_copy(p)));
    TRY(const auto opened, open_keys(p, *ledger, entropy));
    TRY_VOID(fits_peppers(p, opened.master, *ledger));
    TRY(done.point, point_of(*ledger));
    if (same) {
      const auto old_keys = keys::open_data_keys(opened.master, *before, entropy);
      TRY(done.carried, carry_endings({*before, *ledger, old_keys ? &(*old_keys)->sealer() : nullptr, opened.data_keys->sealer()}, now));
    }
    if (revoke_all) { TRY(done.ended, end_all_tokens(*ledger, now)); }
    TRY_VOID(record_restore(p, opened.master, *ledger, now));
    // Reads every page, and is one file: a log beside the working copy would be left behind by the move.
    TRY_VOID(ledger->backup(whole_copy(p)));
  }
  before.reset();
  if (!lock) {
    TRY(auto taken, sqlite::Lock::take(p.store));
    lock.emplace(std::move(taken));
  }
  const auto kept = name_to_keep(p, now);
  TRY_VOID(swap_in(p, kept));
  if (p.there) done.kept = kept;
  swap_checkpoint(p, kept);
  give_to_owner(p);
  clean_up(p);
  return done;
}

int restore(const Arguments& given) {
  const auto p = plan(given);
  if (!p) return p.error();
  std::error_code error;
  if (const auto parent = fs::path(p->data).parent_path(); !parent.empty()) fs::create_directories(parent, error);
  if (const auto folder = serve::prepare_folder(p->data); !folder) return fail(kNo, folder.error(), "nothing was changed");
  const auto done = restore_into(*p, given.has("--revoke-all"), clock_now());
  if (!done) {
    clean_up(*p);
    const bool held = done.error().is(Fault::StoreUnavailable);
    return fail(held ? kConflict : kNo, said(done.error()), "nothing was changed");
  }
  std::string text;
  json::Writer w(text);
  w.object().member("id", p->store).member("seq", static_cast<std::int64_t>(done->point.seq)).optional("at", done->point.at);
  w.key("carried");
  done->carried ? void(w.number(static_cast<std::int64_t>(done->carried->all()))) : void(w.null());
  w.member("revoked", static_cast<std::int64_t>(done->ended)).optional("kept", done->kept).end_object();
  std::string note = "The ledger is as it was at " + (done->point.at.empty() ? "its beginning" : done->point.at) + " (sequence number " +
                     std::to_string(done->point.seq) + ").";
  if (done->carried) {
    note +=
        " What the ledger before it had revoked stays revoked, and whom it kept out is kept out. What was created since is gone; the old ledger is " +
        done->kept + ".";
  } else if (!given.has("--revoke-all")) {
    note +=
        " WARNING: there was no ledger to ask what was revoked since then: those tokens live again. Revoke them, or restore with --revoke-all.";
  }
  remark(given, note);
  return show(given, *json::parse(text));
}

constexpr Operand kNew[] = {{"FILE", "the new file; it must not exist"}};
constexpr Operand kFile[] = {{"FILE", "a file that jeton backup made"}};
constexpr Option kRestore[] = {
    {"--force", "", "put it into the place of a ledger that is there"},
    {"--revoke-all", "", "end every token in it, for a backup whose time since nobody can tell"},
    {"--config", "FILE", "the configuration file, for its store; jeton.toml in the data folder where not given (JETON_CONFIG)"},
};

constexpr Command kCommands[] = {
    {"backup",
     "Copy the running server's ledger into a new file",
     "jeton backup /var/backups/jeton-monday.db",
     kNew,
     {},
     backup,
     "The copy is consistent, is made while the server works, and is read back before it is called done. Beside it FILE.peppers holds the peppers, sealed "
     "under the master key. The master key itself is in neither: keep a copy of master.key in another place."},
    {"restore", "Put a backup into the place of the ledger, with no server running", "jeton restore /var/backups/jeton-monday.db", kFile,
     kRestore, restore,
     "The backup is read from end to end and held against the data folder's master key before anything is changed.\n"
     "A restore goes back in time: what was created since the backup is gone. What was revoked since must not come back: where a ledger is being "
     "replaced (--force), whatever it had ended or deleted is ended in the restored one too: tokens, users, service accounts, devices, clients, keys; a token that "
     "was rotated, held or narrowed stays so, and a grant whose refresh token was used since has ended; network rules, passwords and second factors, used "
     "links, clients' secrets and settings are the newer ones. Where there is none to ask, tokens revoked since the backup live again, and that is said; --revoke-all ends every token instead.\n"
     "The ledger that was there is kept beside the new one."},
};

}  // namespace

std::span<const Command> backup_commands() { return kCommands; }

}  // namespace jeton::cli
