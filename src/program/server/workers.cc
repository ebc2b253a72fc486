#include "program/server/workers.h"

namespace jeton::server {

bool Workers::post(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || queue_.size() >= most_queued_) return false;
  queue_.push_back(std::move(job));
  if (idle_ < queue_.size() && threads_.size() < most_threads_) threads_.emplace_back([this] { run(); });
  wake_.notify_one();
  return true;
}

void Workers::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    const auto job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

void Workers::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (auto& thread : threads) thread.join();
}

}  // namespace jeton::server
