// SPDX-License-Identifier: Apache-2.0
#include <broker_world/consumer_words.hpp>
#include <broker_world/group_history.hpp>
#include <broker_world/history.hpp>
#include <groups/log_records.hpp>
#include <wire/records.hpp>

#include <chronik/testing/findings.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// Each check, with a history that breaks it and no other.

namespace broker::world {
namespace {

struct records : testing::Test {
    history::value send(guarantee how = guarantee::all, std::uint32_t producer = 1) {
        return seen.send(where, how, producer);
    }
    void commit(history::value which, std::int64_t offset) { seen.committed(where, offset, std::to_string(which)); }
    std::string first() const { return found.empty() ? "" : found.violations().front(); }

    place where{"topic", 0};
    chronik::testing::findings found;
    history seen{found};
};

TEST_F(records, what_is_sent_committed_acknowledged_and_read_is_no_breach) {
    auto const one = send();
    auto const other = send(guarantee::exactly_once);
    commit(one, 0);
    commit(other, 1);
    seen.acknowledged(one, 0);
    seen.acknowledged(other, 1);
    seen.fetched(where, 1, std::to_string(other));
    seen.expect_all_acknowledged();

    EXPECT_EQ(first(), "");
    EXPECT_EQ(seen.end_of(where), 2);
}

TEST_F(records, an_acknowledgement_of_what_is_not_committed) {
    seen.acknowledged(send(), 0);
    EXPECT_EQ(first(), "topic-0: value 0 is acknowledged and not committed");
}

TEST_F(records, a_leader_alone_may_acknowledge_what_gets_lost) {
    seen.acknowledged(send(guarantee::leader), 0);
    seen.expect_all_acknowledged();
    EXPECT_EQ(first(), "");
}

TEST_F(records, an_acknowledgement_with_another_offset) {
    auto const one = send();
    commit(one, 0);
    seen.acknowledged(one, 4);
    EXPECT_EQ(first(), "topic-0: value 0 is acknowledged at an offset where it is not");
}

TEST_F(records, an_offset_that_is_not_where_a_leader_said) {
    auto const one = send(guarantee::leader);
    seen.acknowledged(one, 3);
    commit(one, 0);
    EXPECT_EQ(first(), "topic-0: value 0 is at another offset than was acknowledged");
}

TEST_F(records, a_value_in_the_log_that_was_refused_for_certain) {
    auto const one = send();
    seen.refused(one);
    commit(one, 0);
    EXPECT_EQ(first(), "topic-0: value 0 is in the log, and its producer heard that it is not");
}

TEST_F(records, a_refusal_of_what_is_in_the_log) {
    auto const one = send();
    commit(one, 0);
    seen.refused(one);
    EXPECT_EQ(first(), "topic-0: value 0 is in the log, and its producer heard that it is not");
}

TEST_F(records, a_value_twice) {
    auto const one = send();
    commit(one, 0);
    commit(one, 1);
    EXPECT_EQ(first(), "topic-0: value 0 is in the log twice");
}

TEST_F(records, a_gap) {
    commit(send(), 1);
    EXPECT_EQ(first(), "topic-0: value 0 is at offset 1, where the log has others or a gap");
}

TEST_F(records, a_value_that_nobody_sent) {
    commit(9, 0);
    EXPECT_EQ(first(), "topic-0: value 9 was sent by nobody");
}

TEST_F(records, a_value_in_another_partition) {
    auto const one = seen.send({"topic", 1}, guarantee::all, 1);
    commit(one, 0);
    EXPECT_EQ(first(), "topic-0: value 0 was sent to topic-1");
}

TEST_F(records, values_of_a_producer_out_of_order) {
    auto const one = send();
    auto const other = send();
    commit(other, 0);
    commit(one, 1);
    EXPECT_EQ(first(), "topic-0: value 0 is behind a later one of its producer");
}

TEST_F(records, values_of_two_producers_in_any_order) {
    auto const one = send(guarantee::all, 1);
    auto const other = send(guarantee::all, 2);
    commit(other, 0);
    commit(one, 1);
    EXPECT_EQ(first(), "");
}

TEST_F(records, a_record_that_is_read_and_not_committed) {
    seen.fetched(where, 0, std::to_string(send()));
    EXPECT_EQ(first(), "topic-0: value 0 was read at offset 0, where it is not committed");
}

TEST_F(records, a_record_that_is_read_where_another_is) {
    auto const one = send();
    auto const other = send();
    commit(one, 0);
    commit(other, 1);
    seen.fetched(where, 0, std::to_string(other));
    EXPECT_EQ(first(), "topic-0: value 1 was read at offset 0, where it is not committed");
}

TEST_F(records, a_high_watermark_below_that_of_an_earlier_leader) {
    seen.shown(where, 3, 10);
    seen.shown(where, 4, 9);
    EXPECT_EQ(first(), "topic-0: the high watermark of epoch 4 is 9, and epoch 3 had another");
}

TEST_F(records, a_high_watermark_of_an_earlier_leader_that_is_late) {
    seen.shown(where, 4, 9);
    seen.shown(where, 3, 8);
    EXPECT_EQ(first(), "");
    seen.shown(where, 3, 10);
    EXPECT_EQ(first(), "topic-0: the high watermark of epoch 3 is 10, and epoch 4 had another");
}

struct offsets : testing::Test {
    using shares = std::vector<std::pair<std::string, std::vector<place>>>;

