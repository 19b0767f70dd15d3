// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"

#include <cluster/node_addresses.hpp>

#include <string>
#include <vector>

namespace broker::tests {
namespace {

using metadata::node_id;
using metadata::tests::asked_by;

/// A log as a node finds it on its disk.
struct stored_world : metadata::tests::world {
    struct view {
        std::vector<chronik::entry> const& entries;
        std::error_code broken{};

        chronik::log_index first_index() const { return chronik::log_index{1}; }
        chronik::log_index last_index() const { return chronik::log_index{entries.size()}; }
        chronik::result<chronik::entry> read(chronik::log_index at) const {
            if (broken) return std::unexpected(broken);
            return entries[at.value - 1];
        }
    };

    void admit(std::uint32_t node, std::string host, std::uint16_t rpc_port) {
        run(metadata::admit_broker{asked_by(1), node_id{node}, std::move(host), 9092, rpc_port});
    }
    void enrol(std::uint32_t node, std::uint64_t incarnation, std::string host, std::uint16_t rpc_port) {
        run(metadata::register_broker{asked_by(node), node_id{node}, incarnation, std::move(host), 1, 2, "", 1,
                                      rpc_port});
    }
    std::vector<std::string> places() const {
        std::vector<std::string> out;
        for (auto const& each : stored_nodes::read(view{log}).value().all())
            out.push_back(std::to_string(each.node.value) + "@" + each.host + ":" + std::to_string(each.port));
        return out;
    }
    bool has_left(std::uint32_t node) const { return stored_nodes::read(view{log}).value().has_left(node_id{node}); }
};

using texts = std::vector<std::string>;

TEST(node_addresses, the_disk_tells_of_all_that_were_admitted_or_have_registered) {
    stored_world world;
    EXPECT_EQ(world.places(), texts{});

    world.enrol(1, 1, "one", 11);
    world.admit(3, "three", 13);
    world.run(metadata::set_cluster_id{asked_by(1), "blue"});
    world.enrol(2, 1, "two", 12);

    EXPECT_EQ(world.places(), (texts{"1@one:11", "2@two:12", "3@three:13"}));
    EXPECT_EQ(stored_nodes::read(stored_world::view{world.log}).value().ids(),
              (std::vector{node_id{1}, node_id{2}, node_id{3}}));
}

TEST(node_addresses, the_later_word_counts_and_an_operators_more_than_the_nodes_own) {
    stored_world world;
    world.enrol(2, 1, "old", 1);
    world.enrol(2, 2, "new", 2);
    EXPECT_EQ(world.places(), (texts{"2@new:2"}));

    world.admit(3, "wrong", 1);
    world.admit(3, "right", 2);
    world.enrol(3, 1, "for-clients", 3);
    EXPECT_EQ(world.places(), (texts{"2@new:2", "3@right:2"}));
    EXPECT_TRUE(same_place(*address_of(world.now(), node_id{3}), {node_id{3}, "right", 2}));
    EXPECT_TRUE(same_place(*address_of(world.now(), node_id{2}), {node_id{2}, "new", 2}));
    EXPECT_FALSE(address_of(world.now(), node_id{4}).has_value());
}

TEST(node_addresses, who_does_not_say_where_it_is_has_no_address) {
    stored_world world;
    world.enrol(2, 1, "two", 0);
    EXPECT_EQ(world.places(), texts{});
    EXPECT_FALSE(address_of(world.now(), node_id{2}).has_value());
}

TEST(node_addresses, what_was_refused_is_not_believed) {
    stored_world world;
    world.enrol(2, 1, "two", 12);
    world.admit(2, "elsewhere", 99);
    world.admit(0, "zero", 1);
    world.admit(3, "", 1);
    world.admit(4, "four", 0);
    world.admit(5, std::string(metadata::host_bytes_max + 1, 'x'), 1);

    EXPECT_EQ(world.places(), texts{"2@two:12"});
}

TEST(node_addresses, the_disk_tells_who_was_decommissioned_and_not_taken_back) {
    stored_world world;
    world.enrol(2, 1, "two", 12);
    EXPECT_FALSE(world.has_left(2));

    world.run(metadata::change_membership{asked_by(1), node_id{2}, true});
    EXPECT_FALSE(world.has_left(2)) << "it is only about to";
    world.run(metadata::change_broker_status{asked_by(1), node_id{2}, 1, metadata::broker_state::decommissioned});
    EXPECT_TRUE(world.has_left(2));
    EXPECT_EQ(world.places(), (texts{"2@two:12"})) << "who may have been taken back is still dialled";

    world.run(metadata::change_membership{asked_by(1), node_id{2}, false});
    EXPECT_FALSE(world.has_left(2));
}

TEST(node_addresses, what_is_no_command_of_this_release_is_passed_over_here) {
    stored_world world;
    world.enrol(2, 1, "two", 12);
    world.append(chronik::shared_bytes::copy_of("\xff\xff\x01"));
    world.append(chronik::shared_bytes::copy_of("\x02"));
    world.append(chronik::shared_bytes{});
    EXPECT_EQ(world.places(), (texts{"2@two:12"}));
}

TEST(node_addresses, a_log_that_was_cut_goes_on_from_its_snapshot) {
    stored_world world;
    world.enrol(1, 1, "one", 11);
    world.enrol(2, 1, "two", 12);
    world.admit(3, "three", 13);
    world.run(metadata::change_membership{asked_by(1), node_id{2}, true});
    world.run(metadata::change_broker_status{asked_by(1), node_id{2}, 1, metadata::broker_state::decommissioned});
    auto const before = world.now();
    world.log.clear();
    EXPECT_EQ(stored_nodes::read(stored_world::view{world.log}, before).value().ids(),
              (std::vector{node_id{1}, node_id{2}, node_id{3}}));
    EXPECT_TRUE(stored_nodes::read(stored_world::view{world.log}, before).value().has_left(node_id{2}));

    world.enrol(1, 2, "elsewhere", 21);
    world.run(metadata::change_membership{asked_by(1), node_id{2}, false});
    auto const known = stored_nodes::read(stored_world::view{world.log}, before).value();
    EXPECT_TRUE(same_place(known.all().front(), {node_id{1}, "elsewhere", 21}));
    EXPECT_FALSE(known.has_left(node_id{2}));
}

TEST(node_addresses, a_log_that_cannot_be_read_is_no_empty_one) {
    stored_world world;
    world.enrol(2, 1, "two", 12);
    stored_world::view const changed{world.log, make_error_code(chronik::errc::corrupt_record)};
    auto const broken = stored_nodes::read(changed);
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error(), chronik::errc::corrupt_record);
}

}  // namespace
}  // namespace broker::tests
