// What was acknowledged is there after kill -9 at any instant.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "stores/ledger_suite.h"
#include "stores/sqlite/ledger.h"

namespace jeton::sqlite {
namespace {

using namespace ledger;
using namespace stores::suite;

// One acknowledgement on its way to the parent; small enough that a pipe takes it whole.
struct Told {
  std::uint64_t n = 0;
  enum class What : std::uint64_t { Created, Ended } what = What::Created;
};

// Commits from four threads for ever, and tells of each commit once it has returned.
[[noreturn]] void work(const std::string& path, int pipe, std::uint64_t first) {
  auto opened = open(path);
  if (!opened) _exit(3);
  std::atomic<std::uint64_t> next = first;
  const auto tell = [pipe](Told told) {
    if (write(pipe, &told, sizeof told) != sizeof told) _exit(4);
  };
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (;;) {
        const auto n = next++;
        if (!(*opened)->commit({Insert<Token>{token(n)}, Insert<AuditEvent>{event(n)}})) _exit(5);
        tell({n, Told::What::Created});
        if (n % 2 == 0) continue;
        if (!(*opened)->commit({end(TokensOf{TokenId(ulid(n))})})) _exit(6);
        tell({n, Told::What::Ended});
      }
    });
  threads.clear();
  _exit(7);
}

// Lets a child work until it has told of `enough` commits, kills it, and notes all that it told.
void round(const std::string& path, std::uint64_t first, std::size_t enough, std::map<std::uint64_t, Told::What>& told) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    close(ends[0]);
    work(path, ends[1], first);
  }
  close(ends[1]);
  Told one;
  std::size_t heard = 0;
  while (read(ends[0], &one, sizeof one) == sizeof one) {
    auto& known = told[one.n];
    known = std::max(known, one.what);
    if (++heard == enough) kill(child, SIGKILL);
  }
  close(ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  ASSERT_GE(heard, enough);
}

void check(Ledger& ledger, const std::map<std::uint64_t, Told::What>& told) {
  for (const auto& [n, what] : told) {
    const auto found = ledger.token(TokenId(ulid(n)));
    ASSERT_TRUE(found && *found) << "an acknowledged token is missing";
    // An end that was not acknowledged may have happened; an acknowledged one must have.
    ASSERT_TRUE(what == Told::What::Created || (*found)->ended) << "an acknowledged revocation is forgotten";
    ASSERT_TRUE(ledger.token_by_hash(digest(n)).value());
  }
}

TEST(SqliteCrash, NothingAcknowledgedIsLostWhenKilled) {
  const Folder folder;
  const auto path = folder.file("ledger.db");
  std::mt19937 random(4711);
  std::map<std::uint64_t, Told::What> told;
  for (int i = 0; i < 40; ++i) {
    const auto from = told.empty() ? 1 : told.rbegin()->first + 1000;
    std::map<std::uint64_t, Told::What> now;
    ASSERT_NO_FATAL_FAILURE(round(path, from, 1 + random() % 80, now));
    auto opened = open(path);
    ASSERT_TRUE(opened) << opened.error().detail();
    ASSERT_NO_FATAL_FAILURE(check(**opened, now));
    told.insert(now.begin(), now.end());
  }
  auto opened = open(path);
  ASSERT_TRUE(opened);
  check(**opened, told);
  // The feed has no gap either, and one line an end.
  const auto feed = (*opened)->feed(0, 1000000).value();
  for (std::size_t i = 0; i < feed.size(); ++i) ASSERT_EQ(feed[i].seq, i + 1);
  TokenFilter ended;
  ended.show = TokenFilter::Show::Ended;
  EXPECT_EQ((*opened)->tokens(ended, {std::nullopt, 1000000}, at(0)).value().size(), feed.size());
}

}  // namespace
}  // namespace jeton::sqlite
