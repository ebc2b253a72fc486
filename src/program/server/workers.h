// Threads for what may wait.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace jeton::server {

// Starts threads as they are needed, up to a number; queues up to another.
class Workers {
 public:
  Workers(unsigned most_threads, std::size_t most_queued) : most_threads_(most_threads), most_queued_(most_queued) {}
  ~Workers() { stop(); }

  // False where the queue is full or the workers have stopped.
  bool post(std::function<void()> job);
  // Finishes what is queued.
  void stop();

 private:
  void run();
  const unsigned most_threads_;
  const std::size_t most_queued_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  std::vector<std::thread> threads_;
  unsigned idle_ = 0;
  bool stopped_ = false;
};

}  // namespace jeton::server
