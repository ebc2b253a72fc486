// How many requests may wait for something to happen: so many in all, and so many for one thing.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace jeton::server {

// Any thread.
class WaitingRoom {
 public:
  WaitingRoom(std::size_t most, std::size_t most_a_topic) : most_(most), most_a_topic_(most_a_topic) {}
  bool enter(std::string_view topic) {
    const std::lock_guard lock(mutex_);
    if (all_ >= most_) return false;
    auto& here = topics_[std::string(topic)];
    if (here >= most_a_topic_) return false;
    ++here, ++all_;
    return true;
  }
  void leave(const std::string& topic) {
    const std::lock_guard lock(mutex_);
    const auto at = topics_.find(topic);
    if (--at->second == 0) topics_.erase(at);
    --all_;
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  const std::size_t most_, most_a_topic_;
  mutable std::mutex mutex_;
  std::map<std::string, std::size_t> topics_;
  std::size_t all_ = 0;
};

// A place that was entered: left with its holder.
class WaitingPlace {
 public:
  WaitingPlace(WaitingRoom& room, std::string topic) : room_(room), topic_(std::move(topic)) {}
  ~WaitingPlace() { room_.leave(topic_); }
  WaitingPlace(const WaitingPlace&) = delete;
  WaitingPlace& operator=(const WaitingPlace&) = delete;
  const std::string& topic() const { return topic_; }

 private:
  WaitingRoom& room_;
  const std::string topic_;
};

}  // namespace jeton::server
