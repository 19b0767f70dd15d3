// SPDX-License-Identifier: Apache-2.0
#include "../paper/paper_fixture.hpp"

#include <gtest/gtest.h>

// Random histories of a few members, from one seed each: messages are lost, repeated, reordered and delayed, disks
// are slow, members crash with writes unsynced, links break, members come and go, logs are cut behind snapshots, old
// entries are on the device alone, and some voters are witnesses. After every step the properties of figure 3 of the
// paper must hold, and once everything is healed the group must get on with its work.

namespace {

using namespace chronik;
using namespace chronik::paper;

class history {
public:
    history(std::uint32_t voters, std::uint64_t seed) : chance_(seed), world_(voters, settings(), seed) {
        if (seed % 3 == 0) world_.configuration.learners.push_back(n(voters + 1));
        churns_ = seed % 2 == 0;
        forgets_ = seed % 7 < 3;
        if (seed % 5 < 2) {
            witnesses_ = {n(voters), n(voters + 3)};
            world_.configuration.witnesses = {n(voters)};
        }
        if (seed % 6 < 3) {
            world_.settings.new_voters = raft::promotion::when_caught_up;
            world_.settings.promotion_lag_bytes_max = 2000;
        }
        world_.slow_disks = true;
        world_.on_event = [this](node_id node, raft::event const& happened) { observe(node, happened); };
        if (seed % 4 == 1) {
            world_.settings.reads = raft::read_mode::lease;
            world_.settings.lease_duration = milliseconds{120};
        }
        world_.on_read_begun = [this](node_id node, raft::read_ticket begun) {
            reads_[{node, begun.term, begun.number}] = log_index{committed_.size()};
        };
        world_.on_read = [this](node_id node, raft::read_outcome const& told) { observe(node, told); };
        world_.on_send = [this](letter const& mail) { observe(mail); };
        if (churns_) {
            for (std::uint32_t const spare : {voters + 2, voters + 3}) {
                world_.members[n(spare)].base_members = raft::configuration{};
            }
        }
        for (node_id const node : raft::everyone(world_.configuration)) world_.members[node];
        for (auto& [node, m] : world_.members) start(node);
    }

    void run(int steps) {
        for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
            random_step();
            if (step % 64 == 0) expect_logs_match();
        }
        expect_logs_match();
        expect_progress_once_healed();
    }

    std::size_t committed() const { return committed_.size(); }
    std::size_t leaders() const { return leader_of_.size(); }
    std::size_t reads() const { return reads_told_; }
    std::size_t changes() const { return changes_; }
    std::size_t installed() const { return installed_; }
    std::size_t brought() const { return brought_; }

private:
    static raft::options settings() {
        raft::options made = quick_options();
        made.append_bytes_max = 400;
        made.inflight_bytes_max = 1000;
        made.inflight_messages_max = 4;
        made.uncommitted_bytes_max = 4000;
        made.snapshot_chunk_bytes = 20;
        made.snapshot_retry_interval = milliseconds{40};
        return made;
    }

