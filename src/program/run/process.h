// What the two ways to run a command share: signals on hold, the exec itself, and what became of it.
#pragma once

#include <sys/signalfd.h>

#include <csignal>

#include "ground/descriptor.h"
#include "program/run/launch.h"

namespace jeton::run {

struct Pipe {
  Descriptor read, write;
};
Pipe make_pipe();

// While it lives, the signals that concern the command come as readable events instead. The command gets them as they were.
class HeldSignals {
 public:
  HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals();
  int fd() const { return fd_.get(); }
  // False where there is none.
  bool next(signalfd_siginfo& info) const;
  // In a child: as it was before.
  void restore() const;

 private:
  Descriptor fd_;
  sigset_t before_{};
  struct sigaction pipe_before_{};
};

// Stops this process by SIGTSTP as a terminal would; returns when it is continued.
void stop_self();

// Becomes the command: returns only where that failed, with errno set.
void become(const Launch& launch);
// Execs in a child, or writes errno to `report` and ends.
[[noreturn]] void exec_child(const Launch& launch, const HeldSignals& signals, int report);
// Waits until the exec has happened; the exit status and a line on standard error where it failed, else 0.
int exec_failed(const Launch& launch, int report);
// 126 or 127, with a line on standard error.
int told_exec_error(const Launch& launch, int error);
// Of waitpid.
int exit_status(int status);

// All of it, waiting where the descriptor says to. False where nobody reads any more.
bool write_all(int fd, std::string_view octets);

// The command with a terminal of its own between it and the real one. Standard input and output are a terminal.
int run_in_terminal(const Launch& launch);

}  // namespace jeton::run
