// SPDX-License-Identifier: Apache-2.0
#pragma once

// The table of contents: every place where a part of your own fits in. Each has a page in docs/concepts and a
// smallest model in tests/archetypes.

#include <chronik/assign/concepts.hpp>     // placement, rebalancing, member_policy: which nodes hold which group
#include <chronik/machine/concepts.hpp>    // state_machine: what the committed entries mean
#include <chronik/node/concepts.hpp>       // executor, group_storage, host_observer: what a host is composed of
#include <chronik/raft/concepts.hpp>       // log_view: the stable log, as Raft reads it
#include <chronik/schema/concepts.hpp>     // described, format: a message and the bytes it becomes
#include <chronik/transport/concepts.hpp>  // transport: how frames reach the other nodes
#include <chronik/wal/concepts.hpp>        // file, directory: all the I/O that storage does
