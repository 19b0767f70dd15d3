// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/raft/core.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace chronik::bench {

/// A log in memory that keeps what a journal keeps: the bytes of each payload, copied, and where each entry is.
/// It forgets its oldest entries, as a journal that is compacted does.
class ring_log {
public:
    static constexpr std::size_t entries_max = std::size_t{1} << 10;
    static constexpr std::size_t bytes_max = std::size_t{1} << 18;

    log_index base_index() const { return base_; }
    log_term base_term() const { return base_term_; }
    log_offset base_offset() const { return base_offset_; }
    log_index first_index() const { return base_ + 1; }
    log_index last_index() const { return last_; }

    result<log_term> term_at(log_index at) const {
        if (at == base_) return base_term_;
        if (at < base_ || at > last_) return failure(errc::out_of_range);
        return slot_of(at).term;
    }
    result<entry> read(log_index at) const {
        entry made;
        if (auto const found = read_into(at, made); !found) return std::unexpected(found.error());
        return made;
    }
    result<void> read_into(log_index at, entry& into) const {
        if (at <= base_ || at > last_) return failure(errc::out_of_range);
        slot const& found = slot_of(at);
        into.term = found.term;
        into.index = at;
        into.kind = found.kind;
        into.base_offset = found.base_offset;
        into.record_count = found.record_count;
        into.payload.show(bytes_, {bytes_.get() + found.position, found.length});
        return {};
    }

    void write(raft::write const& from) {
        if (!from.entries.empty()) last_ = from.entries.front().index - 1;
        for (entry const& item : from.entries) append(item);
    }
    void compact(log_index up_to) {
        if (up_to <= base_) return;
        base_term_ = slot_of(up_to).term;
        base_offset_ = slot_of(up_to).base_offset + slot_of(up_to).record_count;
        base_ = up_to;
    }

private:
    struct slot {
        log_term term;
        log_offset base_offset;
        std::size_t position = 0;
        std::size_t length = 0;
        std::uint32_t record_count = 0;
        entry_kind kind = entry_kind::no_op;
    };

    slot const& slot_of(log_index at) const { return slots_[at.value % entries_max]; }

    void append(entry const& item) {
        CHRONIK_ASSERT(item.index == last_ + 1);
        CHRONIK_ASSERT(last_ - base_ < entries_max);
        if (end_ + item.payload.size() > bytes_max) end_ = 0;
        if (!item.payload.empty()) std::memcpy(bytes_.get() + end_, item.payload.data(), item.payload.size());
        // Field by field: a whole slot would be put together elsewhere and read again before its stores are through.
        slot& place = slots_[item.index.value % entries_max];
        place.term = item.term;
        place.base_offset = item.base_offset;
        place.position = end_;
        place.length = item.payload.size();
        place.record_count = item.record_count;
        place.kind = item.kind;
        end_ += item.payload.size();
        last_ = item.index;
    }

    std::shared_ptr<std::byte[]> bytes_ = std::make_shared<std::byte[]>(bytes_max);
    std::vector<slot> slots_ = std::vector<slot>(entries_max);
    std::size_t end_ = 0;
    log_index base_;
    log_term base_term_;
    log_offset base_offset_;
    log_index last_;
};

/// Three members of one group on one thread: messages and writes go from hand to hand, nothing is encoded, and a write
/// is durable when the ring has it.
class trio {
public:
    using core = raft::core<ring_log>;

    trio() {
        for (std::uint64_t number = 1; number <= 3; ++number) {
            members_.push_back(std::make_unique<member>(node_id{static_cast<std::uint32_t>(number)}, number));
        }
        members_[0]->core.campaign(now_, effects_);
        carry_out(*members_[0]);
        settle();
        CHRONIK_ASSERT(leader().can_serve());
    }

    core& leader() { return members_[0]->core; }
    std::uint64_t applied(std::size_t seat) const { return members_[seat]->commands; }

    /// One call for each payload; then everything that follows from it, on all three.
    void propose(std::span<shared_bytes const> payloads) {
        for (shared_bytes const& payload : payloads) {
            auto const place = leader().propose(entry_kind::command, payload, 1, now_, effects_);
            CHRONIK_ASSERT(place.has_value());
            carry_out(*members_[0]);
        }
        settle();
    }
    /// One call for all of them.
    void propose_together(std::span<shared_bytes const> payloads) {
        for (shared_bytes const& payload : payloads) {
            auto const place = leader().append(entry_kind::command, shared_bytes{payload}, 1, now_);
            CHRONIK_ASSERT(place.has_value());
        }
        leader().release(effects_);
        carry_out(*members_[0]);
        settle();
    }

private:
    struct member {
        member(node_id self, std::uint64_t seed)
            : core(self, {.voters = {node_id{1}, node_id{2}, node_id{3}}, .learners = {}}, limits, {}, log, seed, {}) {}
        raft::options limits;
        ring_log log;
        bench::trio::core core;
        std::vector<raft::write> written;  ///< in the ring, and the core has not been told
        log_index applied;
        std::uint64_t commands = 0;
        std::uint64_t bytes = 0;
    };
    struct letter {
        std::size_t from;
        std::size_t to;
        raft::message body;
    };

    static std::size_t seat_of(node_id node) { return node.value - 1; }

    void carry_out(member& of) {
        if (effects_.persist) {
            of.log.write(*effects_.persist);
            of.written.push_back(std::move(*effects_.persist));
        }
        for (auto& mail : effects_.messages) {
            wire_.emplace_back(seat_of(of.core.self()), seat_of(mail.to()), std::move(mail).body());
        }
        bool const committed = of.applied < of.core.commit_index();
        effects_.clear();
        if (committed) apply(of);
    }

    void apply(member& of) {
        auto const seen = of.core.for_each_entry(of.applied + 1, of.core.commit_index(), [&](entry const& item) {
            of.commands += item.kind == entry_kind::command ? 1U : 0U;
            of.bytes += item.payload.size();
            return true;
        });
        CHRONIK_ASSERT(seen.has_value());
        of.applied = of.core.commit_index();
    }

    /// One sync covers all that was written; the newest write's completion speaks for those before it.
    bool sync(member& of) {
        if (of.written.empty()) return false;
        of.core.persisted(std::move(of.written.back()).completed(), now_, effects_);
        for (raft::write& done : of.written) effects_.recycle(std::move(done));
        of.written.clear();
        carry_out(of);
        if (of.applied.value % 256 < 64) of.log.compact(of.applied);
        return true;
    }

    void settle() {
        for (bool moved = true; moved;) {
            moved = false;
            for (auto& each : members_) moved |= sync(*each);
            wire_.swap(arriving_);
            for (letter& mail : arriving_) {
                member& to = *members_[mail.to];
                node_id const from{static_cast<std::uint32_t>(mail.from + 1)};
                to.core.receive(from, std::move(mail.body), now_, effects_);
                effects_.recycle(std::move(mail.body));
                carry_out(to);
                moved = true;
            }
            arriving_.clear();
        }
    }

    std::vector<std::unique_ptr<member>> members_;
    std::vector<letter> wire_;
    std::vector<letter> arriving_;
    raft::effects effects_;
    time_point now_{std::chrono::seconds{1}};
};

}  // namespace chronik::bench
