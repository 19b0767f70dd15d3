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
    explicit world(std::uint64_t seed, testing::network_faults faults = {})
        : chance_(seed), links_(events_, chance_(), faults) {
        for (std::uint32_t number = 1; number <= 3; ++number) {
            nodes_.emplace(node_id{number}, chance_());
            members_.voters.push_back(node_id{number});
        }
        for (node_id const each : members_.voters) start(each);
    }

    void start(node_id self) {
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
            std::make_unique<host_type>(self, std::move(bag), quick(), chance_(), [this, self] { turn(self); });
        links_.attach(self, [this, self](node_id from, std::uint8_t, shared_bytes body) {
            host_of(self).on_frame(from, std::move(body), events_.now());
            turn(self);
        });
        auto const opened = host_of(self).open_group(group, members_, history{}, false, events_.now());
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
        for (node_id const each : nodes()) {
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