    offsets() { seen.share_out({where, other}); }

    void store(groups::log_record const& record) {
        wire::record_view view;
        view.key = record.key;
        if (record.value) view.value = *record.value;
        seen.stored(view);
    }
    void store_offset(std::int64_t offset) {
        groups::offset_value value;
        value.offset = offset;
        store(*groups::to_record(groups::offset_key{"group", "topic", 0}, value));
    }
    void store_generation(std::int32_t generation, shares const& given = {}) {
        groups::group_value value;
        value.protocol_type = "consumer";
        value.generation = generation;
        for (auto const& [member, owned] : given) {
            auto& one = value.members.emplace_back();
            one.member_id = member;
            one.assignment = consumer_words::assignment(owned);
        }
        store(*groups::to_record(groups::group_key{"group"}, value));
    }
    std::string first() const { return found.empty() ? "" : found.violations().front(); }

    place where{"topic", 0};
    place other{"topic", 1};
    chronik::testing::findings found;
    group_history seen{found};
};

TEST_F(offsets, offsets_and_generations_that_go_on_are_no_breach) {
    store_offset(3);
    store_offset(3);
    store_generation(1);
    store_generation(2, {{"a", {where, other}}, {"c", {}}});
    seen.committed("group", 2, where, 3);
    seen.told("group", where, 3, seen.least("group", 2, where));
    seen.assigned("group", 2, "a", {where, other});
    seen.assigned("group", 2, "a", {where, other});
    seen.assigned("group", 2, "c", {});
    store_generation(3, {{"a", {other}}, {"b", {where}}});
    seen.assigned("group", 3, "b", {where});
    EXPECT_EQ(first(), "");
}

TEST_F(offsets, an_offset_that_goes_back_in_the_log) {
    store_offset(3);
    store_offset(2);
    EXPECT_EQ(first(), "group group: topic-0 goes back from offset 3 to 2");
}

TEST_F(offsets, an_offset_that_begins_again_when_it_was_deleted) {
    store_offset(3);
    store(*groups::to_tombstone(groups::offset_key{"group", "topic", 0}));
    store_offset(0);
    EXPECT_EQ(first(), "");
}

TEST_F(offsets, a_generation_that_goes_back_in_the_log) {
    store_generation(4);
    store_generation(3);
    EXPECT_EQ(first(), "group group: goes back from generation 4 to 3");
}

TEST_F(offsets, an_acknowledged_offset_that_is_not_told) {
    seen.committed("group", 2, where, 5);
    seen.told("group", where, 4, seen.least("group", 3, where));
    EXPECT_EQ(first(), "group group: topic-0 is told to go on at 4, and 5 was acknowledged before");
}

TEST_F(offsets, what_a_later_generation_committed_need_not_be_told) {
    seen.committed("group", 3, where, 5);
    seen.told("group", where, 4, seen.least("group", 2, where));
    EXPECT_EQ(first(), "");
}

TEST_F(offsets, two_owners_of_a_partition_in_one_generation) {
    store_generation(2, {{"a", {where, other}}});
    seen.assigned("group", 2, "a", {where, other});
    store_generation(2, {{"b", {where, other}}});
    seen.assigned("group", 2, "b", {where, other});
    EXPECT_EQ(first(), "group group: topic-0 has two owners in generation 2");
}

TEST_F(offsets, a_partition_that_is_shared_out_twice) {
    store_generation(2, {{"a", {where, other}}, {"b", {where}}});
    EXPECT_EQ(first(), "group group: generation 2 does not share out each partition once");
}

TEST_F(offsets, a_partition_that_is_shared_out_to_nobody) {
    store_generation(2, {{"a", {where}}});
    EXPECT_EQ(first(), "group group: generation 2 does not share out each partition once");
}

TEST_F(offsets, a_share_that_nobody_has_stored) {
    seen.assigned("group", 2, "a", {where});
    EXPECT_EQ(first(), "group group: a share of generation 2 is heard that is not stored");
}

TEST_F(offsets, a_share_that_is_another_than_the_stored_one) {
    store_generation(2, {{"a", {where}}, {"b", {other}}});
    seen.assigned("group", 2, "a", {other});
    EXPECT_EQ(first(), "group group: a share of generation 2 is heard that is not stored");
}

}  // namespace
}  // namespace broker::world
