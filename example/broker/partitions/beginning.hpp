// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <partitions/machine.hpp>
#include <partitions/saved_state.hpp>

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/node/concepts.hpp>
#include <chronik/raft/snapshot.hpp>
#include <chronik/wal/snapshot_file.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

/// How a replica gets a partition whose log has lost its first entries, by retention or deletion: it is told where the
/// log begins now, and what was known of the producers there. To the host that is a snapshot, although a small one: the
/// records are in the log that follows. Bytes: docs/formats/partition_states.md.
namespace broker::partitions {

inline constexpr std::uint8_t beginning_version = 1;

/// What a machine has of the entries up to `last`; who applies the entries behind them to it comes to the same machine.
chronik::shared_bytes encode_beginning(machine const& of, chronik::log_index last);

/// Puts that in the place of what a machine has. errors   errc::unsupported_version, errc::malformed: nothing changed
[[nodiscard]] chronik::result<void> restore_beginning(chronik::shared_bytes const& bytes, machine& into);

/// Beginnings on their way from a leader, in memory: once one is installed the journal knows where the log begins, and
/// nothing else of it has to outlive the process. Models chronik::snapshot_store.
///
/// Bounded by raft::options::snapshot_bytes_max for each group that is being moved to this node.
/// threads   the loop's; jobs run anywhere
class beginnings {
public:
    using whole = chronik::wal::stored_snapshot;  // without a file, so without a name

    class job_type {
    public:
        /// Joins the pieces, and checks them against what was promised.
        void run();
        bool finished() const { return true; }

    private:
        friend class beginnings;
        whole made_;
        std::shared_ptr<std::vector<std::byte>> pieces_;
        chronik::shared_bytes piece_;
        chronik::state_source source_;
        std::optional<std::uint64_t> bytes_;  ///< of the whole, where it is another's
        bool whole_ = false;
        bool damaged_ = false;
    };

    /// Nothing is kept from an earlier life.
    template <class Log>
    std::optional<whole> find(chronik::group_id, Log const&) const {
        return std::nullopt;
    }
    job_type begin_save(chronik::group_id group, chronik::log_index index, chronik::log_term term,
                        chronik::log_offset next_offset, chronik::shared_bytes about, chronik::state_source source);
    job_type begin_gather(chronik::group_id group, chronik::log_index index, chronik::log_term term,
                          chronik::log_offset next_offset, chronik::shared_bytes about, std::uint64_t bytes,
                          std::uint32_t crc, std::uint64_t offset, chronik::shared_bytes piece);
    /// What was gathered of a group that is gone, or has gone further, is forgotten.
    std::optional<job_type> begin_discard(chronik::group_id group, chronik::log_index kept);

    /// errors   errc::corrupt_record: not what was promised
    chronik::result<std::optional<whole>> finish(job_type& job);

private:
    struct gathered {
        chronik::log_index index;
        std::shared_ptr<std::vector<std::byte>> pieces;
    };
    std::map<chronik::group_id, gathered> gathering_;
};

static_assert(chronik::snapshot_store<beginnings>);

}  // namespace broker::partitions
