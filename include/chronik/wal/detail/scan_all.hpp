// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/wal/scan.hpp>

#include <cstddef>
#include <vector>

namespace chronik::wal::detail {

/// A directory that can have several things done at once, on threads of its own.
template <class D>
concept working_side_by_side = requires(D& where, std::size_t count) { where.side_by_side(count, [](std::size_t) {}); };

/// Where the records of each segment end. Checksums take a processor for long, or wait for the device, and no segment
/// needs to know of another for them.
template <class Directory, class Segments>
std::vector<scan_end> scan_all(Directory& where, Segments const& of) {
    std::vector<scan_end> ends(of.size());
    auto const look_at = [&](std::size_t nth) {
        ends[nth] = scan(of[nth]->bytes(), of[nth]->header, [](record_view const&) {});
    };
    if constexpr (working_side_by_side<Directory>) {
        where.side_by_side(of.size(), look_at);
    } else {
        for (std::size_t nth = 0; nth < of.size(); ++nth) look_at(nth);
    }
    return ends;
}

}  // namespace chronik::wal::detail
