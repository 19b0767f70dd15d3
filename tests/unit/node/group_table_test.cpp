// SPDX-License-Identifier: Apache-2.0
#include <chronik/node/group_table.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace {

using namespace chronik;
using namespace std::chrono_literals;

struct small_core {
    time_point due = never;
    mutable int asked = 0;
    time_point wake_at() const {
        ++asked;
        return due;
    }
};
struct small_group {
    group_id id;
    small_core core{};
    time_point scheduled = never;
    bool ready = false;
    bool proposed = false;
    bool untold = false;
};

struct group_table_test : ::testing::Test {
    group_table<small_group> groups;
    std::string seen;

    small_group& add(std::uint64_t id) { return groups.add(std::make_unique<small_group>(small_group{group_id{id}})); }
    auto note() {
        return [this](small_group& one) {
            seen += std::to_string(one.id.value) + " ";
            return true;
        };
    }
};

TEST_F(group_table_test, finds_what_was_added_until_it_is_taken) {
    add(7);
    EXPECT_NE(groups.find(group_id{7}), nullptr);
    EXPECT_EQ(groups.find(group_id{8}), nullptr);

    EXPECT_EQ(groups.take(group_id{7})->id, group_id{7});
    EXPECT_EQ(groups.take(group_id{7}), nullptr);
    EXPECT_TRUE(groups.all().empty());
}

TEST_F(group_table_test, who_is_marked_twice_is_visited_once_and_in_order) {
    small_group& one = add(1);
    small_group& two = add(2);
    groups.mark_ready(two);
    groups.mark_ready(one);
    groups.mark_ready(two);

    groups.visit_ready(note());
    EXPECT_EQ(seen, "2 1 ");
    groups.visit_ready(note());
    EXPECT_EQ(seen, "2 1 ") << "each mark counts once";
}

TEST_F(group_table_test, who_is_marked_during_a_visit_waits_for_the_next) {
    small_group& one = add(1);
    groups.mark_ready(one);

    groups.visit_ready([&](small_group& same) {
        groups.mark_ready(same);
        return note()(same);
    });
    EXPECT_EQ(seen, "1 ");
    groups.visit_ready(note());
    EXPECT_EQ(seen, "1 1 ");
}

TEST_F(group_table_test, who_was_told_meanwhile_is_not_visited_for_it) {
    small_group& one = add(1);
    groups.mark_untold(one);
    groups.mark_untold(add(2));
    one.untold = false;

    groups.visit_untold(note());
    EXPECT_EQ(seen, "2 ");

    groups.mark_untold(one);
    groups.visit_untold(note());
    EXPECT_EQ(seen, "2 1 ");
}

TEST_F(group_table_test, who_is_taken_from_within_a_visit_is_passed_over) {
    groups.mark_proposed(add(1));
    groups.mark_proposed(add(2));

    groups.visit_proposed([&](small_group& one) {
        EXPECT_TRUE(groups.visiting_proposed());
        note()(one);
        groups.take(group_id{2});
    });

    EXPECT_EQ(seen, "1 ");
    EXPECT_FALSE(groups.visiting_proposed());
}

TEST_F(group_table_test, a_deadline_that_has_moved_later_is_looked_at_once_more) {
    small_group& one = add(1);
    one.core.due = time_point{10ms};
    groups.schedule(one);
    one.core.due = time_point{20ms};
    groups.schedule(one);
    EXPECT_EQ(groups.wake_at(), time_point{10ms});

    groups.visit_due(time_point{10ms}, note());
    EXPECT_EQ(seen, "") << "not yet";
    EXPECT_EQ(groups.wake_at(), time_point{20ms});

    groups.visit_due(time_point{20ms}, [&](small_group& due) {
        due.core.due = never;
        return note()(due);
    });
    EXPECT_EQ(seen, "1 ");
    EXPECT_EQ(groups.wake_at(), never);
}

// Else each entry that fires would put in another, and there would be more and more of them.
TEST_F(group_table_test, a_deadline_that_has_moved_earlier_leaves_nothing_behind) {
    small_group& one = add(1);
    for (auto const due : {30ms, 20ms, 10ms}) {
        one.core.due = time_point{due};
        groups.schedule(one);
    }
    one.core.due = time_point{40ms};
    groups.visit_due(time_point{10ms}, note());
    EXPECT_EQ(seen, "") << "not yet";

    int const asked = one.core.asked;
    groups.visit_due(time_point{39ms}, note());
    EXPECT_EQ(one.core.asked, asked) << "what it had said before is nobody's any more";
    EXPECT_EQ(groups.wake_at(), time_point{40ms});
    groups.visit_due(time_point{40ms}, [&](small_group& due) {
        due.core.due = never;
        return note()(due);
    });
    EXPECT_EQ(seen, "1 ");
}

}  // namespace
