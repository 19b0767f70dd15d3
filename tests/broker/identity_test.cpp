// SPDX-License-Identifier: Apache-2.0
#include <server/identity.hpp>
#include <server/identity_file.hpp>

#include <unit/posix/no_more_descriptors.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace broker {
namespace {

namespace fs = std::filesystem;

class identity_test : public testing::Test {
protected:
    identity_test() {
        std::string pattern = (fs::temp_directory_path() / "chronik_identity_XXXXXX").string();
        root_ = ::mkdtemp(pattern.data());
        path_ = (root_ / "data").string();
    }
    ~identity_test() override { fs::remove_all(root_); }

    static std::vector<chronik::node_id> nodes(std::initializer_list<std::uint32_t> ids) {
        std::vector<chronik::node_id> list;
        for (auto const id : ids) list.push_back(chronik::node_id{id});
        return list;
    }
    static identity alone(std::uint32_t id) { return {chronik::node_id{id}, "", true, {}}; }
    static identity member(std::uint32_t id, std::string cluster, std::initializer_list<std::uint32_t> peers) {
        return {chronik::node_id{id}, std::move(cluster), false, nodes(peers)};
    }

    void made_for(identity const& owner) { ASSERT_TRUE(data_directory::open(path_, owner)); }
    startup_error refused(identity const& wanted) {
        auto const opened = data_directory::open(path_, wanted);
        if (opened) return {exit_code::clean, "accepted"};
        EXPECT_EQ(opened.error().text.find('\n'), std::string::npos);
        return opened.error();
    }
    void overwrite(std::string_view text) { std::ofstream(fs::path(path_) / identity_file_name) << text; }

    fs::path root_;
    std::string path_;
};

TEST_F(identity_test, a_new_directory_is_made_and_recognised_again) {
    path_ = (root_ / "deep" / "er").string() + "/";
    {
        auto const first = data_directory::open(path_, member(1, "", {2, 3}));
        ASSERT_TRUE(first) << first.error().text;
        EXPECT_TRUE(first->is_new());
    }

    auto const again = data_directory::open(path_, member(1, "", {2, 3}));

    ASSERT_TRUE(again) << again.error().text;
    EXPECT_FALSE(again->is_new());
    EXPECT_EQ(again->owner(), member(1, "", {2, 3}));
}

TEST_F(identity_test, a_second_broker_on_the_same_directory_is_refused_and_told_which_process_holds_it) {
    auto const first = data_directory::open(path_, alone(1));
    ASSERT_TRUE(first);

    startup_error const second = refused(alone(1));

    EXPECT_EQ(second.code, exit_code::configuration);
    EXPECT_EQ(second.text, "the data directory " + path_ + " is in use by process " + std::to_string(::getpid()) +
                               ": stop that one, or set data_dir / --data-dir / CHRONIK_DATA_DIR");
}

TEST_F(identity_test, the_directory_of_another_node_is_refused) {
    made_for(alone(2));

    EXPECT_EQ(refused(alone(1)).text, "the data directory " + path_ +
                                          " belongs to node 2, but node_id is 1: correct that, or set data_dir / "
                                          "--data-dir / CHRONIK_DATA_DIR");
}

TEST_F(identity_test, the_directory_of_another_cluster_is_refused) {
    made_for(member(1, "red", {2}));

    EXPECT_NE(refused(member(1, "blue", {2})).text.find("belongs to cluster red, but cluster_id is blue"),
              std::string::npos);
}

TEST_F(identity_test, a_single_node_does_not_become_a_member_nor_the_other_way_round) {
    made_for(alone(1));
    EXPECT_NE(refused(member(1, "", {2})).text.find("belongs to a single node, but peers lists the nodes 1, 2"),
              std::string::npos);

    path_ += "2";
    made_for(member(1, "", {2, 3}));
    EXPECT_NE(refused(alone(1)).text.find("belongs to a cluster of the nodes 1, 2, 3, but no peers are configured"),
              std::string::npos);
}

TEST_F(identity_test, peers_may_be_any_of_the_cluster_and_nobody_else) {
    auto const opened = data_directory::open(path_, member(1, "", {2, 3}));
    ASSERT_TRUE(opened);

    EXPECT_TRUE(opened->check_peers(nodes({2, 3}), {}));
    EXPECT_TRUE(opened->check_peers(nodes({3}), {}));
    EXPECT_TRUE(opened->check_peers({}, {})) << "itself alone";
    EXPECT_TRUE(opened->check_peers(nodes({2, 5, 4}), nodes({4, 5})));
    auto const stranger = opened->check_peers(nodes({2, 9}), nodes({4}));
    ASSERT_FALSE(stranger);
    EXPECT_EQ(stranger.error().code, exit_code::configuration);
    EXPECT_EQ(stranger.error().text,
              "the data directory " + path_ + " belongs to a cluster of the nodes 1, 2, 3, 4, but peers lists node 9, "
              "which has not been admitted to it as far as this node knows: take it from the list, this node is told "
              "of it by the others, or set data_dir / --data-dir / CHRONIK_DATA_DIR");
}

TEST_F(identity_test, that_a_node_has_joined_is_decided_when_its_directory_is_made) {
    identity joins = member(4, "", {1, 2, 3});
    joins.joined = true;
    made_for(joins);

    auto const again = data_directory::open(path_, member(4, "", {1}));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->owner().joined);
    EXPECT_EQ(again->owner().peers, nodes({1, 2, 3})) << "as it was then";
}

