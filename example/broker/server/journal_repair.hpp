// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <composition.hpp>
#include <log/log.hpp>
#include <server/identity.hpp>
#include <settings/exit.hpp>
#include <settings/settings.hpp>

#include <chronik/posix/directory.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/recovery_report.hpp>

#include <cstdint>

namespace broker {

/// What it takes to open a journal at a start.
///
/// salt      as for journal::open()
/// now       microseconds of the wall clock: names a repair
struct journal_start {
    settings const& config;
    data_directory const& data;
    chronik::posix::directory& where;
    chronik::wal::options limits;
    std::uint64_t salt;
    std::uint64_t now;
};

/// Opens the journal. One that is damaged is repaired first, if every group on this node has others that can bring it
/// what is missing: then all groups are in doubt, and the damaged files stay beside the new ones. Goes on with a repair
/// that was interrupted.
///
/// report   of the recovery that has succeeded, or was refused
/// errors   exit_code::storage: damaged, and not repaired; the text says why
startup<journal> open_journal(journal_start const& start, logger const& log, chronik::wal::recovery_report& report);

}  // namespace broker
