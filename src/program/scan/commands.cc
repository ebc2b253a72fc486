#include "program/scan/commands.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <thread>

#include "formats/opaque/token.h"
#include "ground/secret_pass.h"
#include "program/cli/output.h"
#include "program/scan/forms.h"
#include "program/scan/git/repository.h"
#include "program/scan/hook.h"
#include "program/scan/known.h"
#include "program/scan/live.h"
#include "program/scan/report.h"
#include "program/terminal/intake.h"

namespace jeton::scan {
namespace {

using cli::Arguments;

Progress progress;   // one scan a process; the signal handler needs to find it

// A line on the terminal that says how far it is, while it lives.
class Watcher {
 public:
  explicit Watcher(bool shown) {
    if (shown) thread_ = std::thread([this] { show(); });
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void show() {
    std::unique_lock lock(mutex_);
    bool drawn = false;
    while (!changed_.wait_for(lock, std::chrono::milliseconds(500), [this] { return over_; })) {
      std::fprintf(stderr, "\r\033[K%llu files, %.0f MB", static_cast<unsigned long long>(progress.files.load()),
                   double(progress.bytes.load()) / 1e6);
      drawn = true;
    }
    if (drawn) std::fputs("\r\033[K", stderr);
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

// What is to be read, as it was asked.
class Scan {
 public:
  Scan(const Arguments& given, const Literals& literals) : given_(given), literals_(literals) {
    options_.brand = given.get("--brand").value_or("");
    if (given.has("--no-archives")) options_.archives = Archives::Leave;
    options_.threads = std::clamp(std::thread::hardware_concurrency(), 1u, 16u);
  }

  // 0, or the exit; told.
  int read(Tally& tally) {
    std::vector<std::string> paths(given_.all("PATH").begin(), given_.all("PATH").end());
    const bool by_git = given_.has("--git") || given_.has("--gitignore") || given_.has("--history") || given_.has("--staged");
    // What would be left out must not seem to have been read.
    if (given_.has("--stdin") && (by_git || !paths.empty()))
      return cli::fail(cli::kUsage, "--stdin reads standard input alone: no path and no option of git goes with it");
    if (given_.has("--stdin")) return standard_input(tally);
    if (paths.empty()) paths.emplace_back(".");
    if (!by_git) {
      walk(paths, literals_, options_, progress, tally);
      return 0;
    }
    for (const auto& path : paths)
      if (const int failed = repository(path, tally); failed != 0) return failed;
    return 0;
  }

 private:
  int standard_input(Tally& tally) {
    Reader reader(literals_, options_.brand, options_.archives);
    const auto all = terminal::read_secret(STDIN_FILENO, 1u << 30);
    if (!all) return cli::fail(cli::kUsage, "standard input cannot be read, or is larger than 1 GiB");
    if (!all->empty()) reader.read(as_text(all->read(program::Pass::key())), {"-", {}});
    tally.add(std::move(reader.tally));
    return 0;
  }

  int repository(const std::string& path, Tally& tally) {
    const git::Repository repository(path);
    if (!repository.there()) return cli::fail(cli::kUsage, cli::printable(path) + " is no git repository, or git is not installed");
    const auto broken = [&] { return cli::fail(cli::kUsage, "git cannot read the repository", "git fsck says what is wrong"); };
    if (given_.has("--git") || given_.has("--gitignore")) {
      const auto files = given_.has("--git") ? repository.tracked() : repository.not_ignored();
      if (!files) return broken();
      read_files(path, *files, literals_, options_, progress, tally);
    }
    if (given_.has("--staged")) {
      const auto blobs = repository.staged();
      if (!blobs) return broken();
      nothing_staged_ = blobs->empty();
      git::read_blobs(repository, *blobs, literals_, options_, progress, tally);
    }
    if (given_.has("--history")) {
      const auto blobs = repository.history(tally.commits);
      if (!blobs) return broken();
      git::read_blobs(repository, *blobs, literals_, options_, progress, tally);
    }
    return 0;
  }

 public:
  // A commit that only takes files away holds nothing to read, and that is fine.
  bool nothing_staged() const { return nothing_staged_; }

 private:
  const Arguments& given_;
  const Literals& literals_;
  Options options_;
  bool nothing_staged_ = false;
};

std::expected<Known, int> known_of(const Arguments& given) {
  Known known;
  auto done = known.read_ignore_file(kIgnoreFile);
  for (const auto& path : given.all("--baseline"))
    if (done) done = known.read_baseline(path);
  if (!done) return std::unexpected(cli::fail(cli::kUsage, cli::printable(done.error())));
  return known;
}

// In an order that does not hang on the threads.
void put_in_order(Tally& tally) {
  std::sort(tally.findings.begin(), tally.findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.place.path, a.place.commit, a.line, a.column) < std::tie(b.place.path, b.place.commit, b.line, b.column);
  });
  std::sort(tally.unread.begin(), tally.unread.end(), [](const Unread& a, const Unread& b) { return a.path < b.path; });
}

int tell(const Arguments& given, const Outcome& outcome) {
  if (const auto path = given.get("--sarif")) {
    const auto text = sarif_report(outcome);
    if (*path == "-") {
      cli::print(text);
    } else {
      std::ofstream out(std::string(*path), std::ios::binary | std::ios::trunc);
      out << text;
      out.close();
      if (!out) return cli::fail(cli::kUsage, cli::printable(*path) + " cannot be written");
    }
  }
  const bool sarif_alone = given.get("--sarif") == "-";
  if (cli::format_of(given) != cli::Format::Table) (void)cli::show_list(given, json_report(outcome), {});
  else if (!sarif_alone) cli::print(text_report(outcome, cli::colour_of(stdout) == cli::Colour::On));
  std::fflush(stdout);
  for (const auto& u : outcome.tally.unread) cli::remark(given, "not read: " + cli::printable(u.path) + ": " + std::string(u.why));
  cli::remark(given, summary(outcome));
  return outcome.tally.findings.empty() ? cli::kYes : cli::kNo;
}

int scan(const Arguments& given) {
  if (const auto brand = given.get("--brand"); brand && !opaque::good_brand(*brand)) return cli::fail(cli::kUsage, "--brand: not a brand");
  auto known = known_of(given);
  if (!known) return known.error();
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGINT, [](int) { progress.stop = true; });
  const Literals literals;
  Scan work(given, literals);
  Outcome outcome;
  {
    const Watcher watcher(::isatty(STDERR_FILENO) != 0 && !cli::quiet(given));
    if (const int failed = work.read(outcome.tally); failed != 0) return failed;
  }
  if (progress.stop) return cli::kInterrupted;
  const auto all = outcome.tally.findings.size();
  std::erase_if(outcome.tally.findings, [&](const Finding& f) { return known->has(f); });
  outcome.known = all - outcome.tally.findings.size();
  put_in_order(outcome.tally);
  if (given.has("--check") || given.has("--revoke") || given.has("--rotate"))
    if (const int failed = ask_server(given, outcome); failed != 0) return failed;
  const int exit = tell(given, outcome);
  if (outcome.tally.read_something() || work.nothing_staged()) return exit;
  return cli::fail(cli::kUsage, "nothing was read, so nothing can be said of it");
}

int print_rule(const Arguments& given) {
  const auto brand = given.get("--brand").value_or("jtn");
  if (!opaque::good_brand(brand)) return cli::fail(cli::kUsage, "--brand: not a brand");
  if (const auto form = given.get("-o"); form == "gitleaks" || form == "trufflehog" || form == "github") {
    cli::print(rule_in_form(*form, brand));
    return cli::kYes;
  }
  json::Array items;
  for (const auto& rule : rules())
    items.emplace_back(json::Object{{"id", json::Value(std::string(rule.id))},
                                    {"title", json::Value(std::string(rule.title))},
                                    {"severity", json::Value(std::string(rule.severity == Severity::Error ? "error" : "warning"))}});
  static constexpr cli::Column kColumns[] = {{"RULE", "id"}, {"FINDS", "title"}, {"SEVERITY", "severity"}};
  return cli::show_list(given, json::Value(json::Object{{"items", json::Value(std::move(items))}, {"next", json::Value()}}), kColumns);
}

constexpr cli::Option kBrand = {"--brand", "BRAND",
                                "the brand of this installation's tokens; where nothing is said, tokens of all brands are found"};
constexpr cli::Option kScan[] = {
    {"--git", "", "read the files git tracks"},
    {"--gitignore", "", "read the files git does not ignore"},
    {"--history", "", "read every version of every file in the history of all branches"},
    {"--staged", "", "read what is about to be committed"},
    {"--stdin", "", "read standard input"},
    {"--sarif", "FILE", "write SARIF 2.1.0 there; - is standard output"},
    {"--baseline", "FILE", "leave out what an earlier jeton scan -o json found", cli::Count::Many},
    kBrand,
    {"--no-archives", "", "leave zip, tar and gzip closed"},
    {"--check", "", "ask the server which of its tokens are still live"},
    {"--revoke", "", "revoke the live tokens that are found"},
    {"--rotate", "", "make a successor for each live token, put it into the vault, and revoke the old one"},
    {"--passphrase-file", "FILE", "the vault's passphrase, for --rotate where there is no terminal"},
};
constexpr cli::Operand kPaths[] = {{"PATH", "files and folders; the folder one stands in where none is named", cli::Count::Many}};
constexpr cli::Operand kRepository[] = {{"REPOSITORY", "the repository; the one one stands in where none is named", cli::Count::Maybe}};
constexpr cli::Option kRules[] = {{"-o", "table|json|yaml|id|gitleaks|trufflehog|github",
                                   "the list of rules, or the rule for Jeton's tokens in the form of another scanner"},
                                  kBrand};

constexpr cli::Command kCommands[] = {
    {"scan", "Find tokens and other secrets left in files, archives and git history", "jeton scan --history --sarif found.sarif", kPaths,
     kScan, scan,
     "Ends with 0 where nothing was found, 1 where something was, and 2 where nothing could be read. Prints at most the first and last two "
     "characters of a secret. A line with jeton:allow in a comment passes; .jetonignore lists fingerprints and path:GLOB."},
    {"scan install-hook", "Refuse commits that hold a secret", "jeton scan install-hook", kRepository, {}, install_hook},
    {"scan rules",
     "List what is looked for, or print the rule for Jeton's tokens for other scanners",
     "jeton scan rules -o gitleaks",
     {},
     kRules,
     print_rule},
};

}  // namespace

std::span<const cli::Command> commands() { return kCommands; }

}  // namespace jeton::scan
