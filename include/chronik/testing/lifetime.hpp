// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/testing/clock.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/testing/executor.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>

namespace chronik::testing {

/// A start that ended so has met a disk that lacks something or fails, and can be tried again.
inline bool may_start_later(std::error_code why) {
    return why.category() != chronik_category() || is_shortage(why) || why == errc::storage_failed;
}

/// One life of a simulated node, from a start to the next crash: all that a crash takes away.
///
/// World   testing::cluster: endpoint, journal_type, snapshots_type, host_type, events(), options()
template <class World>
struct lifetime {
    lifetime(World& world, node_id self, disk& medium, std::uint64_t seed, clock own)
        : files(medium.directory()),
          work(world.events(), seed, world.options().sync_time_min, world.options().sync_time_max),
          link(world, self), shows(own), alive(std::make_shared<bool>(true)) {}
    ~lifetime() { *alive = false; }
    lifetime(lifetime const&) = delete;
    lifetime& operator=(lifetime const&) = delete;

    disk_directory files;
    std::optional<typename World::journal_type> journal;
    std::optional<typename World::snapshots_type> snapshots;
    executor work;
    typename World::endpoint link;
    clock shows;
    std::unique_ptr<typename World::host_type> host;
    std::shared_ptr<bool> alive;  ///< events of an earlier life find it false
    time_point armed = never;     ///< when the host looks at the time next
    time_point stalled_until{};   ///< its disk
    time_point frozen_until{};    ///< the process: it takes no turn, and finds what came meanwhile afterwards
    bool turn_due = false;
};

}  // namespace chronik::testing
