// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/random.hpp>
#include <chronik/testing/cluster.hpp>
#include <chronik/testing/fault.hpp>
#include <chronik/testing/inflict.hpp>
#include <chronik/testing/long_rest.hpp>
#include <chronik/testing/trial_plan.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace chronik::testing {

/// What came of a trial.
struct trial_report {
    std::vector<std::string> violations;  ///< empty is good; the first is the cause
    std::uint64_t trace = 0;              ///< the same for the same plan, on every compiler
    duration virtual_time{};
    std::array<std::uint64_t, fault_kinds> inflicted{};
    std::uint64_t frames_lost = 0;
    std::uint64_t frames_repeated = 0;
    std::uint64_t frames_late = 0;
    std::uint64_t proposed = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t leaders = 0;
    std::uint64_t nodes_lost = 0;
    std::uint64_t nodes_repaired = 0;  ///< that came back in doubt, each time
    std::uint64_t reads = 0;     ///< answered
    std::uint64_t changes = 0;   ///< of members, begun
    std::uint64_t restored = 0;  ///< machines, from snapshots
    std::uint64_t rested = 0;    ///< groups that were asked for something after a rest, once for each question
    std::uint64_t grown = 0;     ///< groups of one voter that have become groups of `many`
    std::uint64_t shrunk = 0;    ///< and back
    std::uint64_t nodes_wiped = 0;  ///< that came back with an empty disk

    static constexpr std::size_t many = 5;

    /// sizes   how many voted in a group, one configuration after the other
    void count_growth(std::vector<std::size_t> const& sizes) {
        bool were_one = false;
        bool were_many = false;
        for (std::size_t const voters : sizes) {
            grown += were_one && voters >= many ? 1U : 0U;
            shrunk += were_many && voters == 1 ? 1U : 0U;
            if (voters == 1 || voters >= many) {
                were_one = voters == 1;
                were_many = !were_one;
            }
        }
    }
};

/// One seed from beginning to end: clients propose while the plan's faults happen; then a quorum is healed and must
/// get on with its work, though the others still disturb it; then all are healed and must agree; then nobody asks for
/// anything for a while, and whoever is asked next must answer at once.
///
///     testing::trial<my_machine> one{testing::plan_of(seed), make_machine, make_command};
///     testing::trial_report const told = one.run();
///     EXPECT_TRUE(told.violations.empty()) << told.violations.front();
template <machine::state_machine Machine>
class trial {
public:
    using world_type = cluster<Machine>;
    using machine_maker = typename world_type::machine_maker;
    using command_maker = std::function<shared_bytes(random&)>;

    trial(trial_plan plan, machine_maker machine, command_maker command)
        : plan_(std::move(plan)), command_(std::move(command)), chance_(plan_.seed),
          world_(chance_(), plan_.world, std::move(machine)), inflicted_(world_, plan_.raft().election_timeout_min) {}

    /// Each thing that happens, as a line.
    void listen(trace::listener told) { world_.observed().told.listen(std::move(told)); }

    trial_report run() {
        for (std::uint64_t group = 1; group <= plan_.groups; ++group)
            world_.open(group_id{group}, chance_.chance(50) ? any_node() : no_node);
        for (fault const& each : plan_.faults)
            world_.events().at(time_point{each.at}, [this, &each] { inflicted_.begin(each); });
        propose_on();

        auto const breached = [this] { return !world_.violations().empty(); };
        world_.run_until(breached, plan_.lasts);
        if (!breached()) heal_a_core();
        proposing_ = false;
        if (!breached()) inflicted_.end();
        if (!breached()) world_.expect_recovery(patience() + time_to_learn());
        if (!breached()) rest();
        return report();
    }

    world_type& world() { return world_; }

private:
    node_id any_node() { return world_.nodes()[static_cast<std::size_t>(chance_.below(world_.nodes().size()))]; }

    /// Long enough for any group that can go on at all.
    duration patience() const {
        return plan_.raft().election_timeout_max * 60 + plan_.world.sync_time_max * 200 + std::chrono::seconds{5};
    }

    log_index committed(group_id group) { return world_.observed().commits.committed(group); }
    /// What is committed, and what somebody has appended besides.
    log_index longest_log(group_id group) {
        auto longest = committed(group);
        for (node_id each : world_.nodes()) {
            auto const* const open = world_.group_on(each, group);
            if (open != nullptr) longest = std::max(longest, open->core.last_index());
        }
        return longest;
    }

    /// Whoever begins with nothing gets one entry at least each way there and back.
    duration time_to_learn() {
        std::uint64_t entries = 0;
        for (group_id each : world_.groups()) entries += longest_log(each).value;
        auto const there_and_back = (plan_.world.network.delay_max + plan_.world.sync_time_max) * 2;
        return there_and_back * static_cast<duration::rep>(entries);
    }

    /// A node hears that its connection to another is gone, rightly or not.
    void reset_connection() {
        // One after the other: compilers are free to choose which argument of a call comes first.
        node_id const at = any_node();
        node_id const to = any_node();
        if (world_.is_running(at)) world_.host_of(at).suspect(to, world_.now_on(at));
    }

    void propose_on() {
        auto const pause = static_cast<std::uint64_t>(plan_.pause_max.count());
        world_.events().after(duration{static_cast<duration::rep>(1 + chance_.below(pause))}, [this] {
            if (!proposing_) return;
            std::uint64_t const burst = chance_.chance(10) ? chance_.between(2, 20) : 1;
            for (std::uint64_t each = 0; each < burst; ++each) propose();
            propose_on();
        });
    }

