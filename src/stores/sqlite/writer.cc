#include "stores/sqlite/writer.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <chrono>
#include <climits>

#include "ground/hurry.h"

namespace jeton::sqlite {

using namespace ledger;

namespace {

// How long a group waits for the callers of the last one to come back with their next change. Far below one
// fsync.
constexpr std::chrono::microseconds kCompany{300};

const Query kBegin{"BEGIN IMMEDIATE"}, kCommit{"COMMIT"}, kRollback{"ROLLBACK"}, kSavepoint{"SAVEPOINT batch"}, kRelease{"RELEASE batch"},
    kTakeBack{"ROLLBACK TO batch"};

Status run_query(Connection& db, const Query& query) {
  TRY(auto s, db.use(query));
  return s.run();
}

}  // namespace

// The standard library's atomic wait spins and yields first, which with 32 callers on a few cores costs more
// than the write itself.
void Gate::wait() {
  while (open_.load(std::memory_order_acquire) == 0) ::syscall(SYS_futex, &open_, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
}

void Gate::open() {
  open_.store(1, std::memory_order_release);
  ::syscall(SYS_futex, &open_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

Writer::Writer(std::unique_ptr<Connection> db, Begins begins, Known& known, Underfoot& files)
    : db_(std::move(db)),
      known_(known),
      files_(files),
      tail_(std::move(begins.tail)),
      seq_(begins.seq),
      head_(begins.head),
      thread_([this] { loop(); }) {}

Writer::~Writer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

Result<Committed> Writer::Job::committed() {
  if (!outcome) return std::unexpected(outcome.error());
  return Committed{done.seq, std::move(done.ended)};
}

// Puts the job with those that wait; `waits`, where there is one, is set to its group.
void Writer::add(Job* job, std::shared_ptr<Group>* waits) {
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    open_->jobs.push_back(job);
    if (waits) {
      *waits = open_;
      open_->waited_for = true;
    }
    wake = open_->jobs.size() == wanted_;
  }
  if (wake) work_.notify_one();
}

Result<Committed> Writer::commit(std::vector<Change> changes) {
  Job job;
  job.changes = std::move(changes);
  std::shared_ptr<Group> group;
  add(&job, &group);
  group->ready.wait();
  return job.committed();
}

void Writer::submit(std::vector<Change> changes, Then then) {
  auto job = std::make_unique<Job>();
  job->changes = std::move(changes);
  job->then = std::move(then);
  add(job.release(), nullptr);
}

// A batch touches a page for every few tokens; under a savepoint SQLite would keep a copy of each.
Status Writer::fold() {
  Job job;
  job.work = [this](Connection& db, Done&) -> Status {
    const auto done = tail_.fold(db);
    if (!done && !done.error().is_fault()) return fault(Fault::StoreCorrupt, "the database holds a value that cannot be; restore a backup");
    return done;
  };
  job.bare = true;
  return wait_aside(std::move(job));
}

Status Writer::aside(std::function<Status(Connection&, Done&)> work) {
  Job job;
  job.work = std::move(work);
  return wait_aside(std::move(job));
}

Status Writer::wait_aside(Job job) {
  TRY_VOID(Hurry::may_wait());
  const auto group = std::make_shared<Group>();
  {
    const std::scoped_lock lock(mutex_);
    aside_.emplace_back(group, &job);
  }
  work_.notify_one();
  group->ready.wait();
  return job.outcome;
}

void Writer::follow(Follower* follower) {
  follower_ = follower;
  // Behind whatever is being told to the one before. Whether this writes is of no matter.
  (void)aside([](Connection&, Done&) -> Status { return {}; });
}

Result<ChainHead> Writer::chain(AuditChain* chain) {
  chain_ = chain;
  ChainHead head;
  const auto done = aside([&](Connection& db, Done& job) -> Status {
    if (chain) TRY_VOID(adopt(db, *chain));
    TRY(job.head, chain_head(db));
    head = job.head;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return head;
}

Status Writer::last() const {
  const std::scoped_lock lock(mutex_);
  return last_;
}

// Callers that come in step (each waits for its answer before it asks again) would else split into a first
// one that is written alone and a rest that waits for it.
void Writer::wait_for_company(std::unique_lock<std::mutex>& lock) {
  if (last_size_ < 4 || open_->jobs.size() >= last_size_ * 7 / 8) return;
  wanted_ = last_size_ * 7 / 8;
  work_.wait_for(lock, kCompany, [this] { return open_->jobs.size() >= wanted_ || stopping_; });
  wanted_ = 1;
}

std::shared_ptr<Writer::Group> Writer::next(std::optional<Work>& aside) {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return stopping_ || !open_->jobs.empty() || !aside_.empty(); });
  if (!open_->jobs.empty()) wait_for_company(lock);
  if (open_->jobs.empty() && aside_.empty()) return nullptr;
  aside.reset();
  if (!aside_.empty()) {
    aside = std::move(aside_.front());
    aside_.pop_front();
  }
  auto group = std::exchange(open_, std::make_shared<Group>());
  last_size_ = group->jobs.size();
  return group;
}

void Writer::loop() {
  std::optional<Work> aside;
  while (const auto group = next(aside)) {
    auto& jobs = group->jobs;
    if (aside) jobs.push_back(aside->second);
    write(jobs);
    // Before the callers go on: those whose job it is may be gone then, and with them their jobs.
    std::vector<Job*> own;
    for (auto* job : jobs)
      if (job->then) own.push_back(job);
    if (aside) aside->first->ready.open();
    if (group->waited_for) group->ready.open();
    finish(own);
  }
}

void Writer::finish(std::span<Job* const> jobs) {
  for (auto* job : jobs) {
    const std::unique_ptr<Job> mine(job);
    mine->then(mine->committed());
  }
}

void Writer::write(std::span<Job* const> jobs) {
  const Seq before = seq_;
  const ChainHead head_before = head_;
  audited_ = {};
  auto done = run_all(jobs);
  if (done && tail_.is_long()) done = tail_.fold(*db_);
  if (done) done = in_place();
  if (done) done = run_query(*db_, kCommit);
  if (done) {
    if (auto* const chain = chain_.load(); chain && head_.number != head_before.number) chain->committed(head_, audited_);
    tell(jobs);
  } else {
    if (db_->in_transaction()) (void)run_query(*db_, kRollback);
    seq_ = before, head_ = head_before;
    tail_is_stale_ = true;
    for (auto* job : jobs) job->outcome = done;
  }
  const std::scoped_lock lock(mutex_);
  if (last_ || !last_.error().is(Fault::StoreCorrupt)) last_ = done;
}

// What would be gone with this process is not acknowledged. What was, before somebody took the log away, is still in reach: it goes into
// the database itself.
Status Writer::in_place() {
  auto there = files_.in_place();
  if (there || there.error().is(Fault::StoreCorrupt)) return there;
  (void)run_query(*db_, kRollback);
  (void)db_->run("PRAGMA wal_checkpoint(PASSIVE)");
  return there;
}

// Fails only by a fault, which takes the whole group down; a refused job is taken back alone.
Status Writer::run_all(std::span<Job* const> jobs) {
  TRY_VOID(run_query(*db_, kBegin));
  if (tail_is_stale_) TRY_VOID(tail_.load(*db_));
  tail_is_stale_ = false;
  for (auto* job : jobs) {
    job->outcome = run(*job);
    if (!job->outcome && job->outcome.error().is_fault()) return job->outcome;
  }
  return {};
}

Status Writer::run(Job& job) {
  job.done.seq = seq_;
  job.done.head = head_;
  job.done.chain = chain_.load();
  if (job.bare || (!job.work && is_whole_or_nothing(job.changes))) {
    const auto done = body(job);
    if (done) keep(job);
    return done;
  }
  const auto entered = tail_.entered();
  TRY_VOID(run_query(*db_, kSavepoint));
  const auto done = body(job);
  if (!done) {
    if (!db_->in_transaction()) return fault(Fault::StoreUnavailable, "the database gave up the transaction");
    TRY_VOID(run_query(*db_, kTakeBack));
    if (tail_.entered() != entered) TRY_VOID(tail_.load(*db_));
  }
  TRY_VOID(run_query(*db_, kRelease));
  if (done) keep(job);
  return done;
}

void Writer::keep(const Job& job) {
  seq_ = job.done.seq;
  if (job.done.head.number > head_.number) audited_ = job.done.audited;
  head_ = job.done.head;
}

Status Writer::body(Job& job) { return job.work ? job.work(*db_, job.done) : apply(*db_, tail_, job.changes, job.done); }

void Writer::tell(std::span<Job* const> jobs) {
  for (const auto* job : jobs)
    if (job->outcome) known_.forget(job->done.effects);
  auto* const follower = follower_.load();
  if (!follower) return;
  for (const auto* job : jobs)
    if (job->outcome && !job->done.effects.empty()) follower->apply(job->done.seq, job->done.effects);
}

}  // namespace jeton::sqlite
