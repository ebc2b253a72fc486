// A request that waits for something to happen, on no thread: what would have to wait is put off, and asked again when it may be different.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ground/instant.h"

namespace jeton {

// While one lives, whoever answers on the thread that made it may put the answer off. What was answered is then thrown away, and the same
// request is asked again when somebody says that the topic has news, or when its time is over: then for the last time. So it is to be
// answered each time as if it were the first. One thread, on its stack; they do not nest.
class Patience {
 public:
  struct PutOff {
    std::string topic;
    Millis at_most;  // from the first time on
  };
  enum class Turn : std::uint8_t { First, Again, Last };
  // Whether one more may wait for that topic; asked on the first turn alone.
  using Room = std::function<bool(std::string_view topic)>;

  Patience(Turn turn, Room room);
  ~Patience();
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

  std::optional<PutOff> take() { return std::move(put_off_); }

  // False where it is to be answered now: on the last turn, where there is no room, and where nobody would ask again.
  static bool put_off(std::string_view topic, Millis at_most);

 private:
  const Turn turn_;
  const Room room_;
  std::optional<PutOff> put_off_;
};

}  // namespace jeton
