// SPDX-License-Identifier: Apache-2.0
// expect-error: chronik::wal::journal: the sink stores into the file itself
// expect-lines-max: 25
#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>

using namespace chronik;

#ifdef CHRONIK_FIXED
using sync_policy = wal::alternating_commit_sync;
#else
using sync_policy = wal::group_commit_sync;
#endif
using journal = wal::journal<testing::disk_directory, wal::mapped_sink, sync_policy>;

std::size_t size() { return sizeof(journal); }
