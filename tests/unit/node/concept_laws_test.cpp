// SPDX-License-Identifier: Apache-2.0
#include <archetypes/group_storage.hpp>
#include <archetypes/log_view.hpp>
#include <laws/executor_laws.hpp>
#include <laws/group_storage_laws.hpp>
#include <laws/transport_laws.hpp>
#include <unit/posix/owner_thread.hpp>

#include <chronik/posix/io_lanes.hpp>
#include <chronik/posix/loop_lane.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/testing/executor.hpp>
#include <chronik/testing/network.hpp>
#include <chronik/transport/loopback.hpp>
#include <chronik/wal/journal.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

// Here the models of what a host is composed of, from whichever room, are held to their laws.

namespace chronik {
namespace {

using namespace std::chrono_literals;

struct in_memory {
    archetypes::group_storage storage;
};
struct on_a_simulated_disk {
    using journal_type = wal::journal<testing::disk_directory>;
    testing::disk medium{1};
    testing::disk_directory files = medium.directory();
    journal_type storage = *journal_type::open(
        files, {.segment_bytes = 65536, .staged_bytes_max = 49152, .segments_max = 16, .groups_max = 16}, 1);
};

template <class World>
struct group_storage_laws : ::testing::Test {
    World world;
};
using storages = ::testing::Types<in_memory, on_a_simulated_disk>;
TYPED_TEST_SUITE(group_storage_laws, storages);

TYPED_TEST(group_storage_laws, what_is_flushed_is_there) { laws::what_is_flushed_is_there(this->world.storage); }
TYPED_TEST(group_storage_laws, one_flush_covers_all_groups) { laws::one_flush_covers_all_groups(this->world.storage); }
TYPED_TEST(group_storage_laws, entries_replace_what_stands_there) {
    laws::entries_replace_what_stands_there(this->world.storage);
}
TYPED_TEST(group_storage_laws, a_removed_group_is_gone) { laws::a_removed_group_is_gone(this->world.storage); }

TEST(compactable_storage_laws, a_replaced_log_begins_behind_its_snapshot) {
    on_a_simulated_disk world;
    laws::a_replaced_log_begins_behind_its_snapshot(world.storage);
}
TEST(compactable_storage_laws, a_compacted_log_keeps_its_end) {
    on_a_simulated_disk world;
    laws::a_compacted_log_keeps_its_end(world.storage);
}

TEST(log_view_laws, the_smallest_log_keeps_them) { laws::log_view_laws(archetypes::log_view{}); }

TEST(executor_laws, the_simulated_executor_keeps_them) {
    testing::scheduler events;
    testing::executor work{events, 7, 1ms, 3ms};
    laws::executor_laws(work, [&](auto reached) { EXPECT_TRUE(events.run_until(reached, events.now() + 1s)); });
}

template <class Lanes>
struct executor_laws_of : ::testing::Test {
    posix::owner_thread owner;
    Lanes lanes{[this](task next) { owner.post(std::move(next)); }};
};
using lanes_of_a_loop = ::testing::Types<posix::io_lanes, posix::loop_lane>;
TYPED_TEST_SUITE(executor_laws_of, lanes_of_a_loop);

TYPED_TEST(executor_laws_of, lanes_are_kept) {
    laws::executor_laws(this->lanes, [this](auto reached) {
        while (!reached()) this->owner.run_one();
    });
}

TEST(transport_laws, the_loopback_keeps_them) {
    transport::loopback links;
    laws::mailbox two;
    auto one = links.attach(node_id{1}, [](node_id, std::uint8_t, shared_bytes const&) {});
    static_cast<void>(links.attach(node_id{2}, two.receiver()));
    laws::transport_laws(one, two, [&] {
        while (links.deliver_one()) {}
    });
}

TEST(transport_laws, the_simulated_network_keeps_them) {
    testing::scheduler events;
    testing::network links{events, 3};
    laws::mailbox two;
    links.attach(node_id{2}, two.receiver());
    testing::network::endpoint one{links, node_id{1}};
    laws::transport_laws(one, two, [&] { events.run_until(events.now() + 1s); });
}

}  // namespace
}  // namespace chronik
