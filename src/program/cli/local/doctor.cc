// doctor: looks at everything a server stands on, and says what to do.
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>

#include "blocks/json/writer.h"
#include "program/cli/local/master.h"
#include "program/cli/local/settings.h"
#include "program/cli/output.h"
#include "program/cli/remote/server.h"
#include "program/fetch/fetch.h"
#include "program/serve/data_folder.h"
#include "stores/sqlite/ledger.h"

namespace jeton::cli {
namespace {

enum class State : std::uint8_t { Ok, Warn, Fail };

struct Finding {
  std::string part;
  State state = State::Ok;
  std::string detail, next;
};
using Findings = std::vector<Finding>;

std::string_view word(State state) { return state == State::Ok ? "ok" : state == State::Warn ? "warn" : "fail"; }

Finding folder_of(const std::string& data) {
  using serve::FolderState;
  auto look = serve::look_at_folder(data);
  const auto state = look.state == FolderState::Sound                                        ? State::Ok
                     : look.state == FolderState::Missing || look.state == FolderState::Lent ? State::Warn
                                                                                             : State::Fail;
  return {"data", state, std::move(look.what), std::move(look.next)};
}

// A file that only its owner may read; absent is fine where it is made at the first start.
Finding private_file(const std::string& part, const std::string& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0)
    return errno == ENOENT ? Finding{part, State::Ok, "not there yet; made at the first start", {}}
                           : Finding{part, State::Fail, path + " cannot be looked at", "run as the server's user"};
  if (!S_ISREG(status.st_mode)) return {part, State::Fail, path + " is not a plain file", "put the file itself there, not a link"};
  if ((status.st_mode & 077) != 0)
    return {part, State::Fail, path + " can be read by others",
            "chmod 600 " + path + "; if others had access to it, its secrets are known"};
  return {part, State::Ok, path, {}};
}

// What was begun with keys is opened by them, or not at all: none is made anew.
struct Begun {
  bool ledger = false, keys = false;
};

Begun begun(const config::Config& config, const std::string& data) {
  const auto file = ledger_file(config, data);
  const auto there = [&data](const char* name) { return ::access((data + name).c_str(), F_OK) == 0; };
  // A key that was named may have been put in its place before the first start.
  const bool own_key = config.text("master_key").empty() && there("/master.key");
  return {!file.empty() && sqlite::holds_something(file), own_key || there("/peppers")};
}

Finding master_key(const config::Config& config, const std::string& data, const Begun& begun) {
  const auto path = data + "/master.key";
  const bool here = master_source(config, data) == "file:" + path;
  auto finding = here ? private_file("master_key", path) : Finding{"master_key", State::Ok, "where the configuration says", {}};
  if (finding.state != State::Ok) return finding;
  if (here && !begun.ledger && ::access(path.c_str(), F_OK) != 0) return finding;
  const auto sound = master_key_is_sound(config, data);
  if (!sound)
    return {"master_key", State::Fail, std::string(sound.error().detail().empty() ? sound.error().name() : sound.error().detail()),
            "put the right file back: nothing can be opened without it"};
  return finding;
}

Finding peppers(const std::string& data, const Begun& begun) {
  const auto path = data + "/peppers";
  if (!begun.ledger || ::access(path.c_str(), F_OK) == 0) return private_file("peppers", path);
  return {"peppers", State::Fail, path + " is not there", "put back the copy you keep of it: every token is hashed under what it holds"};
}

Finding store(const config::Config& config, const std::string& data, const Begun& begun) {
  const auto file = ledger_file(config, data);
  if (file.empty()) return {"store", State::Ok, config.text("store"), {}};
  if (!begun.ledger && begun.keys)
    return {"store", State::Fail, file + " is missing or empty, but its master key or peppers are there",
            "jeton restore brings a backup back; to begin a new installation, move master.key and peppers away"};
  if (::access(file.c_str(), F_OK) != 0) return {"store", State::Ok, file + " is not there yet; made at the first start", {}};
  auto mode = private_file("store", file);
  if (mode.state != State::Ok) return mode;
  const auto ledger = sqlite::open_read_only(file);
  if (!ledger)
    return {"store", State::Fail, std::string(ledger.error().detail().empty() ? ledger.error().name() : ledger.error().detail()),
            "jeton restore brings a backup back"};
  const auto seq = (*ledger)->last_seq();
  if (!seq) return {"store", State::Fail, file + " cannot be read", "jeton restore brings a backup back"};
  return {"store", State::Ok, file + ", at sequence number " + std::to_string(*seq), {}};
}

Finding disk(const std::string& data) {
  struct statvfs status{};
  std::string folder = data;
  while (::statvfs(folder.c_str(), &status) != 0) {
    const auto slash = folder.rfind('/');
    if (slash == std::string::npos || slash == 0) return {"disk", State::Warn, "the free space could not be found out", {}};
    folder.resize(slash);
  }
  const auto free_mib = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize / (1024 * 1024);
  const auto text = std::to_string(free_mib) + " MiB free";
  if (free_mib < 64) return {"disk", State::Fail, text, "make room: without it nothing can be created or revoked"};
  if (free_mib < 1024) return {"disk", State::Warn, text, "make room soon"};
  return {"disk", State::Ok, text, {}};
}

Finding clock_of() {
  const auto now = std::chrono::duration_cast<Seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto text = to_rfc3339(Instant::from_seconds(now));
  // The first day this program could have run.
  if (now < 1763942400) return {"clock", State::Fail, text, "set the clock: tokens would end at the wrong time"};
  struct stat status{};
  const bool synchronised = ::stat("/run/systemd/timesync/synchronized", &status) == 0;
  return {"clock", State::Ok, text + (synchronised ? ", synchronised" : ""), {}};
}

// Whether what is in memory could come to lie on a disk: swapped pages and core dumps. `served`: the running server's word for it.
Finding memory(const std::string& served) {
  std::ifstream swaps("/proc/swaps");
  std::string line, heading;
  std::getline(swaps, heading);
  if (!std::getline(swaps, line)) return {"memory", State::Ok, served.empty() ? "no swap" : "no swap; the server's: " + served, {}};
  if (served == "locked") return {"memory", State::Ok, "the server's is locked", {}};
  return {"memory", State::Warn,
          "there is swap" +
              (served.empty() ? std::string(", and no server to ask whether its memory is locked") : "; the server's memory: " + served),
          "raise the limit of locked memory (ulimit -l unlimited, LimitMEMLOCK=infinity), or encrypt the swap"};
}

Finding core_dumps() {
  std::ifstream file("/proc/sys/kernel/core_pattern");
  std::string pattern;
  std::getline(file, pattern);
  return {"core_dumps",
          State::Ok,
          "the server forbids its own; the system's pattern is " + (pattern.empty() ? "not known" : printable(pattern)),
          {}};
}

// What a part of the server's health says of itself.
std::string detail_of(const std::string& health, std::string_view part) {
  const auto all = json::parse(health);
  const auto* parts = all ? all->find("parts") : nullptr;
  if (parts == nullptr || parts->array() == nullptr) return {};
  for (const auto& p : *parts->array())
    if (p.string_at("name") == part) return printable(std::string(p.string_at("detail").value_or("")));
  return {};
}

Findings server(const Arguments& given, const std::string& data, std::string& memory) {
  const auto to = reach(given);
  if (!to.socket.empty() && !server_listens(data)) {
    const bool stale = ::access(to.socket.c_str(), F_OK) == 0;
    return {{"server", State::Warn, stale ? "not running; its socket was left behind" : "not running", "jeton serve starts it"}};
  }
  fetch::Request request;
  request.url = to.url + "/readyz?verbose";
  request.socket = to.socket;
  request.timeout = Seconds(5);
  const auto response = fetch::send(request);
  if (!response) return {{"server", State::Fail, to.called + ": " + std::string(fetch::text(response.error())), "look at its log"}};
  memory = detail_of(response->body, "memory");
  if (response->status == 200) return {{"server", State::Ok, to.called + " is ready", {}}};
  return {{"server", State::Fail, to.called + " is not ready: " + printable(response->body.substr(0, 500)), "look at its log"}};
}

std::string table(const Findings& findings) {
  std::string out;
  for (const auto& f : findings) {
    std::string line = std::string(word(f.state)) + std::string(6 - word(f.state).size(), ' ') + f.part;
    line += std::string(line.size() < 20 ? 20 - line.size() : 1, ' ') + f.detail + "\n";
    out += line;
    if (!f.next.empty()) out += std::string(20, ' ') + "-> " + f.next + "\n";
  }
  return out;
}

int doctor(const Arguments& given) {
  const auto data = data_folder(given);
  const auto config = read_config(given, data.path);
  Findings all;
  all.push_back(folder_of(data.path));
  all.push_back(config ? Finding{"config", State::Ok, "sound", {}}
                       : Finding{"config", State::Fail, config.error(), "jeton config check, until it is sound"});
  if (config) {
    const auto there = begun(*config, data.path);
    all.push_back(master_key(*config, data.path, there));
    all.push_back(peppers(data.path, there));
    all.push_back(store(*config, data.path, there));
  }
  std::string served;
  for (auto& f : server(given, data.path, served)) all.push_back(std::move(f));
  for (auto& f : Findings{disk(data.path), clock_of(), memory(served), core_dumps()}) all.push_back(std::move(f));
  bool failed = false;
  std::string text;
  json::Writer w(text);
  w.object().key("items").array();
  for (const auto& f : all) {
    failed = failed || f.state == State::Fail;
    w.object().member("id", f.part).member("state", word(f.state)).member("detail", f.detail).optional("next", f.next).end_object();
  }
  w.end_array().key("next").null().end_object();
  if (format_of(given) == Format::Table) print(table(all));
  else show_list(given, *json::parse(text), {});
  return failed ? kNo : kYes;
}

constexpr Option kOptions[] = {
    {"--config", "FILE", "the configuration file; jeton.toml in the data folder where not given (JETON_CONFIG)"}};

constexpr Command kCommands[] = {
    {"doctor",
     "Look at everything the server stands on, and say what to do",
     "jeton doctor",
     {},
     kOptions,
     doctor,
     "The data folder and its files, the configuration, the store, the server's health, the disk, the clock and the memory: each ok, warn or fail. Changes nothing. "
     "Exit status 0: nothing fails; 1: something does."},
};

}  // namespace

std::span<const Command> doctor_commands() { return kCommands; }

}  // namespace jeton::cli
