// SPDX-License-Identifier: Apache-2.0
#include <chronik/node/host.hpp>
#include <chronik/testing/checkers.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/testing/executor.hpp>
#include <chronik/testing/network.hpp>
#include <chronik/wal/journal.hpp>
#include <chronik/wal/snapshot_store.hpp>

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

// Whole hosts on simulated disks and links, with a machine that keeps only what it needs: logs are cut, nodes that were
// away catch up by snapshot, and crashes and losses fall anywhere in between.

namespace chronik {
namespace {

using namespace std::chrono_literals;
constexpr group_id group{1};

/// The digest of all commands so far: two of them are equal only after the same history.
struct history {
    using result_type = std::uint64_t;
    std::uint64_t count = 0;
    std::uint64_t chain = 0;

    result_type apply(entry const& command) {
        testing::digest next;
        next.add(chain);
        next.add(command.index.value);
        next.add(command.payload.view());
        chain = next.value();
        return ++count;
    }
    machine::one_chunk snapshot() const {
        // Some bulk, so that a snapshot takes several messages.
        return machine::one_chunk{
            shared_bytes::copy_of(std::to_string(count) + " " + std::to_string(chain) + " " + std::string(3000, '.'))};
    }
    result<void> restore(shared_bytes const& bytes) {
        std::string const text{bytes.text()};
        if (text.size() < 3000) return failure(errc::malformed);
        std::size_t read = 0;
        count = std::stoull(text, &read);
        chain = std::stoull(text.substr(read));
        return {};
    }
};

using journal_type = wal::journal<testing::disk_directory>;
using snapshots_type = wal::snapshot_store<testing::disk_directory>;
using host_type =
    host<policies<use<slot::storage, journal_type&>, use<slot::transport, testing::network::endpoint&>,
                  use_type<slot::machine, history>, use<slot::executor, testing::executor&>,
                  use<slot::snapshots, snapshots_type&>>>;

host_options quick() {
    host_options made;
    made.raft.election_timeout_min = 150ms;
    made.raft.election_timeout_max = 300ms;
    made.raft.heartbeat_interval = 40ms;
    made.raft.vote_retry_interval = 40ms;
    made.raft.append_bytes_max = 4096;
    made.raft.snapshot_chunk_bytes = 700;
    made.raft.snapshot_retry_interval = 60ms;
    made.snapshots = {.after_entries = 20, .after_bytes = 0, .keep_entries = 5};
    return made;
}

class world {
public:
    /// first   who takes part from the beginning; others are newcomers when they are started
    explicit world(std::uint64_t seed, testing::network_faults faults = {},
                   raft::configuration first = {.voters = {{1}, {2}, {3}}})
        : chance_(seed), links_(events_, chance_(), faults), members_(std::move(first)) {
        for (node_id const each : members_.voters) start(each);
    }

    void start(node_id self) {
        if (!nodes_.contains(self)) nodes_.emplace(self, chance_());
        node& of = nodes_.at(self);
        if (of.running) return;
        of.running = std::make_unique<lifetime>(*this, self, of.medium);
        lifetime& now_running = *of.running;
        auto journal = journal_type::open(now_running.files, small(), chance_());
        ASSERT_TRUE(journal) << journal.error().message();
        now_running.journal.emplace(std::move(*journal));
        auto snapshots = snapshots_type::open(now_running.files, small().log_id);
        ASSERT_TRUE(snapshots) << snapshots.error().message();
        now_running.snapshots.emplace(std::move(*snapshots));
        policies bag{use<slot::storage, journal_type&>{*now_running.journal},
                     use<slot::transport, testing::network::endpoint&>{now_running.link},
                     use_type<slot::machine, history>{}, use<slot::executor, testing::executor&>{now_running.work},
                     use<slot::snapshots, snapshots_type&>{*now_running.snapshots}};
        now_running.host =
            std::make_unique<host_type>(self, std::move(bag), options, chance_(), [this, self] { turn(self); });
        links_.attach(self, [this, self](node_id from, std::uint8_t, shared_bytes body) {
            host_of(self).on_frame(from, std::move(body), events_.now());
            turn(self);
        });
        auto const& known = members_.contains(self) ? members_ : raft::configuration{};
        auto const opened = host_of(self).open_group(group, known, history{}, false, events_.now());
        ASSERT_TRUE(opened) << opened.error().message();
        turn(self);
    }
    void crash(node_id self) {
        node& of = nodes_.at(self);
        if (!of.running) return;
        links_.detach(self);
        of.medium.power_off_after(chance_.below(8));
        of.running->work.interrupt();
        of.running.reset();
        of.medium.crash();
    }

