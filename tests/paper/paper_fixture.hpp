// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "memory_store.hpp"
#include <chronik/raft/core.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chronik::paper {

using std::chrono::milliseconds;

using core = raft::core<memory_store>;

struct letter {
    node_id from, to;
    raft::message body;
};

struct member {
    memory_store disk;
    raft::options settings;           ///< of this life
    std::optional<paper::core> core;  ///< empty while crashed
    std::deque<raft::write> unsynced;
    std::vector<raft::event> events;
    std::vector<raft::read_outcome> reads;
    std::vector<log_index> wanted;
    std::optional<raft::snapshot> snapshot;  ///< durable, and of what the disk holds; says who takes part
    std::optional<raft::snapshot> arrived;   ///< durable too, and the log has not given way to it on disk yet
    std::optional<raft::snapshot_part> part; ///< to be written down, while `slow_parts`
    std::string gathered;                    ///< of the parts so far
    /// Who takes part as of the disk's base, where that is not what the whole group began with.
    std::optional<raft::configuration> base_members;
    doubt_token doubt;                       ///< durable
};

inline raft::options quick_options() {
    raft::options made;
    made.election_timeout_min = milliseconds{100};
    made.election_timeout_max = milliseconds{200};
    made.heartbeat_interval = milliseconds{20};
    made.vote_retry_interval = milliseconds{30};
    // Most stories are not about newcomers; those that are say so.
    made.new_voters = raft::promotion::at_once;
    return made;
}

/// A few members, the messages between them and a clock, all under the hand of a test.
///
/// Disks sync at once unless `slow_disks` is set; then sync() does it. Nothing is delivered unless a test says so.
class world {
public:
    explicit world(std::uint32_t voters, raft::options chosen = quick_options(), std::uint64_t seed = 1)
        : settings(chosen), seed_(seed) {
        for (std::uint32_t v = 1; v <= voters; ++v) configuration.voters.push_back(n(v));
    }

    raft::options settings;
    raft::configuration configuration;
    std::map<node_id, member> members;
    std::deque<letter> wire;
    std::set<std::pair<node_id, node_id>> cut;
    time_point now = time_point{} + milliseconds{1000};
    bool slow_disks = false;
    bool slow_parts = false;  ///< parts of snapshots wait for store_part()
    /// Sees every message when it leaves a member, every write when it is asked for, every event when it happens.
    std::function<void(letter const&)> on_send = [](letter const&) {};
    std::function<void(node_id, raft::write const&)> on_write = [](node_id, raft::write const&) {};
    std::function<void(node_id, raft::event const&)> on_event = [](node_id, raft::event const&) {};
    std::function<void(node_id, raft::read_ticket)> on_read_begun = [](node_id, raft::read_ticket) {};
    std::function<void(node_id, raft::read_outcome const&)> on_read = [](node_id, raft::read_outcome const&) {};

    member& at(node_id node) { return members[node]; }
    paper::core& core_of(node_id node) { return *members.at(node).core; }
    bool alive(node_id node) const { return members.contains(node) && members.at(node).core.has_value(); }

    void start(node_id node) {
        member& m = members[node];
        auto const& base = m.snapshot ? m.snapshot->info.members : m.base_members ? *m.base_members : configuration;
        m.settings = settings;
        m.core.emplace(node, base, m.settings, m.disk.hard, m.disk, seed_ * 1000 + node.value + ++starts_ * 100, now);
        m.gathered.clear();
        m.part.reset();
        if (m.snapshot) m.core->use_snapshot(*m.snapshot);
        if (m.doubt != no_doubt) m.core->begin_in_doubt(m.doubt);
    }
    void start(node_id node, memory_store disk) {
        members[node].disk = std::move(disk);
        start(node);
    }
    /// Knows nobody, has nothing, and waits for a leader.
    void start_blank(node_id node) {
        members[node].disk = memory_store{};
        members[node].base_members = raft::configuration{};
        start(node);
    }
    void start_all() {
        for (node_id const node : raft::everyone(configuration)) members[node];
        for (auto& [node, m] : members) {
            if (!m.core) start(node);
        }
    }
    void crash(node_id node) {
        members[node].core.reset();
        members[node].unsynced.clear();
    }

