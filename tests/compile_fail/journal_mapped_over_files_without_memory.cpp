// SPDX-License-Identifier: Apache-2.0
// expect-error: chronik::wal::journal: the sink stores into the files' memory
// expect-lines-max: 25
#include "archetypes/directory.hpp"

#include <chronik/wal/journal.hpp>

using namespace chronik;

#ifdef CHRONIK_FIXED
using sink = wal::staged_sink;
#else
using sink = wal::mapped_sink;
#endif
using journal = wal::journal<archetypes::directory, sink, wal::no_sync>;

std::size_t size() { return sizeof(journal); }
