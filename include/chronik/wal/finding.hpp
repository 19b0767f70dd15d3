// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chronik::wal {

/// What is to be said about a place in the files of a journal.
enum class finding_kind : std::uint8_t {
    torn_tail,      ///< a last write that was never synced: recovery cuts it, and nothing was promised
    leftover,       ///< a file that nothing refers to any more, or that was never finished: recovery removes it
    mended,         ///< damage that recovery repairs by itself
    corrupt,        ///< bytes that were synced have changed
    missing,        ///< a file or an entry that others refer to is not there
    contradiction,  ///< whole in itself, and not what the rest says
    foreign,        ///< of another journal
    unknown,        ///< a version, or a type of record, that this release does not know
};

/// The first two are what a crash leaves; the others say that the storage has not kept what it was given.
constexpr bool is_fault(finding_kind kind) {
    return kind != finding_kind::torn_tail && kind != finding_kind::leftover;
}
/// Recovery refuses to start with it.
constexpr bool is_refused(finding_kind kind) { return is_fault(kind) && kind != finding_kind::mended; }

constexpr char const* name_of(finding_kind kind) {
    switch (kind) {
        case finding_kind::torn_tail: return "torn tail";
        case finding_kind::leftover: return "leftover";
        case finding_kind::mended: return "mended";
        case finding_kind::corrupt: return "corrupt";
        case finding_kind::missing: return "missing";
        case finding_kind::contradiction: return "contradiction";
        case finding_kind::foreign: return "foreign";
        case finding_kind::unknown: return "unknown";
    }
    return "?";
}

/// position   of the first byte, in the file
/// bytes      that are concerned; 0: not known
/// group      that the place belongs to, or seems to; nothing if it is of no group or cannot be told
/// index      of the entry there, likewise
struct finding {
    finding_kind kind = finding_kind::corrupt;
    std::string file;
    std::uint64_t position = 0;
    std::uint64_t bytes = 0;
    std::optional<group_id> group{};
    std::optional<log_index> index{};
    std::string what;
};

/// Findings in the order in which they were made. The first ones are kept; all are counted.
class findings {
public:
    static constexpr std::size_t kept_max = 4096;

    void add(finding one) {
        if (is_fault(one.kind)) ++faults_;
        if (is_refused(one.kind)) ++refused_;
        ++count_;
        if (kept_.size() < kept_max) kept_.push_back(std::move(one));
    }

    std::vector<finding> const& kept() const { return kept_; }
    std::uint64_t count() const { return count_; }
    std::uint64_t faults() const { return faults_; }
    std::uint64_t refused() const { return refused_; }

private:
    std::vector<finding> kept_;
    std::uint64_t count_ = 0;
    std::uint64_t faults_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace chronik::wal
