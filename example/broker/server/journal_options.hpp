// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/settings.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/segment_header.hpp>

namespace broker {

/// Files of another node's journal are refused by this name.
chronik::wal::log_uuid journal_name_of(chronik::node_id);

/// How a node's journal is laid out.
chronik::wal::options journal_options(settings const&);

}  // namespace broker
