// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <log/log.hpp>

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/node/concepts.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/settled_reader.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace broker::partitions {

/// What memory has of mapped files; posix::page_cache where there is an operating system.
///
/// holds   whether they can be looked at without waiting for a device. Asked on the loop
/// bring   waits for the device until they can. On any thread
/// cool    nobody is expected to want them again soon. On any thread
struct file_memory {
    std::function<bool(std::span<std::byte const>)> holds;
    std::function<chronik::result<void>(std::span<std::byte const>)> bring;
    std::function<void(std::span<std::byte const>)> cool;

    /// `holds` for a journal, which this outlives.
    chronik::wal::memory_check check() const {
        return {[](void const* of, std::span<std::byte const> bytes) {
                    return static_cast<file_memory const*>(of)->holds(bytes);
                },
                this};
    }
};

/// Brings settled records that are not in memory there, on threads of its own: first what somebody waits for, then what
/// readers who are far behind will ask for next. One lane is never busy with what nobody waits for, and one prefers
/// followers, so that neither they nor clients wait until the others want nothing more.
///
/// What waits is bounded by who asks: each has one range on its way for each group, and a client's request counts
/// until it is answered.
/// threads   the loop's; jobs run on lanes
class cold_reads {
public:
    /// lanes             jobs at once: a device serves several readers faster than one after the other
    /// ahead_bytes_max   asked for ahead and not there yet, over all readers; beyond it nobody is read ahead for
    /// window_bytes_max  read ahead for one reader
    struct limits {
        std::size_t lanes = 4;
        std::size_t ahead_bytes_max = std::size_t{64} << 20;
        std::size_t window_bytes_max = std::size_t{4} << 20;
    };
    struct parts {
        file_memory memory;
        /// Blocking work on a lane, which is free, and what to do on the loop when it is done, not from within.
        std::function<void(std::size_t lane, chronik::task work, chronik::task finished)> run;
    };
    enum class reason : std::uint8_t {
        fetch,     ///< a client waits
        follower,  ///< a replica that is far behind does
        ahead,     ///< nobody does yet
    };
    static constexpr std::size_t reasons = 3;
    struct tally {
        std::uint64_t reads = 0;  ///< finished
        std::uint64_t bytes = 0;
    };
    /// Told once, or never if clear() comes first. With an error, nobody may look at what is behind `made.bytes`.
    using told = std::move_only_function<void(chronik::wal::settled_visit const& made)>;

    cold_reads(limits bounds, parts with, logger log);
    ~cold_reads();
    cold_reads(cold_reads const&) = delete;
    cold_reads& operator=(cold_reads const&) = delete;

    /// For settled_reader: errc::busy for what is not in memory.
    chronik::result<void> ask(std::span<std::byte const> bytes) const {
        return with_.memory.holds(bytes) ? chronik::result<void>{} : chronik::failure(chronik::errc::busy);
    }

    /// Somebody waits for this range. `done` is not called from within.
    ///
    /// what   with a run at least
    /// why    fetch or follower
    void bring(chronik::wal::settled_range what, reason why, told done);

    /// Somebody will ask for `what` next. Nothing happens if its payloads are in memory, if something is on its way for
    /// this partition already, or at the limit.
    ///
    /// what     with a run at least; not more than window_bytes_max of it
    /// passed   payloads that he has got: when the next ones are there, they go before others
    /// coming   the next payloads in their file, as far as it goes
    void bring_ahead(chronik::wal::settled_range what, chronik::shared_bytes passed, chronik::shared_bytes coming);

    /// Whoever waits is forgotten: nobody is there any more.
    void clear();

    std::size_t waiting() const { return waiting_; }
    std::size_t bytes_ahead() const { return bytes_ahead_; }
    tally const& counted(reason why) const { return counted_[static_cast<std::size_t>(why)]; }
    std::uint64_t failures() const { return failures_; }

private:
    struct order {
        chronik::wal::settled_range what;
        chronik::shared_bytes passed;
        reason why = reason::ahead;
        told done;
        chronik::group_id group;
        std::size_t bytes = 0;
    };

    std::deque<order>& of(reason why) { return waiting_orders_[static_cast<std::size_t>(why)]; }
    std::deque<order>* next_for(std::size_t lane);
    void start_what_waits();
    void start(std::size_t lane, order&& next);
    void finish(std::size_t lane, chronik::wal::settled_visit const& made);

    limits bounds_;
    parts with_;
    logger log_;
    std::array<std::deque<order>, reasons> waiting_orders_;  ///< by reason, oldest first
    std::vector<std::optional<order>> running_;  ///< by lane
    std::set<chronik::group_id> groups_ahead_;
    std::size_t waiting_ = 0;
    std::size_t bytes_ahead_ = 0;
    std::array<tally, reasons> counted_{};
    std::uint64_t failures_ = 0;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace broker::partitions
