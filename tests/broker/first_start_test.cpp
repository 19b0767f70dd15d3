// SPDX-License-Identifier: Apache-2.0
#include <partitions/state_keeper.hpp>
#include <server/first_start.hpp>
#include <server/identity_file.hpp>
#include <server/journal_options.hpp>
#include <snapshots.hpp>

#include <chronik/wal/journal.hpp>
#include <chronik/wal/snapshot_file.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace broker {
namespace {

namespace fs = std::filesystem;
namespace wal = chronik::wal;
using journal_type = wal::journal<chronik::posix::directory>;

identity node_one(std::string cluster = "") { return {chronik::node_id{1}, std::move(cluster), true, {}}; }

wal::options small_journal() {
    return {.log_id = journal_name_of(chronik::node_id{1}),
            .segment_bytes = 64 * 1024,
            .staged_bytes_max = 64 * 1024,
            .spare_segments = 1,
            .segments_max = 16,
            .groups_max = 16};
}

/// What a start has left in a data directory when it was interrupted.
struct left_behind {
    char const* name;
    std::function<void(fs::path const& journal)> make;
};

void make_journal(fs::path const& path, bool with_record) {
    auto where = chronik::posix::directory::open_exclusive(path.string());
    ASSERT_TRUE(where);
    auto opened = journal_type::open(*where, small_journal(), 1);
    ASSERT_TRUE(opened);
    if (!with_record) return;
    opened->create_group({1});
    ASSERT_TRUE(opened->stage({1}, std::optional{wal::hard_state{{1}, {1}}}, {}));
    ASSERT_TRUE(opened->flush());
}

/// In the order in which a start comes to them; none has a record.
std::vector<left_behind> const& interrupted_starts() {
    static std::vector<left_behind> const all{
        {"no directory", [](fs::path const&) {}},
        {"an empty directory", [](fs::path const& journal) { fs::create_directory(journal); }},
        {"a segment that is not finished",
         [](fs::path const& journal) {
             fs::create_directory(journal);
             std::ofstream(journal / "segment-00000001.journal.new") << std::string(10'000, '\0');
         }},
        {"a segment without a record", [](fs::path const& journal) { make_journal(journal, false); }},
        {"records that never left the page cache",
         [](fs::path const& journal) {
             make_journal(journal, true);
             std::fstream file(journal / wal::segment_name(1), std::ios::in | std::ios::out | std::ios::binary);
             file.seekp(static_cast<std::streamoff>(wal::segment_header_area_bytes));
             file << std::string(64 * 1024 - wal::segment_header_area_bytes, '\0');
         }},
    };
    return all;
}

class first_start_test : public testing::Test {
protected:
    first_start_test() {
        std::string pattern = (fs::temp_directory_path() / "chronik_first_start_XXXXXX").string();
        root_ = ::mkdtemp(pattern.data());
    }
    ~first_start_test() override { fs::remove_all(root_); }

    fs::path path_of(std::string const& name) const { return root_ / name; }

    static startup<data_directory> open(fs::path const& path, identity wanted = node_one()) {
        return data_directory::open(path.string(), std::move(wanted));
    }
    /// A node that has been of a cluster, and of whose partitions states were written down.
    static void was_there(fs::path const& path, bool synced) {
        auto data = open(path);
        ASSERT_TRUE(data);
        ASSERT_TRUE(data->remember_cluster("red", synced));
        std::ofstream(path / partitions::state_keeper::file_name) << "states";
    }
    /// The start up to the recovered journal. returns   whether there was something to forget
    static startup<bool> start(data_directory& data) {
        auto where = open_journal_directory(data);
        if (!where) return std::unexpected(where.error());
        wal::recovery_report report;
        auto const stored = journal_type::open(**where, small_journal(), 2, &report);
        if (!stored) return storage_failure(report.file + ": " + report.what);
        return begin_again(data, report);
    }
    static std::vector<std::string> names_in(fs::path const& path) {
        std::vector<std::string> names;
        if (!fs::exists(path)) return {"nothing"};
        for (auto const& each : fs::directory_iterator(path)) names.push_back(each.path().filename().string());
        std::ranges::sort(names);
        return names;
    }

    fs::path root_;
};

TEST_F(first_start_test, goes_on_from_wherever_it_was_interrupted) {
    for (auto const& [name, make] : interrupted_starts()) {
        auto const path = path_of(name);
        { ASSERT_TRUE(open(path)); }
        make(path / "journal");
        auto data = open(path);
        ASSERT_TRUE(data);

        auto const again = start(*data);

        ASSERT_TRUE(again) << name << ": " << again.error().text;
        EXPECT_FALSE(*again) << name << ": there was nothing to forget";
        EXPECT_EQ(data->owner(), node_one());
        EXPECT_EQ(names_in(path / "journal"), std::vector{wal::segment_name(1)}) << name;
    }
}

TEST_F(first_start_test, of_a_node_that_has_synced_nothing_is_one_again_when_its_records_are_gone) {
    for (auto const& [name, make] : interrupted_starts()) {
        auto const path = path_of(name);
        was_there(path, false);
        make(path / "journal");
        auto const snapshot = path / "journal" / wal::snapshot_name(metadata_group, {{5}, {2}, {}});
        if (fs::exists(path / "journal")) std::ofstream{snapshot} << "of what is gone";
        {
            auto data = open(path);
            ASSERT_TRUE(data);
            ASSERT_EQ(data->owner().cluster_id, "red");

            auto const again = start(*data);

            ASSERT_TRUE(again) << name << ": " << again.error().text;
            EXPECT_TRUE(*again) << name;
            EXPECT_EQ(data->owner().cluster_id, "") << name;
            EXPECT_FALSE(fs::exists(path / partitions::state_keeper::file_name)) << name;
            EXPECT_FALSE(fs::exists(snapshot)) << name;
        }
        // It may become one of any cluster, and that is durable.
        auto data = open(path);
        ASSERT_TRUE(data);
        EXPECT_EQ(data->owner().cluster_id, "");
        EXPECT_TRUE(data->remember_cluster("blue", true));
    }
}

TEST_F(first_start_test, keeps_the_cluster_that_is_configured) {
    auto const path = path_of("configured");
    { ASSERT_TRUE(open(path, node_one("red"))); }
    auto data = open(path, node_one("red"));
    ASSERT_TRUE(data);

    auto const again = start(*data);

    ASSERT_TRUE(again);
    EXPECT_FALSE(*again);
    EXPECT_EQ(data->owner().cluster_id, "red");
}

TEST_F(first_start_test, is_not_what_a_node_with_synced_records_makes_when_they_are_gone) {
    for (auto const& [name, make] : interrupted_starts()) {
        auto const path = path_of(name);
        was_there(path, true);
        make(path / "journal");
        auto const before = names_in(path / "journal");
        auto data = open(path);
        ASSERT_TRUE(data);

        auto const again = start(*data);

        ASSERT_FALSE(again) << name;
        EXPECT_EQ(again.error().code, exit_code::storage) << name;
        EXPECT_NE(again.error().text.find("has no records, but this node has stored some"), std::string::npos) << name;
        EXPECT_EQ(names_in(path / "journal"), before) << name << ": nothing was changed";
        EXPECT_EQ(data->owner().cluster_id, "red");
        EXPECT_TRUE(fs::exists(path / partitions::state_keeper::file_name));
    }
}

TEST_F(first_start_test, is_over_with_the_first_record) {
    for (bool const synced : {false, true}) {
        auto const path = path_of(synced ? "synced" : "not synced");
        was_there(path, synced);
        make_journal(path / "journal", true);
        auto data = open(path);
        ASSERT_TRUE(data);

        auto const again = start(*data);

        ASSERT_TRUE(again) << again.error().text;
        EXPECT_FALSE(*again);
        EXPECT_EQ(data->owner().cluster_id, "red");
        EXPECT_TRUE(fs::exists(path / partitions::state_keeper::file_name));
    }
}

TEST_F(first_start_test, that_something_was_synced_is_remembered_for_good) {
    auto const path = path_of("for good");
    was_there(path, true);
    auto data = open(path);
    ASSERT_TRUE(data);
    ASSERT_TRUE(data->owner().synced);

    ASSERT_TRUE(data->remember_cluster("red", false));

    EXPECT_TRUE(data->owner().synced);
}

TEST_F(first_start_test, of_an_identity_that_does_not_say_whether_anything_was_synced_takes_it_from_the_cluster) {
    auto const path = path_of("older");
    { ASSERT_TRUE(open(path)); }
    std::string const text = "format = 1\nnode_id = 1\nsingle_node = true\npeers = []\njoined = false\n";
    std::ofstream(path / identity_file_name) << text << "cluster_id = \"\"\n";
    EXPECT_FALSE(open(path)->owner().synced);
    std::ofstream(path / identity_file_name) << text << "cluster_id = \"red\"\n";
    EXPECT_TRUE(open(path)->owner().synced);
}

}  // namespace
}  // namespace broker
