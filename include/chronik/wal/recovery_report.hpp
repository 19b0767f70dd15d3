// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/wal/scan.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace chronik::wal {

/// What recovery found, for the operator. After a refusal it names the file, the place and the group if known.
///
/// state       clean, torn (the tail was cut) or corrupt (nothing was changed)
/// closed      the journal had been shut down cleanly
/// cut_bytes   zeroed after the last good record
struct recovery_report {
    tail_state state = tail_state::clean;
    bool closed = false;
    std::uint64_t segments = 0;
    std::uint64_t records = 0;
    std::uint64_t groups = 0;
    std::uint64_t cut_bytes = 0;
    std::uint64_t headers_repaired = 0;
    std::string file;
    std::uint64_t position = 0;
    std::optional<group_id> group;
    std::string what;

    std::unexpected<std::error_code> refuse(errc code, std::string in_file, std::uint64_t at, std::string why,
                                            std::optional<group_id> of = std::nullopt) {
        if (code == errc::corrupt_record) state = tail_state::corrupt;
        file = std::move(in_file);
        position = at;
        what = std::move(why);
        group = of;
        return failure(code);
    }
};

}  // namespace chronik::wal