    bool runs(node_id self) const { return nodes_.at(self).running != nullptr; }
    host_type& host_of(node_id self) { return *nodes_.at(self).running->host; }
    auto& group_on(node_id self) { return *host_of(self).find(group); }
    history const& machine_on(node_id self) { return group_on(self).machine; }
    testing::network& links() { return links_; }
    std::vector<node_id> const& nodes() const { return members_.voters; }
    random& chance() { return chance_; }
    void change(raft::configuration target) {
        node_id const at = leader();
        ASSERT_TRUE(host_of(at).change_members(group, std::move(target), events_.now()));
        turn(at);
    }

    host_options options = quick();  ///< of the nodes that are started from now on

    node_id leader() {
        for (node_id const each : nodes())
            if (runs(each) && group_on(each).core.can_serve()) return each;
        return no_node;
    }
    void propose(std::size_t count) {
        for (; count > 0; --count) {
            node_id const at = leader();
            if (at == no_node) return;
            auto heard = [this](proposal_outcome<std::uint64_t> outcome) {
                if (!outcome.error && outcome.result) acknowledged_ = std::max(acknowledged_, *outcome.result);
            };
            std::string const text = "command " + std::to_string(++proposed_) + std::string(100, 'x');
            static_cast<void>(host_of(at).propose(group, shared_bytes::copy_of(text), 1, acknowledge::committed, 0,
                                                  events_.now(), std::move(heard)));
            turn(at);
            run_for(5ms);
        }
    }
    void run_for(duration time) { events_.run_until(events_.now() + time); }
    template <class Condition>
    bool run_until(Condition reached, duration limit) {
        return events_.run_until(std::move(reached), events_.now() + limit);
    }
    bool converged() {
        node_id const at = leader();
        if (at == no_node) return false;
        for (node_id const each : group_on(at).core.members().voters) {
            if (!runs(each) || group_on(each).applied != group_on(at).core.last_index()) return false;
        }
        return true;
    }
    std::uint64_t acknowledged() const { return acknowledged_; }

private:
    static wal::options small() {
        return {.segment_bytes = 65536,
                .staged_bytes_max = 49152,
                .spare_segments = 1,
                .idle_segments_max = 1,
                .segments_max = 64,
                .groups_max = 32};
    }
    struct lifetime {
        lifetime(world& of, node_id self, testing::disk& medium)
            : files(medium.directory()), work(of.events_, of.chance_(), 100us, 3ms), link(of.links_, self) {}
        ~lifetime() { *alive = false; }
        testing::disk_directory files;
        std::optional<journal_type> journal;
        std::optional<snapshots_type> snapshots;
        testing::executor work;
        testing::network::endpoint link;
        std::unique_ptr<host_type> host;
        std::shared_ptr<bool> alive = std::make_shared<bool>(true);
        bool turn_due = false;
        time_point armed = never;
    };
    struct node {
        explicit node(std::uint64_t seed) : medium(seed) {}
        testing::disk medium;
        std::unique_ptr<lifetime> running;
    };

    void turn(node_id self) {
        lifetime* const of = nodes_.at(self).running.get();
        if (of == nullptr || std::exchange(of->turn_due, true)) return;
        events_.after(0ns, [this, self, of, alive = of->alive] {
            if (!*alive) return;
            of->turn_due = false;
            of->host->finish_turn(events_.now());
            arm(self, *of);
        });
    }
    void arm(node_id self, lifetime& of) {
        time_point const when = std::max(of.host->wake_at(), events_.now());
        if (when >= of.armed) return;
        of.armed = when;
        events_.at(when, [this, self, when, here = &of, alive = of.alive] {
            if (!*alive || here->armed != when) return;
            here->armed = never;
            here->host->on_time(events_.now());
            turn(self);
        });
    }