    node_id any_member() {
        auto at = world_.members.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(chance_.below(world_.members.size())));
        return at->first;
    }

    void random_step() {
        if (forgets_ && chance_.chance(10)) return move_memory();
        std::uint64_t const dice = chance_.below(1000);
        if (dice < 450) return deliver_some();
        if (dice < 650) return pass_time();
        node_id const node = any_member();
        if (dice < 830) {
            if (world_.alive(node)) world_.sync(node, 1 + chance_.below(3));
        } else if (dice < 860) {
            if (world_.alive(node)) static_cast<void>(world_.read(node));
        } else if (dice < 910) {
            if (auto const leader = world_.leader()) propose(*leader);
        } else if (dice < 960) {
            if (churns_) change_members();
        } else if (dice < 970) {
            crash_or_restart(node);
        } else if (dice < 980) {
            node_id const other = any_member();
            if (other != node) world_.cut.insert({node, other});
        } else if (dice < 988) {
            world_.heal();
        } else if (dice < 993) {
            if (auto const leader = world_.leader()) static_cast<void>(world_.transfer(*leader, node));
        } else {
            take_snapshot(node);
        }
    }

    /// Entries of a member are on its device alone, others no longer; and what it has wanted is brought: late, not all
    /// of it, or never.
    void move_memory() {
        node_id const node = any_member();
        auto& m = world_.at(node);
        if (chance_.chance(50)) {
            m.disk.away_to = log_index{chance_.below(m.disk.last_index().value + 1)};
            return;
        }
        if (m.wanted.empty() || !m.core) return;
        log_index const first = m.wanted[static_cast<std::size_t>(chance_.below(m.wanted.size()))];
        log_index const last = first + chance_.below(8);
        m.wanted.clear();
        brought_to_[node] = std::max(brought_to_[node], last);
        ++brought_;
        world_.call(node, [&](core& c, raft::effects& out) { c.at_hand(first, last, world_.now, out); });
    }

    void deliver_some() {
        if (world_.wire.empty()) return;
        // Mostly in order, sometimes far out of it.
        std::size_t const which = chance_.chance(70) ? 0 : chance_.below(world_.wire.size());
        if (chance_.chance(8))
            return static_cast<void>(world_.wire.erase(world_.wire.begin() + static_cast<long>(which)));
        if (chance_.chance(8)) world_.wire.push_back(world_.wire[which]);
        world_.deliver(which);
        while (world_.wire.size() > 200) world_.wire.pop_front();
    }

    void pass_time() {
        world_.now += milliseconds{chance_.below(12)};
        for (auto& [node, m] : world_.members) {
            if (m.core && m.core->wake_at() <= world_.now) world_.tick(node);
        }
    }

    void propose(node_id leader) {
        auto const records = static_cast<std::uint32_t>(chance_.below(4));
        static_cast<void>(world_.propose(leader, "value " + std::to_string(++proposals_), records));
    }

    void change_members() {
        auto const leader = world_.leader();
        if (!leader) return;
        raft::configuration target;
        for (auto const& [node, m] : world_.members) {
            std::uint64_t const part = chance_.below(10);
            if (part < 6) target.voters.push_back(node);
            if (part < 6 && witnesses_.contains(node)) target.witnesses.push_back(node);
            if (part == 6 && !witnesses_.contains(node)) target.learners.push_back(node);
        }
        if (target.voters.empty()) target.voters.push_back(*leader);
        changes_ += world_.change(*leader, std::move(target)).has_value() ? 1U : 0U;
    }

    void start(node_id node) {
        world_.start(node);
        in_force_[node] = world_.core_of(node).members();
    }

    void crash_or_restart(node_id node) {
        if (!world_.alive(node)) return start(node);
        if (!chance_.chance(30)) return;
        if (chance_.chance(30)) world_.sync_silently(node);
        world_.crash(node);
    }

    /// What a host does now and then on each member by itself; the log keeps a part of what the snapshot has.
    void take_snapshot(node_id node) {
        if (!world_.alive(node)) return;
        core const& c = world_.core_of(node);
        paper::member const& m = world_.at(node);
        log_index const at = std::min({c.commit_index(), c.durable_index(), m.disk.last_index()});
        if (at <= m.disk.base_index() || c.base_index() != m.disk.base_index()) return;
        if (m.snapshot && m.snapshot->info.last_index >= at) return;
        auto const members = c.members_at(at);
        ASSERT_TRUE(members.has_value());
        if (!members->contains(node)) return;
        log_index const kept{m.disk.base_index().value + chance_.below(at - m.disk.base_index() + 1)};
        world_.take_snapshot(node, at, kept, witnesses_.contains(node) ? std::string{} : state_at(at));
    }

    /// What a machine knows after the entries up to there.
    std::string state_at(log_index at) const {
        std::string text = "state at " + std::to_string(at.value) + ":";
        for (log_index each{at.value > 5 ? at.value - 5 : 0}; each < at; each = each + 1)
            text += " " + std::string{committed_[each.value].payload.text()};
        return text;
    }

    // ---- what must hold ----

    void observe(node_id node, raft::event const& happened) {
        if (auto const* won = std::get_if<raft::became_leader>(&happened)) {
            // "Election Safety: at most one leader can be elected in a given term."
            auto const [place, fresh] = leader_of_.try_emplace(won->term, node);
            EXPECT_TRUE(fresh || place->second == node) << "two leaders in term " << won->term.value;
            // "Leader Completeness: if a log entry is committed in a given term, then that entry will be present in
            // the logs of the leaders for all higher-numbered terms."
            expect_has_committed(node, log_index{committed_.size()});
        }
        if (auto const* changed = std::get_if<raft::members_changed>(&happened)) {
            in_force_[node] = *world_.core_of(node).members_at(changed->index);
        }
        if (auto const* reached = std::get_if<raft::commit_advanced>(&happened)) {
            remember_committed(node, reached->index);
            // "State Machine Safety: if a server has applied a log entry at a given index to its state machine, no
            // other server will ever apply a different log entry for the same index."
            expect_has_committed(node, reached->index);
        }
        if (auto const* done = std::get_if<raft::snapshot_installed>(&happened)) expect_state(node, done->index);
    }

    void expect_state(node_id node, log_index at) {
        ++installed_;
        auto const& got = *world_.at(node).snapshot;
        ASSERT_EQ(got.info.last_index, at);
        EXPECT_EQ(got.content.text(), witnesses_.contains(node) ? std::string{} : state_at(at));
        EXPECT_EQ(got.info.last_term, committed_[at.value - 1].term);
        EXPECT_EQ(got.info.next_offset, committed_[at.value - 1].next_offset());
    }

    /// A witness has the place of a command alone.
    entry as_kept_by(node_id node, entry const& item) const {
        return witnesses_.contains(node) ? raft::without_payload(item) : item;
    }

    void observe(letter const& mail) {
        if (auto const* sent = std::get_if<raft::append_request>(&mail.body)) {
            auto const& m = world_.at(mail.from);
            for (entry const& each : sent->entries) {
                bool const in_memory = each.index > m.core->durable_index() || m.disk.is_at_hand(each.index);
                EXPECT_TRUE(in_memory || each.index <= brought_to_[mail.from]) << "waited for its device to send it";
            }
        }
        if (auto const* vote = std::get_if<raft::vote_response>(&mail.body); vote && vote->granted) {
            auto const [place, fresh] = vote_of_.try_emplace({mail.from, vote->term}, mail.to);
            EXPECT_EQ(place->second, mail.to) << "a second vote in term " << vote->term.value;
            EXPECT_EQ(world_.at(mail.from).disk.hard, (raft::hard_state{vote->term, mail.to})) << "a vote not durable";
        }
        if (auto const* done = std::get_if<raft::append_response>(&mail.body); done && done->success) {
            EXPECT_LE(done->match_index, world_.at(mail.from).disk.last_index()) << "acknowledged before the sync";
        }
        bool const asks_first = std::holds_alternative<raft::pre_vote_request>(mail.body) ||
                                std::holds_alternative<raft::pre_vote_response>(mail.body);
        // Pre-votes talk about a term that nobody has entered.
        if (!asks_first) {
            EXPECT_GE(world_.at(mail.from).disk.hard.term, term_of(mail.body)) << "a term not durable";
        }
    }

    void observe(node_id node, raft::read_outcome const& told) {
        auto const begun = reads_.find({node, told.ticket.term, told.ticket.number});
        ASSERT_NE(begun, reads_.end()) << "an outcome nobody waits for";
        if (told.index) {
            EXPECT_GE(*told.index, begun->second) << "a read misses what was committed before it began";
            EXPECT_FALSE(witnesses_.contains(node)) << "a read of a machine that has applied nothing";
            ++reads_told_;
        }
        reads_.erase(begun);
    }

    void remember_committed(node_id node, log_index reached) {
        core const& c = world_.core_of(node);
        for (log_index at{committed_.size() + 1}; at <= reached; ++at) {
            entry const item = *c.entry_at(at);
            if (!committed_.empty()) {
                EXPECT_EQ(item.base_offset, committed_.back().next_offset());
            }
            // Who commits first is a leader, and counts by the configuration in force there.
            expect_on_a_majority_of(in_force_[node].voters, item);
            if (in_force_[node].is_joint()) expect_on_a_majority_of(in_force_[node].outgoing, item);
            committed_.push_back(item);
        }
    }

    void expect_on_a_majority_of(std::vector<node_id> const& voters, entry const& item) {
        std::size_t copies = 0;
        for (node_id const voter : voters) {
            memory_store const& disk = world_.at(voter).disk;
            auto const term = disk.term_at(item.index);
            copies += item.index <= disk.base_index() || (term && *term == item.term) ? 1U : 0U;
        }
        EXPECT_GE(copies, raft::majority_of(voters.size())) << "index " << item.index.value;
    }

    void expect_has_committed(node_id node, log_index up_to) {
        core const& c = world_.core_of(node);
        for (log_index at = std::max(checked_to(node), c.base_index()) + 1; at <= up_to; ++at) {
            auto const found = c.entry_at(at);
            if (!found || *found != as_kept_by(node, committed_[at.value - 1])) {
                ADD_FAILURE() << "node " << node.value << " lacks committed index " << at.value;
                return;
            }
        }
    }
    /// Looking at the newest few hundred keeps a long history cheap; expect_logs_match() looks at all.
    log_index checked_to(node_id) const {
        return committed_.size() > 300 ? log_index{committed_.size() - 300} : log_index{};
    }

    // "Log Matching: if two logs contain an entry with the same index and term, then the logs are identical in all
    // entries up through the given index."
    void expect_logs_match() {
        for (auto& [left_node, left] : world_.members) {
            for (auto& [right_node, right] : world_.members) {
                if (left_node >= right_node || !left.core || !right.core) continue;
                log_index const low = std::max(left.core->base_index(), right.core->base_index());
                bool same = false;
                for (log_index at = std::min(left.core->last_index(), right.core->last_index()); at > low;
                     at = at - 1) {
                    bool const equal = as_kept_by(right_node, *left.core->entry_at(at)) ==
                                       as_kept_by(left_node, *right.core->entry_at(at));
                    same = same || *left.core->term_at(at) == *right.core->term_at(at);
                    if (same && !equal) {
                        ADD_FAILURE() << "logs of " << left_node.value << " and " << right_node.value << " at "
                                      << at.value;
                        return;
                    }
                }
            }
        }
    }

    void expect_progress_once_healed() {
        if (::testing::Test::HasFailure()) return;
        world_.heal();
        for (auto& [node, m] : world_.members) {
            if (!m.core) start(node);
        }
        world_.slow_disks = false;
        for (auto& [node, m] : world_.members) m.disk.away_to = {};
        for (auto& [node, m] : world_.members) world_.sync(node);
        world_.run_for(milliseconds{3000});
        auto const leader = world_.leader();
        ASSERT_TRUE(leader.has_value()) << "no leader after healing" << told();
        raft::configuration const members = world_.core_of(*leader).members();
        EXPECT_TRUE(world_.core_of(*leader).members_settled()) << "a change is left half done";
        auto const last = world_.propose(*leader, "the end");
        ASSERT_TRUE(last.has_value()) << last.error().message();
        world_.run_for(milliseconds{500});
        for (auto& [node, m] : world_.members) {
            EXPECT_EQ(m.core->ignored().malformed, 0U);
            EXPECT_EQ(m.core->ignored().unsafe, 0U);
            EXPECT_EQ(m.core->ignored().unreadable, 0U);
            if (!members.contains(node)) continue;
            EXPECT_EQ(m.core->commit_index(), last->index) << "node " << node.value << " has not caught up";
            EXPECT_EQ(m.disk.last_index(), last->index);
            EXPECT_EQ(m.core->members(), members);
        }
        expect_logs_match();
    }

    std::string told() {
        std::string text;
        for (auto& [node, m] : world_.members) {
            core const& c = *m.core;
            text += "\n" + std::to_string(node.value) + ": role " + std::to_string(static_cast<int>(c.current_role())) +
                    ", term " + std::to_string(c.term().value) + ", leader " + std::to_string(c.leader().value) +
                    ", commit " + std::to_string(c.commit_index().value) + ", last " +
                    std::to_string(c.last_index().value) + ", members";
            for (auto const* list : raft::configuration::lists(c.members())) {
                text += " |";
                for (node_id const part : *list) text += " " + std::to_string(part.value);
            }
        }
        return text;
    }

    chronik::random chance_;
    world world_;
    std::uint64_t proposals_ = 0;
    std::map<log_term, node_id> leader_of_;
    std::map<std::pair<node_id, log_term>, node_id> vote_of_;
    std::vector<entry> committed_;
    bool churns_ = false;
    bool forgets_ = false;
    std::size_t brought_ = 0;
    std::map<node_id, log_index> brought_to_;
    std::size_t changes_ = 0;
    std::size_t reads_told_ = 0;
    std::size_t installed_ = 0;
    std::set<node_id> witnesses_;  ///< wherever they vote
    std::map<std::tuple<node_id, log_term, std::uint64_t>, log_index> reads_;
    std::map<node_id, raft::configuration> in_force_;
};

