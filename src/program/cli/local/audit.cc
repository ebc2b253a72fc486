// audit verify: has anybody changed the record of what was done?
#include <unistd.h>
#include <fstream>
#include <iostream>

#include "authority/audit/verification.h"
#include "authority/keys/keychain.h"
#include "blocks/crypto/random.h"
#include "blocks/json/writer.h"
#include "program/cli/local/master.h"
#include "program/cli/local/settings.h"
#include "program/cli/output.h"
#include "stores/sqlite/ledger.h"

namespace jeton::cli {
namespace {

using audit::Form;

std::string said(const Failure& failure) { return std::string(failure.detail().empty() ? failure.name() : failure.detail()); }

// What a person is told of each form.
std::string words(const audit::Verdict& v) {
  const auto place = std::to_string(v.number);
  switch (v.form) {
    case Form::Sound:
      return "Sound: " + std::to_string(v.events) + " events" +
             (v.checkpoint
                  ? ", and the checkpoint at " + std::to_string(v.checkpoint->number) + " of " + to_rfc3339(v.checkpoint->at) + " fits."
                  : ".");
    case Form::Edited: return "NOT SOUND: event " + place + (v.id.none() ? "" : " (" + v.id.text() + ")") + " was edited.";
    case Form::Deleted: return "NOT SOUND: events were deleted, the first of them is number " + place + ".";
    case Form::Reordered: return "NOT SOUND: the order was changed, from number " + place + " on.";
    case Form::Inserted:
      return "NOT SOUND: what stands at number " + place + (v.id.none() ? "" : " (" + v.id.text() + ")") +
             " was inserted: this server never wrote it.";
    case Form::CutOff:
      return "NOT SOUND: the end was cut off: from number " + place + " on, what the checkpoint at " +
             std::to_string(v.checkpoint ? v.checkpoint->number : 0) + " stands for is not there.";
    case Form::NoCheckpoint:
      return "NOT SOUND: there is no checkpoint beside the database, so nobody can say whether the end was "
             "cut off.";
    case Form::Unreadable: return "NOT SOUND: what stands at number " + place + " cannot be read: it was edited, or the disk is damaged.";
  }
  return {};
}

void show_verdict(const Arguments& given, const audit::Verdict& v) {
  std::string text;
  json::Writer w(text);
  w.object().flag("sound", v.form == Form::Sound).member("form", audit::name(v.form)).member("events", static_cast<std::int64_t>(v.events));
  v.form == Form::Sound ? w.key("number").null() : w.member("number", static_cast<std::int64_t>(v.number));
  w.optional("id", v.id.none() ? std::string() : v.id.text()).key("checkpoint");
  if (v.checkpoint)
    w.object().member("number", static_cast<std::int64_t>(v.checkpoint->number)).member("at", to_rfc3339(v.checkpoint->at)).end_object();
  else w.null();
  w.end_object();
  if (format_of(given) == Format::Table) print(words(v) + "\n");
  else show(given, *json::parse(text));
}

// Checkpoints that were kept elsewhere: a file, or a log with them in it.
Result<std::vector<audit::Checkpoint>> given_checkpoints(const Arguments& given, const audit::ChainKeys& keys) {
  std::vector<audit::Checkpoint> all;
  for (const auto& name : given.all("--checkpoint")) {
    std::ifstream file;
    if (name != "-") file.open(name, std::ios::binary);
    std::istream& in = name == "-" ? std::cin : file;
    std::size_t found = 0;
    for (std::string line; std::getline(in, line);) {
      auto some = audit::checkpoints_in(line, keys);
      found += some.size();
      all.insert(all.end(), some.begin(), some.end());
    }
    if (found == 0) return fault(Fault::Config, "the file of --checkpoint holds no checkpoint of this installation");
  }
  return all;
}

Result<audit::Verdict> verify_ledger(const Arguments& given, const config::Config& config, const std::string& data,
                                     const std::string& file) {
  TRY(const auto ledger, sqlite::open_read_only(file));
  crypto::SystemEntropy entropy;
  TRY(const auto root, keys::audit_root({master_source(config, data), data + "/peppers"}, *ledger, entropy));
  TRY(const auto installation, ledger->setting("installation"));
  TRY(const auto keys, audit::ChainKeys::of(root, installation->value));
  TRY(auto checkpoints, given_checkpoints(given, keys));
  // Before the events: a server that is running only adds to them.
  auto kept = audit::kept_checkpoints(audit::checkpoint_of(file), keys);
  checkpoints.insert(checkpoints.end(), kept.all.begin(), kept.all.end());
  std::stable_sort(checkpoints.begin(), checkpoints.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  std::function<void(std::uint64_t)> progress;
  if (::isatty(STDERR_FILENO) && !given.has("--quiet"))
    progress = [](std::uint64_t n) { std::fprintf(stderr, "\r%llu events", static_cast<unsigned long long>(n)); };
  audit::Verification reading(keys, std::move(checkpoints), progress);
  const auto done = ledger->scan_audit(reading);
  if (progress) std::fprintf(stderr, "\r\033[K");
  if (!done && !done.error().is(Fault::StoreCorrupt)) return std::unexpected(done.error());
  return done ? reading.verdict() : reading.unreadable();
}

int verify(const Arguments& given) {
  const auto data = data_folder(given);
  const auto config = read_config(given, data.path);
  if (!config) return fail(kUsage, config.error(), "See jeton config check.");
  const auto file = ledger_file(*config, data.path);
  if (file.empty() || ::access(file.c_str(), F_OK) != 0)
    return fail(kNotFound, "there is no database in " + data.path, "name the data folder with --data");
  const auto verdict = verify_ledger(given, *config, data.path, file);
  if (!verdict)
    return fail(kUsage, said(verdict.error()), "the audit hangs on the master key and the file peppers: both are needed to verify it");
  show_verdict(given, *verdict);
  return verdict->form == Form::Sound ? kYes : kNo;
}

constexpr Option kOptions[] = {
    {"--checkpoint", "FILE", "a checkpoint that was kept elsewhere, or a log with checkpoints in it; - for standard input", Count::Many},
    {"--config", "FILE", "the configuration file; jeton.toml in the data folder where not given (JETON_CONFIG)"},
};

constexpr Command kCommands[] = {
    {"audit verify",
     "Say whether anybody has changed the record of what was done",
     "jeton audit verify",
     {},
     kOptions,
     verify,
     "Reads every event of the data folder's database, beside a running server or without one, and holds it "
     "against the chain and the checkpoints. Finds what "
     "was edited, deleted, reordered, inserted and cut off, and names the first of it. Exit status 0: sound; "
     "1: not.\n"
     "An old copy of the whole folder is sound in itself: --checkpoint with a log line or a file that was "
     "kept on another machine finds it."},
};

}  // namespace

std::span<const Command> audit_commands() { return kCommands; }

}  // namespace jeton::cli
