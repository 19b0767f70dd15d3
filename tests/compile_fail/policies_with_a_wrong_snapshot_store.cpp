// SPDX-License-Identifier: Apache-2.0
// expect-error: what fills slot::snapshots does not model chronik::snapshot_store
// expect-lines-max: 25
#include "archetypes/executor.hpp"
#include "archetypes/snapshottable.hpp"
#include "archetypes/transport.hpp"

#include <chronik/node/host.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>
#include <chronik/wal/snapshot_store.hpp>

using namespace chronik;
using journal = wal::journal<testing::disk_directory>;

#ifdef CHRONIK_FIXED
using kept = wal::snapshot_store<testing::disk_directory>;
#else
using kept = journal;
#endif

using composition = policies<use<slot::storage, journal&>, use<slot::transport, archetypes::transport>,
                             use_type<slot::machine, archetypes::snapshottable>,
                             use<slot::executor, archetypes::executor>, use<slot::snapshots, kept&>>;

void run(composition bag) { host node{node_id{1}, std::move(bag), host_options{}, 1, [] {}}; }
