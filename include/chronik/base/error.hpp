// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <system_error>

namespace chronik {

/// What went wrong, named by what to do next. Values are part of no format; text is for operators.
enum class errc {
    malformed = 1,        ///< bytes that no version of the format can mean: refuse the message
    unsupported_version,  ///< well formed, but from a version we do not speak: refuse, name the version
    too_large,            ///< beyond a named limit: refuse, do not allocate
    torn_tail,            ///< the log ends inside a write that was never synced: cut it
    corrupt_record,       ///< bytes that were synced have changed: stop, repair from a peer
    wrong_owner,          ///< the directory belongs to another node or cluster: stop, look at the configuration
    storage_failed,       ///< a write or sync failed; final for this process: stop, restart, recover
    out_of_space,         ///< no room for a new segment: retry later, reads go on
    out_of_descriptors,   ///< too many open files: retry later, what is open goes on
    log_gap,              ///< an entry without its predecessor: ask again from an earlier index
    compacted,            ///< older than the log start: use a snapshot
    out_of_range,         ///< newer than the log end: wait or ask for less
    not_leader,           ///< go to the leader
    busy,                 ///< a named limit is reached: retry with back-off
    superseded,           ///< another leader's entry took the place; surely not committed: retry
    unknown_outcome,      ///< leadership was lost with the entry in flight; it may still commit
    unknown_group,        ///< no such group on this node
    unreachable,          ///< no connection to that node now
    closed,               ///< the component is shutting down
};

class error_category final : public std::error_category {
public:
    char const* name() const noexcept override { return "chronik"; }
    std::string message(int code) const override {
        switch (static_cast<errc>(code)) {
            case errc::malformed: return "malformed bytes";
            case errc::unsupported_version: return "unsupported format version";
            case errc::too_large: return "larger than the limit";
            case errc::torn_tail: return "torn tail: the last write was never synced";
            case errc::corrupt_record: return "corrupt record: synced bytes have changed";
            case errc::wrong_owner: return "the data belongs to another node or cluster";
            case errc::storage_failed: return "storage failed; restart to recover";
            case errc::out_of_space: return "no space for a new segment";
            case errc::out_of_descriptors: return "too many open files";
            case errc::log_gap: return "the entry before is unknown";
            case errc::compacted: return "older than the log start";
            case errc::out_of_range: return "beyond the log end";
            case errc::not_leader: return "not the leader";
            case errc::busy: return "a limit is reached; retry later";
            case errc::superseded: return "superseded by another leader; not committed";
            case errc::unknown_outcome: return "leadership lost; the outcome is unknown";
            case errc::unknown_group: return "no such group on this node";
            case errc::unreachable: return "the node is unreachable";
            case errc::closed: return "shutting down";
        }
        return "unknown chronik error";
    }
};

inline std::error_category const& chronik_category() {
    static error_category const category;
    return category;
}

inline std::error_code make_error_code(errc code) { return {static_cast<int>(code), chronik_category()}; }

/// A value, or why there is none. The caller must look.
template <class T>
using result = std::expected<T, std::error_code>;

/// Shortens `return std::unexpected(make_error_code(errc::busy))` to `return failure(errc::busy)`.
[[nodiscard]] inline std::unexpected<std::error_code> failure(errc code) {
    return std::unexpected(make_error_code(code));
}

/// Storage lacks what it may have later: nothing has failed, and what waits is tried again.
inline bool is_shortage(std::error_code why) {
    return why == make_error_code(errc::out_of_space) || why == make_error_code(errc::out_of_descriptors);
}

}  // namespace chronik

template <>
struct std::is_error_code_enum<chronik::errc> : std::true_type {};
