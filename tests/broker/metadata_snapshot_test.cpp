// SPDX-License-Identifier: Apache-2.0
#include "../laws/snapshot_laws.hpp"
#include "metadata_world.hpp"

#include <chronik/machine/snapshot.hpp>

#include <gtest/gtest.h>

#include <string>

namespace broker::metadata::tests {
namespace {

/// Brokers, admissions, topics, leaders, a deletion, a move and producer ids.
world busy_world() {
    auto made = world::with_brokers(3, 2);
    made.run(set_cluster_id{asked_by(1), "blue"});
    for (std::uint32_t number = 1; number <= 40; ++number) {
        auto topic = a_topic("topic-" + std::to_string(number), number,
                             {{{node_id{1}, node_id{2}}}, {{node_id{3}, node_id{1}}}});
        topic.configs.push_back({"retention.ms", std::to_string(number)});
        made.run(create_topics{asked_by(1, number), {std::move(topic)}});
    }
    made.run(delete_topics{asked_by(1), {id_of(7)}});
    auto const group = made.now().find_topic(id_of(3))->groups[1];
    made.run(update_partitions{asked_by(3), {{group, node_id{3}, log_term{4}, {node_id{3}}}}});
    auto const moved = made.now().find_topic(id_of(5))->groups[0];
    made.run(alter_reassignments{asked_by(1), {{moved, {node_id{2}, node_id{3}}}}});
    made.run(allocate_producer_ids{asked_by(2), 1000});
    made.add_broker(3, "rack-1", 2, 7, {"ssd", "zone=a"});
    made.run(admit_broker{asked_by(1), node_id{4}, "four", 9392, 12392});
    made.run(admit_broker{asked_by(1), node_id{5}, "five", 9492, 12492});
    made.run(change_membership{asked_by(1), node_id{5}, true});
    made.run(change_broker_status{asked_by(1), node_id{1}, 1, broker_state::failed});
    made.run(replace_broker{asked_by(2), node_id{1}, 1});
    return made;
}

chronik::shared_bytes bytes_of(machine const& of) { return chronik::laws::joined(of.snapshot()); }

}  // namespace

TEST(metadata_snapshot, the_machine_keeps_the_laws) {
    auto const made = busy_world();
    chronik::laws::snapshot_laws([] { return machine{}; }, made.log, chronik::shared_bytes::copy_of("nonsense"));
}

TEST(metadata_snapshot, a_restored_image_is_the_same_image) {
    auto const made = busy_world();
    machine restored;
    ASSERT_TRUE(restored.restore(bytes_of(made.machine)));
    EXPECT_EQ(restored.current()->digest(), made.now().digest());
    EXPECT_EQ(restored.current()->cluster_id, "blue");
    EXPECT_EQ(restored.current()->find_topic("topic-3")->configs, made.now().find_topic("topic-3")->configs);
    EXPECT_EQ(restored.current()->find_topic(id_of(7)), nullptr);
    EXPECT_EQ(restored.current()->next_producer_id, 1000U);
    EXPECT_EQ(restored.current()->brokers(), made.now().brokers());
    EXPECT_EQ(restored.current()->find_broker(node_id{3})->capacity, 7U);
    EXPECT_TRUE(restored.current()->find_broker(node_id{1})->replaced);
    EXPECT_EQ(restored.current()->admissions(), made.now().admissions());
    EXPECT_EQ(restored.current()->admissions().size(), 2U);
    EXPECT_EQ(restored.current()->moving(), made.now().moving());
    EXPECT_EQ(restored.current()->moving().size(), 1U);
}

TEST(metadata_snapshot, an_image_held_by_others_is_not_disturbed_by_a_restore) {
    auto made = busy_world();
    auto const held = made.machine.current();
    auto const before = held->digest();
    ASSERT_TRUE(made.machine.restore(bytes_of(machine{})));
    EXPECT_EQ(held->digest(), before);
    EXPECT_EQ(made.now().topic_count(), 0U);
}

TEST(metadata_snapshot, an_admission_stands_behind_the_brokers) {
    world made;
    made.run(admit_broker{asked_by(1), node_id{4}, "h", 9092, 12092});
    auto const bytes = bytes_of(made.machine);
    // version; image version, cluster id, next group, next producer id, balance; then how many of each.
    std::size_t const before = 1 + 8 + 1 + 8 + 8 + (8 + 1 + 8 + 8);
    std::string const expected{"\0\0\0\0" "\1\0\0\0" "\0\0\0\0" "\0\0\0\0"
                               "\4\0\0\0" "\2h" "\x84\x23" "\x3c\x2f" "\0",
                               27};
    EXPECT_EQ(bytes.text().substr(before), expected);
}

TEST(metadata_snapshot, a_broker_ends_with_its_capacity_its_tags_and_whether_it_is_replaced) {
    world made;
    made.add_broker(1, "r", 1, 7, {"ssd", "zone=a"});
    auto const bytes = bytes_of(made.machine);
    std::string const expected{"\1\0\0\0" "\1\0\0\0\0\0\0\0" "\5host" "\x84\x23" "\x6c\x27" "\2r" "\1\0\0\0"
                               "\1" "\1\0\0\0\0\0\0\0" "\0" "\x3c\x2f" "\7\0\0\0" "\3\4ssd\7zone=a"
                               "\0",
                               56};
    EXPECT_EQ(bytes.text().substr(bytes.size() - expected.size()), expected);
}

TEST(metadata_snapshot, travels_in_chunks) {
    auto made = world::with_brokers(3);
    for (std::uint32_t number = 1; number <= 1500; ++number)
        made.run(create_topics{asked_by(1, number), {a_topic(std::string(200, 'x') + std::to_string(number), number)}});
    auto view = made.machine.snapshot();
    std::size_t chunks = 0;
    for (auto chunk = view.next_chunk(); !chunk.empty(); chunk = view.next_chunk()) {
        EXPECT_LE(chunk.size(), 70'000U);
        ++chunks;
    }
    EXPECT_GE(chunks, 4U);
}

TEST(metadata_snapshot, cut_anywhere_it_is_malformed) {
    auto const whole = bytes_of(busy_world().machine);
    for (std::size_t size = 0; size < whole.size(); size += size < 200 ? 1 : 13) {
        machine untouched;
        auto const refused = untouched.restore(whole.slice(0, size));
        ASSERT_FALSE(refused) << size << " bytes";
        ASSERT_EQ(refused.error(), chronik::errc::malformed);
    }
}

TEST(metadata_snapshot, bytes_behind_its_end_are_malformed) {
    std::string const longer = std::string(bytes_of(busy_world().machine).text()) + "x";
    EXPECT_EQ(machine{}.restore(chronik::shared_bytes::copy_of(longer)).error(), chronik::errc::malformed);
}

TEST(metadata_snapshot, of_a_newer_release_is_named_so) {
    std::string newer{bytes_of(busy_world().machine).text()};
    newer.front() = 9;
    EXPECT_EQ(machine{}.restore(chronik::shared_bytes::copy_of(newer)).error(), chronik::errc::unsupported_version);
}

TEST(metadata_snapshot, a_machine_that_met_a_newer_command_takes_none) {
    auto made = busy_world();
    EXPECT_TRUE(chronik::machine::takes_snapshots(made.machine));
    made.append(chronik::shared_bytes::copy_of("\xff\xff\x01"));
    EXPECT_FALSE(chronik::machine::takes_snapshots(made.machine)) << "what was not applied must not look applied";
}

}  // namespace broker::metadata::tests
