// SPDX-License-Identifier: Apache-2.0
#include <chronik/wal/snapshots_at_rest.hpp>

#include <chronik/testing/disk.hpp>
#include <chronik/wal/snapshot_store.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace chronik::wal {
namespace {

constexpr log_uuid owner{};

/// What a search looks at of a log.
struct span_of_log {
    log_index base;
    log_index last;

    log_index base_index() const { return base; }
    log_index last_index() const { return last; }
};

struct snapshots_at_rest : ::testing::Test {
    testing::disk disk{1};
    testing::disk_directory files = disk.directory();

    void save(std::uint64_t group, std::uint64_t index, std::string text) {
        auto store = snapshot_store<testing::disk_directory>::open(files, owner).value();
        auto job = store.begin_save({group}, {index}, {1}, {0}, {}, [text = std::move(text)]() mutable {
            return shared_bytes::copy_of(std::exchange(text, {}));
        });
        while (!job.finished()) job.run();
        ASSERT_TRUE(store.finish(job).value());
    }
    std::string find(std::uint64_t group, std::uint64_t base, std::uint64_t last, log_uuid of = owner) {
        auto const found = newest_snapshot_at_rest(files, of, group_id{group}, span_of_log{{base}, {last}});
        EXPECT_TRUE(found);
        return *found ? std::string{(*found)->content.text()} : "none";
    }
};

TEST_F(snapshots_at_rest, the_newest_that_the_log_goes_on_from_is_found) {
    EXPECT_EQ(find(1, 0, 9), "none");
    save(1, 3, "three");
    save(1, 5, "five");
    save(1, 8, "eight");
    EXPECT_EQ(find(1, 0, 9), "eight");
    EXPECT_EQ(find(1, 0, 7), "five");
    EXPECT_EQ(find(1, 5, 5), "five");
    EXPECT_EQ(find(1, 9, 9), "none") << "the entries between are gone";
    EXPECT_EQ(find(1, 0, 2), "none") << "it is of entries that the log does not have";
    EXPECT_EQ(find(1, 1, 2), "eight") << "the log has lost what was before as well";
}

TEST_F(snapshots_at_rest, those_of_other_groups_and_journals_are_not_meant) {
    save(12, 3, "of twelve");
    EXPECT_EQ(find(1, 0, 9), "none");
    EXPECT_EQ(find(12, 0, 9), "of twelve");
    log_uuid other{};
    other.bytes.front() = std::byte{1};
    EXPECT_EQ(find(12, 0, 9, other), "none");
}

TEST_F(snapshots_at_rest, a_damaged_one_is_passed_over_and_stays) {
    save(1, 3, "three");
    save(1, 5, "five");
    auto const name = snapshot_name({1}, {{5}, {1}, {0}});
    auto file = files.open(name, access::read_write).value();
    ASSERT_TRUE(file.write_at(snapshot_content_position(0), as_bytes(std::span{"F", 1})));
    EXPECT_EQ(find(1, 0, 9), "three");
    EXPECT_TRUE(files.open(name, access::read)) << "nothing is removed";
}

}  // namespace
}  // namespace chronik::wal
