// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/node/concepts.hpp>

namespace chronik::archetypes {

/// The smallest chronik::executor: it never gets round to anything.
struct executor {
    void run(task, task) {}
    void run_in_background(task, task) {}
};

}  // namespace chronik::archetypes
