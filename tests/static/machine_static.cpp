// SPDX-License-Identifier: Apache-2.0
#include "../archetypes/command.hpp"
#include "../archetypes/placement.hpp"
#include "../archetypes/snapshottable.hpp"
#include "../archetypes/state_machine.hpp"

#include <chronik/assign/rack_aware.hpp>
#include <chronik/assign/round_robin.hpp>
#include <chronik/machine/command_set.hpp>
#include <chronik/machine/snapshot.hpp>
#include <chronik/machine/sessions.hpp>

namespace {

using namespace chronik;

static_assert(machine::state_machine<archetypes::state_machine>);
static_assert(assign::placement<archetypes::placement>);
static_assert(assign::placement<assign::round_robin>);
static_assert(assign::placement<assign::rack_aware>);

struct apply_without_result_type {
    int apply(entry const&) { return 0; }
};
struct apply_that_takes_bytes {
    using result_type = int;
    int apply(shared_bytes const&) { return 0; }
};
struct apply_with_another_result {
    using result_type = long;
    int apply(entry const&) { return 0; }
};
static_assert(!machine::state_machine<apply_without_result_type>);
static_assert(!machine::state_machine<apply_that_takes_bytes>);
static_assert(!machine::state_machine<apply_with_another_result>);

// Sessions stand around the smallest machine, and are one themselves.
static_assert(machine::state_machine<machine::sessions<archetypes::state_machine>>);
static_assert(std::same_as<machine::sessions<archetypes::state_machine>::result_type,
                           machine::session_answer<std::uint64_t>>);
static_assert(machine::snapshottable<machine::sessions<archetypes::snapshottable>>);
static_assert(!machine::snapshottable<machine::sessions<archetypes::state_machine>>);
static_assert(machine::snapshots_are_whole<machine::sessions<archetypes::state_machine>>, "none inside, none outside");

static_assert(machine::snapshottable<archetypes::snapshottable>);
static_assert(!machine::snapshottable<archetypes::state_machine>);
static_assert(machine::snapshots_are_whole<archetypes::snapshottable>);
static_assert(machine::snapshots_are_whole<archetypes::state_machine>, "snapshots are not a duty");

struct snapshot_without_restore : archetypes::state_machine {
    machine::one_chunk snapshot() const { return machine::one_chunk{{}}; }
};
struct snapshot_that_changes : archetypes::snapshottable {
    machine::one_chunk snapshot() { return machine::one_chunk{{}}; }
};
struct restore_that_cannot_refuse : archetypes::snapshottable {
    void restore(shared_bytes const&) {}
};
static_assert(!machine::snapshots_are_whole<snapshot_without_restore>);
static_assert(!machine::snapshots_are_whole<snapshot_that_changes>, "applying goes on meanwhile");
static_assert(!machine::snapshots_are_whole<restore_that_cannot_refuse>);

struct put {
    static constexpr std::uint16_t id = 1;
    std::uint32_t value = 0;
    static constexpr auto schema = boost::hana::make_tuple(schema::field<"value", &put::value>{});
};
struct nameless {
    std::uint32_t value = 0;
    static constexpr auto schema = boost::hana::make_tuple(schema::field<"value", &nameless::value>{});
};
struct undescribed {
    static constexpr std::uint16_t id = 2;
};
static_assert(undescribed::id == 2);
static_assert(schema::described<archetypes::described>);
static_assert(machine::command<archetypes::command>);
static_assert(machine::snapshot_view<archetypes::snapshot_view>);
static_assert(machine::command_set<archetypes::command>::contains<archetypes::command>);
static_assert(machine::command<put>);
static_assert(!machine::command<nameless>);
static_assert(!machine::command<undescribed>);
static_assert(machine::command_set<put>::contains<put>);
static_assert(machine::command_set<put>::newest<put> == 0);
static_assert(!machine::detail::all_different(std::array<std::uint16_t, 3>{1, 2, 1}));

}  // namespace

template class chronik::machine::sessions<archetypes::state_machine>;
