// SPDX-License-Identifier: Apache-2.0
#include "../laws/snapshot_laws.hpp"

#include <composition.hpp>
#include <snapshots.hpp>

#include <chronik/base/crc32c.hpp>
#include <chronik/wal/group_log.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>

namespace broker {
namespace {

using chronik::group_id;
using chronik::shared_bytes;

constexpr group_id a_partition{1000};

struct snapshots_by_kind : ::testing::Test {
    std::string folder = [] {
        auto name = (std::filesystem::temp_directory_path() / "chronik.snapshots.XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        return name;
    }();
    chronik::posix::directory files = chronik::posix::directory::open_exclusive(folder).value();
    metadata_snapshots on_disk = metadata_snapshots::open(files, {}).value();
    snapshots store{on_disk};

    ~snapshots_by_kind() override { std::filesystem::remove_all(folder); }

    std::optional<snapshots::whole> done(snapshots::job_type job) {
        do job.run();
        while (!job.finished());
        return store.finish(job).value();
    }
    std::optional<snapshots::whole> save(group_id group, std::string text) {
        return done(store.begin_save(group, {5}, {2}, {50}, shared_bytes::copy_of("members"),
                                     [text = std::move(text)]() mutable {
                                         return shared_bytes::copy_of(std::exchange(text, {}));
                                     }));
    }
    std::optional<snapshots::whole> gather(group_id group, std::string const& whole, std::size_t at,
                                           std::size_t size) {
        auto const all = shared_bytes::copy_of(whole);
        return done(store.begin_gather(group, {5}, {2}, {50}, shared_bytes::copy_of("members"), whole.size(),
                                       chronik::crc32c::value(all.view()), at, all.slice(at, size)));
    }
    /// Found by the next life of the node.
    std::optional<snapshots::whole> found_later(group_id group) {
        auto next_on_disk = metadata_snapshots::open(files, {}).value();
        return snapshots{next_on_disk}.find(group, chronik::wal::group_log{group, {{5}, {2}, {50}}});
    }
};

TEST_F(snapshots_by_kind, the_metadatas_outlives_the_process) {
    ASSERT_TRUE(save(metadata_group, "the whole"));
    auto const found = found_later(metadata_group);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->content.text(), "the whole");
    EXPECT_EQ(found->about.text(), "members");
    EXPECT_EQ(found->base.index, chronik::log_index{5});
}

TEST_F(snapshots_by_kind, the_metadatas_is_gathered_on_disk) {
    EXPECT_FALSE(gather(metadata_group, "the whole", 0, 4));
    auto const whole = gather(metadata_group, "the whole", 4, 5);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->content.text(), "the whole");
    ASSERT_TRUE(found_later(metadata_group));
}

TEST_F(snapshots_by_kind, an_older_one_of_the_metadata_is_discarded) {
    ASSERT_TRUE(save(metadata_group, "the whole"));
    EXPECT_FALSE(store.begin_discard(metadata_group, {5}).has_value());
    auto older = store.begin_discard(metadata_group, {6});
    ASSERT_TRUE(older);
    EXPECT_FALSE(done(std::move(*older)));
    EXPECT_FALSE(found_later(metadata_group));
}

TEST_F(snapshots_by_kind, where_a_partition_begins_is_gathered_and_not_written_down) {
    EXPECT_FALSE(gather(a_partition, "beginning", 0, 4));
    auto const whole = gather(a_partition, "beginning", 4, 5);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->content.text(), "beginning");
    EXPECT_FALSE(found_later(a_partition));
    EXPECT_FALSE(store.begin_discard(a_partition, {9}).has_value());
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

}  // namespace

TEST(group_machine, each_kind_says_what_becomes_of_its_log) {
    group_machine const cluster{metadata::machine{}, {}};
    EXPECT_TRUE(cluster.takes_snapshots());
    EXPECT_FALSE(cluster.keeps_its_log());
    EXPECT_FALSE(cluster.begins_anywhere());

    group_machine const partition{partitions::machine{}, {}};
    EXPECT_TRUE(partition.takes_snapshots());
    EXPECT_TRUE(partition.keeps_its_log());
    EXPECT_TRUE(partition.begins_anywhere());
}

TEST(group_machine, the_metadata_that_could_not_be_read_has_no_snapshot) {
    group_machine cluster{metadata::machine{}, {}};
    chronik::entry unknown;
    unknown.index = chronik::log_index{1};
    unknown.kind = chronik::entry_kind::command;
    unknown.payload = shared_bytes::copy_of("\xff\xff");
    cluster.apply(unknown);
    EXPECT_FALSE(cluster.takes_snapshots());
}

TEST(group_machine, what_one_has_written_down_the_other_kind_refuses) {
    group_machine cluster{metadata::machine{}, {}};
    group_machine partition{partitions::machine{}, {}};
    auto const of_cluster = chronik::laws::joined(cluster.snapshot());
    auto const of_partition = chronik::laws::joined(partition.snapshot());
    EXPECT_TRUE(cluster.restore(of_cluster));
    EXPECT_TRUE(partition.restore(of_partition));
    EXPECT_FALSE(cluster.restore(of_partition));
    EXPECT_FALSE(partition.restore(of_cluster));
}

}  // namespace broker
