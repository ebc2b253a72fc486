// The one thread that writes: it takes whatever is waiting, commits it together, and wakes the callers.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "stores/sqlite/changes.h"
#include "stores/sqlite/engine/file.h"
#include "stores/sqlite/known.h"

namespace jeton::sqlite {

// Closed at first, opened once; any number of threads wait for that without spinning, and one system call
// wakes them all.
class Gate {
 public:
  void wait();
  void open();

 private:
  std::atomic<std::uint32_t> open_ = 0;
};

// Any thread may submit; each call blocks until its work is durable, or failed. docs/decisions/0002 says why
// one thread.
class Writer {
 public:
  // `seq` is the feed's last one, `head` the audit's. `known` forgets what a commit changes before its caller is answered.
  struct Begins {
    Tail tail;
    ledger::Seq seq = 0;
    ledger::ChainHead head;
  };
  Writer(std::unique_ptr<Connection> db, Begins begins, Known& known, Underfoot& files);
  // Finishes what was submitted, then stops.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  Result<ledger::Committed> commit(std::vector<ledger::Change> changes);
  // Does not block: `then` is called by the writing thread.
  void submit(std::vector<ledger::Change> changes, ledger::Then then);
  // Everything committed before is found by principal and by end.
  Status fold();
  // Work that can wait: one at most is done beside each group of commits, and it should be short.
  Status aside(std::function<Status(Connection&, Done&)> work);
  // Once it returns, the follower before is no longer called.
  void follow(ledger::Follower* follower);
  // Events are linked from its return on.
  Result<ledger::ChainHead> chain(ledger::AuditChain* chain);
  // How the last group ended; once the file was found damaged, that.
  Status last() const;

 private:
  struct Job {
    std::vector<ledger::Change> changes;
    std::function<Status(Connection&, Done&)> work;
    bool bare = false;   // without a savepoint: it fails by faults alone, which take the group back as a whole
    Done done;
    Status outcome;
    ledger::Then then;   // of a job that nobody waits for; it is the writer's own
    Result<ledger::Committed> committed();
  };
  // Jobs that become durable together; their callers wait on `ready`, so one wake-up serves all.
  struct Group {
    std::vector<Job*> jobs;
    bool waited_for = false;
    Gate ready;
  };
  using Work = std::pair<std::shared_ptr<Group>, Job*>;

  void add(Job* job, std::shared_ptr<Group>* waits);
  Status wait_aside(Job job);
  void loop();
  static void finish(std::span<Job* const> jobs);
  // What is to be done next; nothing once the writer stops.
  std::shared_ptr<Group> next(std::optional<Work>& aside);
  void wait_for_company(std::unique_lock<std::mutex>& lock);
  void write(std::span<Job* const> jobs);
  Status run_all(std::span<Job* const> jobs);
  Status in_place();
  Status run(Job& job);
  Status body(Job& job);
  void keep(const Job& job);
  void tell(std::span<Job* const> jobs);

  std::unique_ptr<Connection> db_;  // the writer thread's alone
  Known& known_;
  Underfoot& files_;
  Tail tail_;                       // too
  bool tail_is_stale_ = false;      // after a rollback
  ledger::Seq seq_;
  ledger::ChainHead head_;
  Instant audited_;
  std::atomic<ledger::AuditChain*> chain_ = nullptr;
  std::atomic<ledger::Follower*> follower_ = nullptr;
  std::size_t last_size_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::shared_ptr<Group> open_ = std::make_shared<Group>();
  std::deque<Work> aside_;
  std::size_t wanted_ = 1;  // how many commits are worth a wake-up
  bool stopping_ = false;
  Status last_;
  std::thread thread_;
};

}  // namespace jeton::sqlite
