// What a network rule says in words: "@office", "country:DE", "asn:64500", ready to be asked.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "authority/verify/epochs/epochs.h"
#include "blocks/geo/database.h"
#include "blocks/net/prefix_set.h"

namespace jeton::networks {

// A named set of prefixes. What it holds changes in place, so that every rule that says its name follows at the next request.
struct NamedSet {
  std::string name;
  std::atomic<const net::PrefixSet*> prefixes{nullptr};   // null: there is no such set
};

// The named sets and the database of places. Asking: any thread, inside a read section. Changing: any thread, under its own lock.
class Places {
 public:
  explicit Places(verify::Epochs& epochs) : epochs_(epochs) {}
  ~Places();

  // The set of that name, there or not yet; lives as long as this.
  const NamedSet& named(std::string_view name);
  bool known(std::string_view name);
  // Null takes it away. The old one is retired: the caller holds the writer's lock of the epochs.
  void put(std::string_view name, std::unique_ptr<const net::PrefixSet> prefixes);

  const geo::Database* atlas() const { return atlas_.load(std::memory_order_acquire); }
  void set_atlas(std::unique_ptr<const geo::Database> atlas);

 private:
  NamedSet& expect(std::string_view name);
  verify::Epochs& epochs_;
  std::mutex mutex_;
  std::deque<NamedSet> sets_;
  std::atomic<const geo::Database*> atlas_{nullptr};
};

// One word of a rule.
struct Word {
  enum class Kind : std::uint8_t { Set, Country, Operator } kind = Kind::Set;
  const NamedSet* set = nullptr;
  std::array<char, 2> country{};
  std::uint32_t asn = 0;
};

// A rule's words. What cannot be judged (a set that is gone, no database) allows nobody and denies everybody.
struct Words {
  const Places* places = nullptr;
  std::vector<Word> allow, deny;
  bool denies(const net::Address& a) const { return any(deny, a, true); }
  bool allows(const net::Address& a) const { return any(allow, a, false); }

 private:
  bool any(const std::vector<Word>& words, const net::Address& a, bool in_doubt) const;
};

// The parts of "country:DE" and the like; nothing where it is no such word. `set` is then the name of a set, or empty.
struct ReadWord {
  Word word;
  std::string_view set;
};
std::optional<ReadWord> read_word(std::string_view text);

}  // namespace jeton::networks