    template <class Call>
    void call(node_id node, Call&& input) {
        raft::effects out;
        input(core_of(node), out);
        carry_out(node, out);
        if (!slow_disks) sync(node);
    }
    void tick(node_id node) {
        call(node, [&](core& c, raft::effects& out) { c.tick(now, out); });
    }
    void receive(node_id from, node_id to, raft::message body) {
        call(to, [&](core& c, raft::effects& out) { c.receive(from, std::move(body), now, out); });
    }
    void campaign(node_id node) { call(node, [&](core& c, raft::effects& out) { c.campaign(now, out); }); }
    result<raft::accepted> propose(node_id node, std::string_view text = "x", std::uint32_t records = 1) {
        result<raft::accepted> done;
        call(node, [&](core& c, raft::effects& out) {
            done = c.propose(entry_kind::command, shared_bytes::copy_of(text), records, now, out);
        });
        return done;
    }
    result<raft::read_ticket> read(node_id node) {
        result<raft::read_ticket> begun;
        call(node, [&](core& c, raft::effects& out) {
            begun = c.read(now, out);
            if (begun) on_read_begun(node, *begun);
        });
        return begun;
    }
    result<raft::accepted> change(node_id node, raft::configuration target) {
        result<raft::accepted> done;
        call(node, [&](core& c, raft::effects& out) { done = c.change_members(std::move(target), now, out); });
        return done;
    }
    result<void> transfer(node_id from, node_id to) {
        result<void> done;
        call(from, [&](core& c, raft::effects& out) { done = c.transfer(to, now, out); });
        return done;
    }

    /// The state up to `up_to`, as text, becomes durable; the log keeps what comes after `keep_after`.
    raft::snapshot take_snapshot(node_id node, log_index up_to, log_index keep_after, std::string_view text) {
        member& m = members.at(node);
        entry const last = *m.disk.read(up_to);
        raft::snapshot made{{.last_index = up_to,
                             .last_term = last.term,
                             .next_offset = last.next_offset(),
                             .members = *m.core->members_at(up_to),
                             .bytes = text.size(),
                             .crc = crc32c::value(std::as_bytes(std::span{text}))},
                            shared_bytes::copy_of(text)};
        m.snapshot = made;
        m.core->use_snapshot(made);
        m.disk.compact(keep_after);
        return made;
    }
    /// Writes down the part that waits; with the last one, the snapshot is installed.
    void store_part(node_id node) {
        member& m = members.at(node);
        CHRONIK_ASSERT(m.part.has_value());
        raft::snapshot_part const part = *std::exchange(m.part, std::nullopt);
        if (part.offset == 0) m.gathered.clear();
        m.gathered += part.data.text();
        call(node, [&](core& c, raft::effects& out) { c.part_stored(now, out); });
        if (!part.is_last()) return;
        raft::snapshot whole{part.info, shared_bytes::copy_of(m.gathered)};
        bool const wanted = m.core->can_install(part.info);
        if (wanted) m.arrived = whole;
        call(node, [&](core& c, raft::effects& out) {
            if (wanted) c.install(std::move(whole), now, out); else c.part_failed(true, now, out);
        });
    }

    /// Completes writes until none waits, or at most `count`.
    void sync(node_id node, std::size_t count = ~std::size_t{0}) {
        member& m = members.at(node);
        for (; count > 0 && !m.unsynced.empty(); --count) {
            raft::write done = std::move(m.unsynced.front());
            m.unsynced.pop_front();
            to_disk(m, done);
            raft::effects out;
            m.core->persisted(std::move(done).completed(), now, out);
            carry_out(node, out);
        }
    }
    /// The disk has it, but the member does not know yet: what a crash just after a sync leaves behind.
    void sync_silently(node_id node) {
        member& m = members.at(node);
        if (m.unsynced.empty()) return;
        to_disk(m, m.unsynced.front());
    }

