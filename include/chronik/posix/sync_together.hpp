// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/posix/file.hpp>
#include <chronik/posix/side_by_side.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace chronik::posix {

/// At once: enough for a device to find the next ones waiting when it has done a flush.
inline constexpr std::size_t syncs_at_once = 16;

/// file::sync() of each, many at once. A file system that is asked by many commits once for all of them, and so does a
/// device flush; one after the other, each waits for a flush of its own, behind all other writes.
///
/// files     no file twice
/// returns   what each sync said, in the order of the files
/// threads   blocks the caller; others of its own until it returns
inline std::vector<result<void>> sync_together(std::span<file* const> files) {
    std::vector<result<void>> said(files.size());
    side_by_side(files.size(), syncs_at_once, [&](std::size_t at) { said[at] = files[at]->sync(); });
    return said;
}

}  // namespace chronik::posix