TEST_F(identity_test, who_formed_its_cluster_joins_no_other) {
    made_for(member(1, "", {2, 3}));
    identity joins = member(1, "", {2, 3});
    joins.joined = true;

    auto const again = data_directory::open(path_, joins);
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->owner().joined);
}

TEST_F(identity_test, a_directory_that_does_not_say_whether_its_node_joined_has_formed_its_cluster) {
    made_for(member(1, "", {2}));
    overwrite("format = 1\nnode_id = 1\ncluster_id = \"\"\nsingle_node = false\npeers = [2]\n");

    auto const opened = data_directory::open(path_, member(1, "", {2}));
    ASSERT_TRUE(opened);
    EXPECT_FALSE(opened->owner().joined);
}

TEST_F(identity_test, the_cluster_id_is_kept_once_known) {
    {
        auto opened = data_directory::open(path_, alone(1));
        ASSERT_TRUE(opened);
        ASSERT_TRUE(opened->remember_cluster("c \"1\"\\"));
        ASSERT_TRUE(opened->remember_cluster("c \"1\"\\"));
        auto const other = opened->remember_cluster("another");
        ASSERT_FALSE(other);
        EXPECT_NE(other.error().text.find("belongs to cluster"), std::string::npos);
    }

    auto const again = data_directory::open(path_, alone(1));

    ASSERT_TRUE(again);
    EXPECT_EQ(again->owner().cluster_id, "c \"1\"\\");
}

TEST_F(identity_test, what_there_is_no_descriptor_for_is_remembered_later) {
    auto opened = data_directory::open(path_, alone(1));
    ASSERT_TRUE(opened);
    {
        chronik::posix::no_more_descriptors const famine;
        auto const kept = opened->remember_cluster("red", true);
        ASSERT_FALSE(kept);
        EXPECT_TRUE(kept.error().passes) << kept.error().text;
        EXPECT_EQ(opened->owner().cluster_id, "");
        EXPECT_FALSE(opened->owner().synced);
    }

    ASSERT_TRUE(opened->remember_cluster("red", true));
    { auto const closed = *std::move(opened); }
    EXPECT_EQ(data_directory::open(path_, alone(1))->owner().cluster_id, "red");
}

TEST_F(identity_test, a_file_cut_short_before_its_rename_changes_nothing) {
    made_for(alone(1));
    std::ofstream(fs::path(path_) / "node.toml.new") << "format = 1\nnode_";

    EXPECT_TRUE(data_directory::open(path_, alone(1)));
}

TEST_F(identity_test, a_newer_format_is_left_to_the_newer_release) {
    made_for(alone(1));
    overwrite("format = 2\nsomething_new = true\n");

    startup_error const error = refused(alone(1));

    EXPECT_EQ(error.code, exit_code::configuration);
    EXPECT_NE(error.text.find("has format 2, and this release reads up to 1"), std::string::npos);
}

TEST_F(identity_test, a_damaged_identity_is_a_storage_failure) {
    made_for(alone(1));

    for (char const* text : {"", "format = 1\n", "format = 1\nnode_id = 0\n", "\x01\x02", "format = = 1"}) {
        overwrite(text);
        EXPECT_EQ(refused(alone(1)).code, exit_code::storage) << text;
    }
}

TEST_F(identity_test, a_directory_with_other_things_in_it_is_refused) {
    fs::create_directory(path_);
    fs::create_directory(fs::path(path_) / "lost+found");
    std::ofstream(fs::path(path_) / "thesis.tex") << "x";

    EXPECT_NE(refused(alone(1)).text.find("it has 'thesis.tex' but no node.toml"), std::string::npos);

    fs::remove(fs::path(path_) / "thesis.tex");
    EXPECT_TRUE(data_directory::open(path_, alone(1)));
}

TEST_F(identity_test, a_path_that_cannot_be_a_directory_is_refused) {
    std::ofstream(root_ / "file") << "x";

    path_ = (root_ / "file").string();
    EXPECT_EQ(refused(alone(1)).code, exit_code::configuration);
    path_ = (root_ / "file" / "data").string();
    EXPECT_NE(refused(alone(1)).text.find("data_dir / --data-dir"), std::string::npos);
    path_ = "/proc/chronik";
    EXPECT_NE(refused(alone(1)).text.find("data_dir / --data-dir"), std::string::npos);
}

TEST_F(identity_test, a_read_only_directory_is_refused) {
    // /proc takes no files, whoever asks.
    path_ = "/proc/self";

    EXPECT_NE(refused(alone(1)).text.find("cannot write to the data directory /proc/self"), std::string::npos);
}

TEST(identity, is_taken_from_the_settings) {
    settings values;
    values.node_id = chronik::node_id{2};
    values.peers = {{chronik::node_id{1}, "a", 1, 2}, {chronik::node_id{3}, "b", 1, 2}};
    values.join = true;

    identity const wanted = identity_of(values);

    EXPECT_EQ(wanted.node.value, 2u);
    EXPECT_EQ(wanted.peers.size(), 2u);
    EXPECT_TRUE(wanted.joined);
    EXPECT_EQ(*read_identity(identity_text(wanted), "x"), wanted);
}

}  // namespace
}  // namespace broker
