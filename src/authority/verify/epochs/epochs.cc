#include "authority/verify/epochs/epochs.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace jeton::verify {
namespace {

// Numbers of threads that ended, lowest first, so that numbers stay small.
struct FreeNumbers {
  std::mutex mutex;
  std::vector<unsigned> ended;
  unsigned next = 0;

  unsigned take() {
    const std::lock_guard lock(mutex);
    if (ended.empty()) return next++;
    const auto lowest = std::min_element(ended.begin(), ended.end());
    const unsigned number = *lowest;
    ended.erase(lowest);
    return number;
  }
  void give_back(unsigned number) {
    const std::lock_guard lock(mutex);
    ended.push_back(number);
  }
};

FreeNumbers& free_numbers() {
  // Never destroyed: threads may end after main() does.
  static auto* numbers = new FreeNumbers;
  return *numbers;
}

struct Number {
  unsigned value = free_numbers().take();
  ~Number() { free_numbers().give_back(value); }
};

}  // namespace

unsigned first_thread_number() {
  thread_local const Number number;
  numbered = number.value + 1;
  return number.value;
}

Epochs::Epochs() : slots_(std::make_unique<Slot[]>(kSlots)) {}

Epochs::~Epochs() { drain(); }

void Epochs::drain() {
  const auto all = std::exchange(retired_, {});
  for (const auto& r : all) r.free(r.context, r.argument);
}

void Epochs::enter_crowd() const { crowd_.fetch_add(1); }
void Epochs::leave_crowd() const { crowd_.fetch_sub(1); }

void Epochs::retire(Free free, void* context, std::uint64_t argument) {
  retired_.push_back({now_.fetch_add(1), free, context, argument});
  if (retired_.size() >= 64) reclaim();
}

std::uint64_t Epochs::oldest_reader() const {
  heavy_fence();
  if (crowd_.load() != 0) return 0;
  std::uint64_t oldest = UINT64_MAX;
  for (unsigned i = 0; i < kSlots; ++i) {
    const auto epoch = slots_[i].epoch.load();
    if (epoch != 0) oldest = std::min(oldest, epoch);
  }
  return oldest;
}

void Epochs::reclaim() {
  if (retired_.empty()) return;
  const auto oldest = oldest_reader();
  // Retired in epoch e: readers of e and before may hold it.
  const auto held = std::find_if(retired_.begin(), retired_.end(), [&](const Retired& r) { return r.epoch >= oldest; });
  const std::vector<Retired> free_now(retired_.begin(), held);
  retired_.erase(retired_.begin(), held);
  for (const auto& r : free_now) r.free(r.context, r.argument);
}

}  // namespace jeton::verify
