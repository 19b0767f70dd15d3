// SPDX-License-Identifier: Apache-2.0
#include "../archetypes/executor.hpp"
#include "../archetypes/group_storage.hpp"
#include "../archetypes/host_observer.hpp"
#include "../archetypes/snapshot_store.hpp"
#include "../archetypes/state_machine.hpp"
#include "../archetypes/transport.hpp"

#include <chronik/net/tcp_transport.hpp>
#include <chronik/node/host.hpp>
#include <chronik/node/snapshot_driver.hpp>
#include <chronik/node/write_staging.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/posix/io_lanes.hpp>
#include <chronik/posix/loop_lane.hpp>
#include <chronik/testing/cluster.hpp>
#include <chronik/transport/loopback.hpp>
#include <chronik/wal/journal.hpp>
#include <chronik/wal/snapshot_store.hpp>

#include <concepts>
#include <type_traits>

// Rooms of the same floor do not know each other; here is the proof that they fit.

namespace {

using namespace chronik;

// storage
static_assert(group_storage<archetypes::group_storage>);
static_assert(group_storage<wal::journal<posix::directory>>);
static_assert(group_storage<wal::journal<chronik::testing::disk_directory>>);
static_assert(group_storage<wal::journal<posix::directory>&>, "a slot may hold a reference");
static_assert(!group_storage<archetypes::transport>);

// storage and snapshots
static_assert(compactable_storage<wal::journal<posix::directory>>);
static_assert(!compactable_storage<archetypes::group_storage>, "a log may also grow for ever");
static_assert(snapshot_store<wal::snapshot_store<posix::directory>>);
static_assert(snapshot_store<wal::snapshot_store<chronik::testing::disk_directory>&>);
static_assert(!snapshot_store<archetypes::group_storage>);

static_assert(compactable_storage<archetypes::compactable_storage>);
static_assert(doubting_storage<archetypes::doubting_storage>);
static_assert(compactable_storage<wal::journal<posix::directory>>);
static_assert(!compactable_storage<archetypes::group_storage>);
static_assert(snapshot_store<archetypes::snapshot_store>);

// the log of a group
static_assert(raft::log_view<wal::group_log>);
static_assert(raft::log_view<archetypes::memory_log>);

// executor
static_assert(executor<archetypes::executor>);
static_assert(executor<posix::io_lanes>);
static_assert(executor<posix::loop_lane>);
static_assert(executor<chronik::testing::executor>);
static_assert(!executor<posix::io_thread>, "one thread would let a new segment delay a sync");

// transport
static_assert(transport::transport<net::tcp_transport>);
static_assert(transport::transport<transport::loopback::endpoint>);
static_assert(transport::transport<chronik::testing::network::endpoint>);

// observer
static_assert(host_observer<archetypes::host_observer>);
static_assert(host_observer<no_observer>);
struct hears_half {
    void event(group_id, raft::event const&);
    void applied(group_id, log_index);
};
static_assert(!host_observer<hears_half>, "nobody may miss that storage has failed");
static_assert(tracing_observer<archetypes::tracing_observer>);
static_assert(!tracing_observer<archetypes::host_observer> && trace_is_heard<archetypes::host_observer>,
              "who does not listen need not say so");
static_assert(bringing_observer<archetypes::bringing_observer>);
static_assert(!bringing_observer<archetypes::host_observer> && want_is_heard<archetypes::host_observer>,
              "who brings nothing need not say so");

// A composition of archetypes is enough for everything a host does.
using smallest = policies<use<slot::storage, archetypes::group_storage>, use<slot::transport, archetypes::transport>,
                          use_type<slot::machine, archetypes::state_machine>,
                          use<slot::executor, archetypes::executor>, use<slot::observer, archetypes::host_observer>>;
static_assert(smallest::valid);

// What it is composed of is what was asked for, whatever the order.
using other_order =
    policies<use<slot::executor, archetypes::executor>, use_type<slot::machine, archetypes::state_machine>,
             use<slot::transport, archetypes::transport>, use<slot::storage, archetypes::group_storage&>>;
static_assert(std::same_as<other_order::storage_type, archetypes::group_storage>);
static_assert(std::same_as<other_order::machine_type, archetypes::state_machine>);
static_assert(std::same_as<other_order::observer_type, no_observer>, "nobody listens unless somebody is named");

// Nothing is made for who does not listen.
static_assert(!host<smallest>::listens && !host<other_order>::listens);
static_assert(std::is_empty_v<detail::tracing<host<smallest>, smallest::observer_type>>);
using listening =
    policies<use<slot::storage, archetypes::group_storage>, use<slot::transport, archetypes::transport>,
             use_type<slot::machine, archetypes::state_machine>, use<slot::executor, archetypes::executor>,
             use<slot::observer, archetypes::tracing_observer&>>;
static_assert(host<listening>::listens);

static_assert(!std::is_copy_constructible_v<host<smallest>> && !std::is_move_constructible_v<host<smallest>>,
              "completions know a host by its address");

}  // namespace

template class chronik::host<smallest>;
template class chronik::host<listening>;
