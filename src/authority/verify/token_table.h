// Token records, each standing where its hash says, so that a look-up waits for one line of memory.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "authority/verify/token_record.h"

namespace jeton::verify {

// A hash table that readers walk without a lock. Eight shelves by the upper bits of a record's place, each with buckets of sixteen
// records and one octet of every record's place beside them: those octets of a million tokens fit in the cache that a core has for itself,
// and tell in which line of memory the record is. A full bucket runs over into the next; a shelf grows by a quarter by itself, so that no
// growth copies more than an eighth. Places must be spread evenly (hashes, random ids).
// find: inside a read section, any thread. All else: one thread at a time.
class TokenTable {
 public:
  // What `forget` is told of: a record that is gone for good, with what it hung on.
  using Forget = void (*)(void* owner, TokenRecord& record);
  TokenTable(Epochs& epochs, Forget forget, void* owner) : epochs_(epochs), forget_(forget), owner_(owner) {}
  ~TokenTable();
  TokenTable(const TokenTable&) = delete;
  TokenTable& operator=(const TokenTable&) = delete;

  // Where a record stands: 31 bits of its hash, or of its id where nobody shows such a token to an API.
  using Place = std::uint32_t;
  static Place place_of(const HashKey& hash) { return static_cast<Place>(hash.high >> 33); }
  static Place place_of(const TokenRecord& r) { return shown(r.kind) ? place_of(r.hash) : static_cast<Place>(slot_key(r.id) >> 33); }

  // The record at `place` for which same(record) holds, or null.
  template <class Same>
  TokenRecord* find(Place place, Same&& same) const {
    const Shelf* shelf = shelf_of(place).load(std::memory_order_acquire);
    if (shelf == nullptr) return nullptr;
    for (std::uint32_t at = shelf->home(place);; at = shelf->after(at)) {
      const Tags tags = shelf->tags(at);
      for (unsigned alike = tags.equal(tag_of(place)); alike != 0; alike &= alike - 1) {
        TokenRecord& record = shelf->records[at * kBucket + static_cast<unsigned>(std::countr_zero(alike))];
        if (same(record)) return &record;
      }
      if (tags.equal(kNever) != 0) return nullptr;
    }
  }

  // The next insert at that place moves nothing. Records found before this are to be found anew.
  void make_room(Place place);
  // A copy of `fields` that hangs on `extras`, found from now on; it is to stand for `old`, or is new where that is null.
  TokenRecord& insert(const TokenRecord& fields, const TokenExtras* extras, const TokenRecord* old);
  // Not found any more; `next`, where there is one, stands for it. Once no reader can hold it `forget` is told, and its memory is used again.
  void hide(TokenRecord& record, TokenRecord* next);
  std::size_t octets() const;
  // Every record that can be found, for owners that end.
  template <class Each>
  void each(Each&& each) const {
    for (const auto& held : shelves_)
      if (const Shelf* shelf = held.load())
        for (std::uint32_t i = 0; i < shelf->buckets * kBucket; ++i)
          if (shelf->tag(i) >= kFirst) each(shelf->records[i]);
  }

 private:
  static constexpr unsigned kShelfBits = 3, kBucket = 16;
  // An octet's meaning: never used since the shelf was made, hidden but perhaps still held by a reader, free again, or from kFirst on a
  // record whose place ends so.
  static constexpr std::uint8_t kNever = 0, kHidden = 1, kFree = 2, kFirst = 3;
  static std::uint8_t tag_of(Place place) { return static_cast<std::uint8_t>(kFirst + ((place & 0xff) * (256 - kFirst) >> 8)); }

  // A bucket's sixteen octets, as they were at one moment each half.
  struct Tags {
    std::uint64_t low, high;
    // A bit for each octet that is `tag`.
    unsigned equal(std::uint8_t tag) const {
#if defined(__SSE2__)
      const __m128i all = _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
      return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(all, _mm_set1_epi8(static_cast<char>(tag)))));
#else
      unsigned bits = 0;
      for (unsigned i = 0; i < 8; ++i) {
        bits |= unsigned{static_cast<std::uint8_t>(low >> (8 * i)) == tag} << i;
        bits |= unsigned{static_cast<std::uint8_t>(high >> (8 * i)) == tag} << (8 + i);
      }
      return bits;
#endif
    }
  };

  struct Shelf {
    Shelf(TokenTable& table, std::size_t live);
    ~Shelf();
    std::uint32_t home(Place place) const { return static_cast<std::uint32_t>(std::uint64_t{place << (1 + kShelfBits)} * buckets >> 32); }
    std::uint32_t after(std::uint32_t at) const { return at + 1 == buckets ? 0 : at + 1; }
    Tags tags(std::uint32_t at) const {
      return {words[2 * at].load(std::memory_order_acquire), words[2 * at + 1].load(std::memory_order_acquire)};
    }
    std::uint8_t tag(std::uint32_t i) const {
      return static_cast<std::uint8_t>(words[i / 8].load(std::memory_order_relaxed) >> (8 * (i % 8)));
    }
    void set_tag(std::uint32_t i, std::uint8_t tag);
    std::uint32_t vacant(Place place, const TokenRecord* old) const;
    std::size_t bytes() const { return std::size_t{buckets} * kBucket * (sizeof(TokenRecord) + 1); }

    TokenTable& table;
    const std::uint32_t buckets;
    TokenRecord* const records;
    std::atomic<std::uint64_t>* const words;  // the octets, behind the records
    std::uint32_t used = 0, live = 0;  // used: all but those that never were
  };
  std::atomic<Shelf*>& shelf_of(Place place) { return shelves_[place >> (31 - kShelfBits)]; }
  const std::atomic<Shelf*>& shelf_of(Place place) const { return shelves_[place >> (31 - kShelfBits)]; }
  static TokenRecord& put(Shelf& shelf, std::uint32_t at, const TokenRecord& fields, const TokenExtras* extras);
  void grow(std::atomic<Shelf*>& held);

  Epochs& epochs_;
  const Forget forget_;
  void* const owner_;
  std::array<std::atomic<Shelf*>, 1u << kShelfBits> shelves_{};
};

}  // namespace jeton::verify
