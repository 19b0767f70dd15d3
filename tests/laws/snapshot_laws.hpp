// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/machine/snapshot.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <vector>

/// What every model of machine::snapshottable keeps.
///
/// make       a fresh machine
/// commands   entries that make sense to it, in the order of a log; some four are enough
namespace chronik::laws {

/// All chunks of a view, joined as a store joins them.
template <machine::snapshot_view View>
shared_bytes joined(View view) {
    std::vector<std::byte> all;
    for (shared_bytes chunk = view.next_chunk(); !chunk.empty(); chunk = view.next_chunk())
        all.insert(all.end(), chunk.view().begin(), chunk.view().end());
    return shared_bytes{std::move(all)};
}

template <class Make>
void a_restored_machine_is_the_one_that_was_taken(Make make, std::span<entry const> commands) {
    auto original = make();
    for (entry const& each : commands) original.apply(each);

    auto restored = make();
    ASSERT_TRUE(restored.restore(joined(original.snapshot())));

    EXPECT_EQ(joined(restored.snapshot()), joined(original.snapshot()));
}

template <class Make>
void applying_after_a_restore_is_applying_after_the_commands(Make make, std::span<entry const> commands) {
    auto const half = commands.size() / 2;
    auto original = make();
    for (entry const& each : commands.first(half)) original.apply(each);
    auto restored = make();
    ASSERT_TRUE(restored.restore(joined(original.snapshot())));

    for (entry const& each : commands.subspan(half)) {
        original.apply(each);
        restored.apply(each);
    }

    EXPECT_EQ(joined(restored.snapshot()), joined(original.snapshot()));
}

template <class Make>
void a_view_shows_the_moment_it_was_taken(Make make, std::span<entry const> commands) {
    auto const half = commands.size() / 2;
    auto original = make();
    for (entry const& each : commands.first(half)) original.apply(each);
    auto const before = joined(original.snapshot());

    auto view = original.snapshot();
    for (entry const& each : commands.subspan(half)) original.apply(each);

    EXPECT_EQ(joined(std::move(view)), before);
}

template <class Make>
void a_restore_forgets_what_was_there(Make make, std::span<entry const> commands) {
    auto const nothing = joined(make().snapshot());
    auto used = make();
    for (entry const& each : commands) used.apply(each);

    ASSERT_TRUE(used.restore(nothing));

    EXPECT_EQ(joined(used.snapshot()), nothing);
}

template <class Make>
void a_refused_restore_changes_nothing(Make make, std::span<entry const> commands, shared_bytes const& nonsense) {
    auto used = make();
    for (entry const& each : commands) used.apply(each);
    auto const before = joined(used.snapshot());

    EXPECT_FALSE(used.restore(nonsense));

    EXPECT_EQ(joined(used.snapshot()), before);
}

template <class Make>
void snapshot_laws(Make make, std::span<entry const> commands, shared_bytes const& nonsense) {
    a_restored_machine_is_the_one_that_was_taken(make, commands);
    applying_after_a_restore_is_applying_after_the_commands(make, commands);
    a_view_shows_the_moment_it_was_taken(make, commands);
    a_restore_forgets_what_was_there(make, commands);
    a_refused_restore_changes_nothing(make, commands, nonsense);
}

}  // namespace chronik::laws
