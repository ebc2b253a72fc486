// What is in memory stays there: no core dumps, no swap.
#pragma once

namespace jeton::serve {

// A core dump would hold every key.
void forbid_core_dumps();
// Locks all of the process's memory, now and later, as it is first touched. Only where there is no limit: under one, some later
// allocation would fail. Whether it did.
bool lock_memory();
// Whether it is locked.
bool memory_locked();
// Gives back what only starting needed: free heap, and pages of code, which are no secret and come again from their files where they are
// run once more. Once, when the server is ready.
void give_back_memory();

}  // namespace jeton::serve
