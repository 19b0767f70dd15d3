// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/exit.hpp>

#include <chronik/base/entry.hpp>
#include <chronik/wal/snapshot_file.hpp>
#include <chronik/wal/table.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace broker {

/// One group's log as the files hold it: what was truncated, compacted or removed is gone.
///
/// entries   without gaps from base.index + 1 on; one whose index is 0 is in no segment, which is damage
struct log_at_rest {
    chronik::wal::log_base base;
    std::vector<chronik::entry> entries;

    chronik::log_index base_index() const { return base.index; }
    chronik::log_index first_index() const { return base.index + 1; }
    chronik::log_index last_index() const { return base.index + entries.size(); }
    chronik::log_offset next_offset() const;
};

/// A node's journal, read without its owner. Payloads keep their segments mapped.
///
/// metadata   the newest snapshot that the metadata's log goes on from, if there is one
/// closed     the broker that wrote it stopped cleanly, and nothing has been written since
/// torn       where the last write ends early, one line; empty if it does not
/// damage     what recovery would refuse to start with, a line each
struct journal_at_rest {
    std::map<chronik::group_id, log_at_rest> groups;
    std::optional<chronik::wal::stored_snapshot> metadata;
    bool closed = false;
    std::string torn;
    std::vector<std::string> damage;
};

/// Reads the journal of a data directory, takes no lock and changes nothing. What is damaged is left out and named.
///
/// errors   exit_code::configuration if there is no journal to read there, exit_code::storage if none of it can be
startup<journal_at_rest> read_journal_at_rest(std::string const& data_dir);

}  // namespace broker
