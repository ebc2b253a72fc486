// A list that lives in place while it is short: the usual text costs no heap.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <vector>

namespace jeton::json {

// The first N in place, the rest on the heap. For plain values only: they are copied as octets. One thread.
template <class T, std::size_t N>
class ShortList {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return i < N ? *reinterpret_cast<T*>(room_ + i * sizeof(T)) : more_[i - N]; }
  T& back() { return (*this)[size_ - 1]; }
  [[gnu::always_inline]] void push_back(const T& value) {
    if (size_ < N) [[likely]]
      new (room_ + size_ * sizeof(T)) T(value);
    else spill(value);
    ++size_;
  }
  // Only ever shorter.
  void shrink(std::size_t size) {
    size_ = size;
    if (more_.size() > 0) more_.resize(size > N ? size - N : 0);
  }

 private:
  [[gnu::noinline]] void spill(const T& value) { more_.push_back(value); }

  std::size_t size_ = 0;
  alignas(T) unsigned char room_[N * sizeof(T)];   // on purpose not filled: it is large and mostly unused
  std::vector<T> more_;
};

}  // namespace jeton::json
