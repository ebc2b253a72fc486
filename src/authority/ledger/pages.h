// All records of a listing, however many pages they take.
#pragma once

#include <type_traits>

#include "authority/ledger/ledger.h"

namespace jeton::ledger {

// list(page) gives a page of records, act(record) is called for each, newest first. It returns nothing, a Status, or a Result<bool> that
// is false where it has seen enough. What the one or the other fails with is returned. As many threads at once as `list` takes.
template <class IdType, class List, class Act>
Status each_of(List&& list, Act&& act) {
  PageOf<IdType> page{.before = std::nullopt, .limit = 1000};
  for (;;) {
    TRY(auto records, list(page));
    const bool last = records.size() < page.limit;
    if (!last) page.before = records.back().id;
    for (auto& record : records) {
      using Returned = decltype(act(record));
      if constexpr (std::is_void_v<Returned>) {
        act(record);
      } else if constexpr (std::is_same_v<Returned, Status>) {
        TRY_VOID(act(record));
      } else {
        TRY(const bool more, act(record));
        if (!more) return {};
      }
    }
    if (last) return {};
  }
}

}  // namespace jeton::ledger
