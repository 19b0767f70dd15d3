// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/image.hpp>

#include <chronik/posix/directory.hpp>
#include <chronik/wal/at_rest.hpp>
#include <chronik/wal/finding.hpp>

#include <memory>
#include <optional>

namespace broker {

using journal_at_rest = chronik::wal::journal_at_rest<chronik::posix::directory>;

/// The cluster's metadata as far as a journal at rest tells them.
///
/// image     null if what is left does not say
/// trouble   why it ends before its log does, or is not there at all; nothing if it is whole, or the reader of the
///           journal has found what is wrong with it
struct told_metadata {
    std::shared_ptr<metadata::image const> image;
    std::optional<chronik::wal::finding> trouble{};
};

told_metadata metadata_at_rest(journal_at_rest const& stored);

}  // namespace broker