    void deliver(std::size_t which) {
        letter mail = std::move(wire[which]);
        wire.erase(wire.begin() + static_cast<std::ptrdiff_t>(which));
        if (alive(mail.to) && !cut.contains({mail.from, mail.to})) receive(mail.from, mail.to, std::move(mail.body));
    }
    void deliver_all() {
        for (int left = 100'000; !wire.empty(); --left) {
            CHRONIK_ASSERT(left > 0);
            deliver(0);
        }
    }
    void lose_all() { wire.clear(); }

    /// Lets time pass and wakes who asked for it; messages are delivered as they appear.
    void run_for(duration span) {
        time_point const end = now + span;
        while (true) {
            deliver_all();
            time_point next = never;
            for (auto& [node, m] : members) {
                if (m.core) next = std::min(next, m.core->wake_at());
            }
            if (next > end) break;
            now = std::max(now, next);
            for (auto& [node, m] : members) {
                if (m.core && m.core->wake_at() <= now) tick(node);
            }
        }
        now = end;
    }
    void elect(node_id node) {
        campaign(node);
        deliver_all();
        CHRONIK_ASSERT(core_of(node).current_role() == raft::role::leader);
    }
    void isolate(node_id node) {
        for (auto& [other, m] : members) {
            if (other != node) cut.insert({node, other}), cut.insert({other, node});
        }
    }
    void heal() { cut.clear(); }

    std::optional<node_id> leader() const {
        std::optional<node_id> found;
        for (auto const& [node, m] : members) {
            if (!m.core || m.core->current_role() != raft::role::leader) continue;
            if (!found || m.core->term() > members.at(*found).core->term()) found = node;
        }
        return found;
    }

    /// The last messages of one kind to one member, and what they said.
    template <class Body>
    std::vector<Body> sent_to(node_id to) const {
        std::vector<Body> found;
        for (letter const& mail : wire) {
            if (mail.to == to && std::holds_alternative<Body>(mail.body)) found.push_back(std::get<Body>(mail.body));
        }
        return found;
    }
    template <class Body>
    std::vector<letter> all_sent() const {
        std::vector<letter> found;
        for (letter const& mail : wire) {
            if (std::holds_alternative<Body>(mail.body)) found.push_back(mail);
        }
        return found;
    }

    /// The log as the paper draws it, by its terms.
    std::vector<std::uint64_t> terms(node_id node) {
        std::vector<std::uint64_t> drawn;
        core const& c = core_of(node);
        for (log_index at = c.base_index() + 1; at <= c.last_index(); ++at) drawn.push_back(c.term_at(at)->value);
        return drawn;
    }

private:
    static void to_disk(member& m, raft::write const& done) {
        m.disk.apply(done);
        if (done.sound) m.doubt = no_doubt;
        if (done.install && m.arrived && m.arrived->info == *done.install) m.snapshot = *m.arrived;
    }
    void carry_out(node_id node, raft::effects& out) {
        member& m = members.at(node);
        bool const has_part = out.part.has_value();
        if (has_part) m.part = std::move(out.part);
        for (raft::event const& happened : out.events) {
            m.events.push_back(happened);
            on_event(node, happened);
        }
        if (out.persist) {
            on_write(node, *out.persist);
            m.unsynced.push_back(std::move(*out.persist));
        }
        for (raft::read_outcome const& told : out.reads) {
            m.reads.push_back(told);
            on_read(node, told);
        }
        m.wanted.insert(m.wanted.end(), out.wanted.begin(), out.wanted.end());
        for (raft::outgoing& mail : out.messages) {
            node_id const to = mail.to();
            wire.push_back({node, to, std::move(mail).body()});
            on_send(wire.back());
        }
        if (has_part && !slow_parts) store_part(node);
    }

    std::uint64_t seed_;
    std::uint64_t starts_ = 0;
};

inline entry item(std::uint64_t term, std::uint64_t index, std::uint64_t offset) {
    return {.term = t(term),
            .index = i(index),
            .kind = entry_kind::command,
            .base_offset = {offset},
            .record_count = 1,
            .payload = shared_bytes::copy_of("t" + std::to_string(term))};
}

}  // namespace chronik::paper