    void propose() {
        group_id const group{chance_.between(1, plan_.groups)};
        auto const records = static_cast<std::uint32_t>(chance_.below(4));
        shared_bytes command = command_(chance_);
        ++proposed_;
        if (chance_.chance(10)) reset_connection();
        if (chance_.chance(30)) read(group);
        // Mostly where the newest leader is, sometimes where an old one may think that it still is.
        node_id const at = any_node();
        if (chance_.chance(20) && world_.is_running(at)) {
            static_cast<void>(world_.propose_at(at, group, std::move(command), records));
        } else {
            static_cast<void>(world_.propose(group, std::move(command), records));
        }
    }

    void read(group_id group) {
        node_id const at = chance_.chance(50) ? world_.leader_of(group) : any_node();
        if (at != no_node && world_.is_running(at)) static_cast<void>(world_.read_at(at, group));
    }

    /// Where members change, no set of nodes is a quorum for sure; and what a witness has agreed to may be on one other
    /// node alone.
    bool can_do_without(node_id node) const {
        return !plan_.changes_members() && (plan_.world.witnesses.empty() || world_.is_witness(node));
    }

    /// As few nodes as can decide work again, none with a damaged disk. The others are down, or cut off, or speak and
    /// do not hear.
    void heal_a_core() {
        inflicted_.end();
        std::vector<node_id> core;
        for (node_id each : world_.nodes()) {
            if (world_.disk_of(each).damage() == disk_damage::none) core.push_back(each);
        }
        std::size_t const needed = world_.nodes().size() / 2 + 1;
        auto others = core;
        std::erase_if(others, [this](node_id each) { return !can_do_without(each); });
        for (; core.size() > needed && !others.empty();) {
            auto const which = others.begin() + static_cast<std::ptrdiff_t>(chance_.below(others.size()));
            std::erase(core, *which);
            others.erase(which);
        }
        node_set inside = 0;
        for (node_id each : core) inside |= set_of(each);
        world_.links().heal();
        world_.observed().told.tell(world_.now(), "only these are healed: " + to_string(inside));
        for (node_id outer : world_.nodes()) {
            if (is_in(outer, inside)) continue;
            if (chance_.chance(30)) world_.crash(outer);
            bool const speaks = chance_.chance(50);
            for (node_id inner : core) {
                world_.links().cut(inner, outer);
                if (!speaks) world_.links().cut(outer, inner);
            }
        }
        for (node_id each : core) world_.heal_node(each);
        expect_progress(core);
    }

    void expect_progress(std::vector<node_id> const& core) {
        std::map<group_id, log_index> before;
        for (group_id group : world_.groups()) before[group] = longest_log(group);
        time_point ask_at{};
        auto const progress = [&] {
            if (!world_.violations().empty()) return true;
            if (world_.now() >= ask_at) {
                ask_at = world_.now() + plan_.raft().heartbeat_interval;
                for (node_id each : core) world_.restart(each);
                for (group_id group : world_.groups()) ask(core, group);
            }
            return progressed_.size() == world_.groups().size();
        };
        if (world_.run_until(progress, patience() + time_to_learn())) return;
        // Where clients keep a log full, what is asked here may find no room; but theirs is committed.
        bool const gets_on = std::ranges::all_of(world_.groups(), [&](group_id group) {
            return progressed_.contains(group) || committed(group) > before[group];
        });
        if (!gets_on) world_.watch().report("a quorum was healed, and does not get on with its work");
    }

    void ask(std::vector<node_id> const& core, group_id group) {
        if (progressed_.contains(group)) return;
        for (node_id each : core) {
            auto const* open = world_.group_on(each, group);
            if (open == nullptr || !open->is_leader()) continue;
            static_cast<void>(world_.propose_at(each, group, command_(chance_), 1, [this, group](auto const& told) {
                if (!told.error) progressed_.insert(group);
            }));
        }
    }

    void rest() {
        long_rest<world_type> one{world_, patience()};
        one.expect_answers([this] { return command_(chance_); });
        rested_ = one.rested();
    }

    trial_report report() {
        trial_report made;
        made.violations = world_.violations();
        made.trace = world_.trace_digest();
        made.virtual_time = world_.now().time_since_epoch();
        made.inflicted = inflicted_.counts();
        made.frames_lost = world_.links().frames_lost();
        made.frames_repeated = world_.links().frames_repeated();
        made.frames_late = world_.links().frames_late();
        made.proposed = proposed_;
        made.acknowledged = world_.watch().acknowledged_count();
        made.leaders = world_.watch().leaders();
        made.reads = world_.reads();
        made.changes = world_.changes();
        made.restored = world_.restored_count();
        made.rested = rested_;
        for (node_id each : world_.nodes()) made.nodes_lost += world_.is_lost(each) ? 1U : 0U;
        for (group_id each : world_.groups()) made.count_growth(world_.observed().allowed.voters_over_time(each));
        made.nodes_wiped = world_.wiped_count();
        made.nodes_repaired = world_.repaired_count();
        return made;
    }

    trial_plan plan_;
    command_maker command_;
    chronik::random chance_;
    world_type world_;
    inflict<world_type> inflicted_;
    std::set<group_id> progressed_;  ///< groups in which a core alone has committed something
    bool proposing_ = true;
    std::uint64_t proposed_ = 0;
    std::uint64_t rested_ = 0;
};

}  // namespace chronik::testing