    random chance_;
    testing::scheduler events_;
    testing::network links_;
    raft::configuration members_;
    std::map<node_id, node> nodes_;
    std::uint64_t proposed_ = 0;
    std::uint64_t acknowledged_ = 0;
};

void expect_equal(world& w, std::uint64_t seed) {
    ASSERT_TRUE(w.run_until([&] { return w.converged(); }, 60s)) << "seed " << seed;
    for (node_id const each : w.nodes()) {
        EXPECT_EQ(w.machine_on(each).chain, w.machine_on(w.nodes().front()).chain) << "seed " << seed;
        EXPECT_GE(w.machine_on(each).count, w.acknowledged()) << "seed " << seed;
    }
}

}  // namespace

TEST(snapshot_cluster, a_log_is_cut_behind_its_snapshots) {
    world w{1};
    ASSERT_TRUE(w.run_until([&] { return w.leader() != no_node; }, 5s));
    w.propose(200);
    expect_equal(w, 1);
    for (node_id const each : w.nodes()) {
        EXPECT_GE(w.host_of(each).metrics().snapshots_taken, 5U);
        EXPECT_LE(w.group_on(each).core.last_index() - w.group_on(each).core.base_index(), 40U);
    }
}

TEST(snapshot_cluster, a_node_that_was_away_catches_up_by_snapshot) {
    world w{2};
    ASSERT_TRUE(w.run_until([&] { return w.leader() != no_node; }, 5s));
    node_id const away = w.leader() == node_id{1} ? node_id{2} : node_id{1};
    w.crash(away);
    w.propose(150);
    w.start(away);
    expect_equal(w, 2);
    EXPECT_EQ(w.host_of(away).metrics().snapshots_installed, 1U);
    EXPECT_LE(w.host_of(away).metrics().entries_applied, 60U) << "not all 150, one by one";
}

TEST(snapshot_cluster, all_start_again_from_their_snapshots) {
    world w{3};
    ASSERT_TRUE(w.run_until([&] { return w.leader() != no_node; }, 5s));
    w.propose(150);
    expect_equal(w, 3);
    auto const before = w.machine_on(node_id{1}).chain;
    for (node_id const each : w.nodes()) w.crash(each);
    for (node_id const each : w.nodes()) w.start(each);
    expect_equal(w, 3);
    EXPECT_EQ(w.machine_on(node_id{1}).chain, before);
    EXPECT_LE(w.host_of(node_id{1}).metrics().entries_applied, 40U);
}

// What a newcomer hears first is what came before it was heard of. It does not know who took part then, so a snapshot
// of that would name nobody, and could not be read when the node starts again.
TEST(snapshot_cluster, a_newcomer_keeps_no_snapshot_from_before_it_knows_the_members) {
    world w{4};
    ASSERT_TRUE(w.run_until([&] { return w.leader() != no_node; }, 5s));
    node_id const leader = w.leader();
    // It has all entries on its disk, and then learns that they are committed and applies them a few at a time.
    for (node_id const each : w.nodes()) w.links().cut(each, leader);
    w.propose(15);
    w.options.snapshots = {.after_entries = 3, .after_bytes = 0, .keep_entries = 1};
    w.options.apply_entries_max = 2;
    w.start({4});
    w.change({.voters = {{1}, {2}, {3}, {4}}});
    w.run_for(60ms);
    EXPECT_EQ(w.group_on({4}).core.durable_index(), w.group_on(leader).core.last_index());
    EXPECT_LE(w.group_on({4}).applied, log_index{1});
    w.links().heal();

    ASSERT_TRUE(w.run_until([&] { return w.group_on({4}).core.members().is_voter({4}) && w.converged(); }, 20s));
    w.propose(10);
    ASSERT_TRUE(w.run_until([&] { return w.converged(); }, 20s));
    EXPECT_EQ(w.host_of({4}).metrics().snapshots_failed, 0U);
    EXPECT_GE(w.host_of({4}).metrics().snapshots_taken, 1U);
    EXPECT_TRUE(w.group_on({4}).core.newest_snapshot()->info.members.contains({4}));

    w.crash({4});
    w.start({4});
    ASSERT_TRUE(w.run_until([&] { return w.converged(); }, 20s));
    EXPECT_EQ(w.machine_on({4}).chain, w.machine_on({1}).chain);
}

TEST(snapshot_cluster, a_newcomer_gets_the_state_and_the_members_with_it) {
    world w{5};
    ASSERT_TRUE(w.run_until([&] { return w.leader() != no_node; }, 5s));
    w.propose(100);
    w.start({4});
    w.change({.voters = {{1}, {2}, {3}, {4}}});
    ASSERT_TRUE(w.run_until([&] { return w.group_on({4}).core.members().is_voter({4}) && w.converged(); }, 20s));
    EXPECT_EQ(w.host_of({4}).metrics().snapshots_installed, 1U);
    EXPECT_EQ(w.machine_on({4}).chain, w.machine_on({1}).chain);

    w.crash({4});
    w.start({4});
    ASSERT_TRUE(w.run_until([&] { return w.converged(); }, 20s));
    EXPECT_EQ(w.machine_on({4}).chain, w.machine_on({1}).chain);
}

TEST(snapshot_cluster, a_witness_cuts_its_log_and_has_no_state) {
    world w{6, {}, {.voters = {{1}, {2}, {3}}, .witnesses = {{3}}}};
    auto const expect_no_state = [&] {
        ASSERT_TRUE(w.run_until([&] { return w.converged(); }, 20s));
        EXPECT_EQ(w.machine_on({3}).count, 0U);
        EXPECT_FALSE(raft::has_state(w.group_on({3}).core.newest_snapshot()->info));
        EXPECT_LE(w.group_on({3}).core.last_index() - w.group_on({3}).core.base_index(), 40U);
    };
    ASSERT_TRUE(w.run_until([&] { return w.leader() != no_node; }, 5s));
    w.propose(200);
    expect_no_state();
    EXPECT_GE(w.host_of({3}).metrics().snapshots_taken, 5U);

    w.crash({3});
    w.start({3});
    expect_no_state();

    w.crash({3});
    w.propose(150);
    w.start({3});
    expect_no_state();
    EXPECT_EQ(w.host_of({3}).metrics().snapshots_installed, 1U);
    EXPECT_EQ(w.machine_on({1}).chain, w.machine_on({2}).chain);
    EXPECT_GE(w.machine_on({1}).count, w.acknowledged());
}

TEST(snapshot_cluster, a_witness_that_comes_and_goes_applies_nothing) {
    world w{7, {}, {.voters = {{1}, {2}}}};
    ASSERT_TRUE(w.run_until([&] { return w.leader() != no_node; }, 5s));
    w.propose(15);
    w.start({3});
    w.change({.voters = {{1}, {2}, {3}}, .witnesses = {{3}}});
    ASSERT_TRUE(w.run_until([&] { return w.group_on({3}).core.members().is_witness({3}) && w.converged(); }, 20s));
    EXPECT_EQ(w.machine_on({3}).count, 0U);
    w.propose(15);

    w.change({.voters = {{1}, {2}}});
    ASSERT_TRUE(w.run_until([&] { return !w.group_on({3}).core.members().contains({3}); }, 20s));
    w.run_for(500ms);

    EXPECT_GE(w.group_on({3}).applied, log_index{30}) << "it goes through what it has";
    EXPECT_EQ(w.machine_on({3}).count, 0U);
}

TEST(snapshot_cluster, crashes_and_losses_anywhere_lose_nothing_that_was_acknowledged) {
    std::uint64_t installed = 0;
    for (std::uint64_t seed = 10; seed < 50; ++seed) {
        world w{seed, {.loss_percent = 5, .duplicate_percent = 5, .delay_min = 50us, .delay_max = 20ms}};
        for (int round = 0; round < 8; ++round) {
            static_cast<void>(w.run_until([&] { return w.leader() != no_node; }, 3s));
            auto const which = w.nodes()[w.chance().below(3)];
            if (w.runs(which)) w.crash(which); else w.start(which);
            w.propose(w.chance().between(5, 40));
            w.run_for(std::chrono::milliseconds{static_cast<int>(w.chance().below(300))});
            for (node_id const each : w.nodes()) {
                if (w.runs(each)) installed += w.host_of(each).metrics().snapshots_installed != 0 ? 1U : 0U;
            }
        }
        w.links().set_faults({});
        for (node_id const each : w.nodes()) w.start(each);
        expect_equal(w, seed);
        if (::testing::Test::HasFatalFailure()) return;
    }
    EXPECT_GE(installed, 20U) << "snapshots took part";
}

}  // namespace chronik
