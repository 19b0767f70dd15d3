// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

namespace chronik::bench {

/// A part of a benchmark in a process of its own, which ends with this object, and with the process that made it. Made
/// while that has one thread: only the thread that forks goes on in the child.
class child_process {
public:
    /// run   in the child; it ends when that returns
    template <class Run>
    explicit child_process(Run&& run) {
        pid_t const parent = ::getpid();
        pid_ = ::fork();
        if (pid_ < 0) std::abort();
        if (pid_ > 0) return;
        if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(1);
        std::forward<Run>(run)();
        ::_exit(0);
    }
    ~child_process() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    child_process(child_process const&) = delete;
    child_process& operator=(child_process const&) = delete;

private:
    pid_t pid_ = -1;
};

}  // namespace chronik::bench
