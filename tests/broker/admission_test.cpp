// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"

#include <string>

namespace broker::metadata::tests {
namespace {

/// Three brokers, and a node 4 that nobody had listed.
struct admitting_world : world {
    admitting_world() : world(with_brokers(3)) {
        EXPECT_EQ(admit(4, "four"), error::none);
        run(finish_rebalance{asked_by(1), now().balance.since});
    }
    error admit(std::uint32_t node, std::string host, std::uint16_t kafka_port = 9092, std::uint16_t rpc_port = 12092) {
        return run(admit_broker{asked_by(1), node_id{node}, std::move(host), kafka_port, rpc_port}).outcome;
    }
    error change(std::uint32_t node, bool leaves) {
        return run(change_membership{asked_by(1), node_id{node}, leaves}).outcome;
    }
    error enrol(std::uint32_t node, std::uint64_t incarnation = 1) {
        return run(register_broker{asked_by(node), node_id{node}, incarnation, "host", 1, 2, "", 1, 3}).outcome;
    }
    admission const* admitted(std::uint32_t node) const { return now().find_admission(node_id{node}); }
};

TEST(admission, a_node_that_is_let_in_is_known_with_its_address_and_is_no_broker_yet) {
    admitting_world world;

    ASSERT_NE(world.admitted(4), nullptr);
    EXPECT_EQ(*world.admitted(4), (admission{node_id{4}, "four", 9092, 12092, false}));
    EXPECT_EQ(world.now().brokers().size(), 3U);
    EXPECT_FALSE(world.now().balance.is_due()) << "there is nobody to carry anything yet";
}

TEST(admission, who_comes_for_the_first_time_gets_its_share_and_keeps_the_address_it_was_admitted_with) {
    admitting_world world;

    EXPECT_EQ(world.enrol(4), error::none);

    EXPECT_TRUE(world.now().balance.is_due());
    EXPECT_EQ(world.admitted(4)->host, "four");
    EXPECT_EQ(world.now().find_broker(node_id{4})->rpc_port, 3);
}

TEST(admission, it_can_be_corrected_until_the_node_has_come) {
    admitting_world world;

    EXPECT_EQ(world.admit(4, "elsewhere"), error::none);
    EXPECT_EQ(world.admitted(4)->host, "elsewhere");

    world.enrol(4);
    EXPECT_EQ(world.admit(4, "nowhere"), error::known_broker);
    EXPECT_EQ(world.admitted(4)->host, "elsewhere");
}

TEST(admission, who_is_a_broker_is_not_let_in_again) {
    admitting_world world;

    EXPECT_EQ(world.admit(2, "two"), error::known_broker);
    EXPECT_EQ(world.change(2, true), error::none);
    EXPECT_EQ(world.admit(2, "two"), error::known_broker);
    EXPECT_EQ(world.run(change_broker_status{asked_by(1), node_id{2}, 1, broker_state::decommissioned}).outcome,
              error::none);
    EXPECT_EQ(world.admit(2, "two"), error::decommissioned);

    EXPECT_EQ(world.admitted(2), nullptr);
}

TEST(admission, what_names_no_place_is_refused) {
    admitting_world world;

    EXPECT_EQ(world.admit(0, "zero"), error::invalid_request);
    EXPECT_EQ(world.admit(5, ""), error::invalid_request);
    EXPECT_EQ(world.admit(5, std::string(host_bytes_max + 1, 'x')), error::invalid_request);
    EXPECT_EQ(world.admit(5, "five", 0), error::invalid_request);
    EXPECT_EQ(world.admit(5, "five", 9092, 0), error::invalid_request);

    EXPECT_EQ(world.now().admissions().size(), 1U);
}

TEST(admission, there_is_a_limit) {
    admitting_world world;
    for (std::uint32_t node = 5; world.now().admissions().size() < brokers_max; ++node)
        ASSERT_EQ(world.admit(node, "h"), error::none);

    EXPECT_EQ(world.admit(100'000, "h"), error::limit_reached);
    EXPECT_EQ(world.admit(4, "corrected"), error::none) << "a known one takes no more room";
}

TEST(admission, who_has_not_come_is_let_in_no_more_at_once_and_again_if_it_is_wanted) {
    admitting_world world;

    EXPECT_EQ(world.change(4, true), error::none);
    EXPECT_TRUE(world.admitted(4)->revoked);
    EXPECT_FALSE(world.now().balance.is_due()) << "it held nothing";
    EXPECT_EQ(world.enrol(4), error::decommissioned);
    EXPECT_EQ(world.now().find_broker(node_id{4}), nullptr);

    EXPECT_EQ(world.change(4, false), error::none);
    EXPECT_FALSE(world.admitted(4)->revoked);
    EXPECT_EQ(world.change(4, true), error::none);
    EXPECT_EQ(world.admit(4, "four"), error::none);
    EXPECT_FALSE(world.admitted(4)->revoked);
    EXPECT_EQ(world.enrol(4), error::none);

    EXPECT_EQ(world.change(9, true), error::unknown_broker);
}

TEST(admission, it_is_part_of_the_digest) {
    admitting_world world;
    auto const before = world.now().digest();
    world.admit(4, "elsewhere");
    EXPECT_NE(world.now().digest(), before);
}

TEST(admission, an_image_once_taken_does_not_change) {
    admitting_world world;
    auto const taken = world.machine.current();
    world.admit(5, "five");
    EXPECT_EQ(taken->find_admission(node_id{5}), nullptr);
    EXPECT_NE(world.admitted(5), nullptr);
}

TEST(admission, its_command_has_the_bytes_that_the_page_says) {
    admit_broker const what{{node_id{1}, 2, 3}, node_id{4}, "h", 9092, 12092};
    std::string const expected{"\x10\0\0"
                               "\1\0\0\0" "\2\0\0\0\0\0\0\0" "\3\0\0\0\0\0\0\0"
                               "\4\0\0\0" "\2h" "\x84\x23" "\x3c\x2f",
                               33};

    auto const bytes = command_set::encode(what).value();

    EXPECT_EQ(bytes.text(), expected);
    EXPECT_EQ(std::get<admit_broker>(command_set::decode(bytes).value()), what);
}

}  // namespace
}  // namespace broker::metadata::tests
