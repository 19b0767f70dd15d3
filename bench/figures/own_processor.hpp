// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "must.hpp"

#include <sched.h>

#include <cerrno>
#include <cstring>

namespace chronik::bench {

/// The processors that the calling thread, and what it begins, may run on; put back at the end.
///
/// A thread that never waits shares its processor with whoever it wakes: what it was late by would be the scheduler's.
/// Real-time priority is no way out: the kernel stops such a thread for 50 ms in each second.
class own_processor {
public:
    own_processor() { must_have(::sched_getaffinity(0, sizeof before_, &before_)); }
    ~own_processor() { (void)::sched_setaffinity(0, sizeof before_, &before_); }
    own_processor(own_processor const&) = delete;
    own_processor& operator=(own_processor const&) = delete;

    /// Threads that are begun now have all but the first one. On a machine with one they share it.
    void leave() const {
        cpu_set_t others = before_;
        if (CPU_COUNT(&others) > 1) CPU_CLR(first(), &others);
        must_have(::sched_setaffinity(0, sizeof others, &others));
    }
    /// This thread has the first one.
    void take() const {
        cpu_set_t own;
        CPU_ZERO(&own);
        CPU_SET(first(), &own);
        must_have(::sched_setaffinity(0, sizeof own, &own));
    }

private:
    static void must_have(int outcome) {
        if (outcome != 0) give_up("a processor", std::strerror(errno));
    }
    int first() const {
        int number = 0;
        while (CPU_ISSET(number, &before_) == 0) ++number;
        return number;
    }

    cpu_set_t before_{};
};

}  // namespace chronik::bench