void run_seeds(std::uint32_t voters, std::uint64_t first, std::uint64_t count) {
    std::size_t committed = 0;
    std::size_t leaders = 0;
    std::size_t changes = 0;
    std::size_t reads = 0;
    std::size_t installed = 0;
    std::size_t brought = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        SCOPED_TRACE("voters " + std::to_string(voters) + ", seed " + std::to_string(seed));
        history told(voters, seed);
        told.run(4000);
        committed += told.committed();
        leaders += told.leaders();
        changes += told.changes();
        reads += told.reads();
        installed += told.installed();
        brought += told.brought();
        if (::testing::Test::HasFailure()) return;
    }
    // Histories in which nothing happens prove nothing.
    EXPECT_GT(committed, count * 20);
    EXPECT_GT(leaders, count * 2);
    EXPECT_GT(changes, count / 4);
    ::testing::Test::RecordProperty("committed", static_cast<int>(committed));
    ::testing::Test::RecordProperty("leaders", static_cast<int>(leaders));
    EXPECT_GT(reads, count * 2);
    ::testing::Test::RecordProperty("reads", static_cast<int>(reads));
    ::testing::Test::RecordProperty("changes", static_cast<int>(changes));
    EXPECT_GT(installed, count / 4);
    ::testing::Test::RecordProperty("installed", static_cast<int>(installed));
    EXPECT_GT(brought, count / 10);
    ::testing::Test::RecordProperty("brought", static_cast<int>(brought));
}

TEST(raft_core, three_members_stay_safe_and_recover_in_random_histories) { run_seeds(3, 1, 300); }
TEST(raft_core, five_members_stay_safe_and_recover_in_random_histories) { run_seeds(5, 10'001, 200); }

}  // namespace
