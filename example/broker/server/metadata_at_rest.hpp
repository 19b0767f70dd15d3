// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/image.hpp>

#include <chronik/posix/directory.hpp>
#include <chronik/wal/at_rest.hpp>

#include <memory>

namespace broker {

using journal_at_rest = chronik::wal::journal_at_rest<chronik::posix::directory>;

/// The cluster's metadata as far as a journal at rest tells them; null if what is left does not say.
std::shared_ptr<metadata::image const> metadata_at_rest(journal_at_rest const& stored);

}  // namespace broker
