#include "program/serve/memory.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jeton::serve {
namespace {

// What a child of ours ends with.
template <class F>
int ended(F&& in_the_child) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(in_the_child());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Memory, IsNeverDumped) {
  EXPECT_EQ(ended([] { return ::prctl(PR_GET_DUMPABLE); }), 1) << "the twin: it would be";
  EXPECT_EQ(ended([] {
              forbid_core_dumps();
              rlimit limit{7, 7};
              ::getrlimit(RLIMIT_CORE, &limit);
              return ::prctl(PR_GET_DUMPABLE) + (limit.rlim_cur == 0 && limit.rlim_max == 0 ? 0 : 2);
            }),
            0);
}

}  // namespace
}  // namespace jeton::serve
