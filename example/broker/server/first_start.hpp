// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <server/identity.hpp>
#include <settings/exit.hpp>

#include <chronik/posix/directory.hpp>
#include <chronik/wal/recovery_report.hpp>

#include <memory>

/// A first start that is interrupted, by whatever and wherever, is a first start once more. A journal that is gone is
/// not: who has acknowledged what it had synced must not begin with nothing.
///
/// In this order: `node.toml` without a cluster, the journal's directory, the name of that, the first segment; then
/// records; and when some have been synced, that in `node.toml` (identity::synced). Before that last step a journal
/// without records is one that was just begun, or that had nothing but what no sync had covered; after it, it is lost.
/// States: docs/formats/identity.md.
namespace broker {

/// Opens the directory of the journal; makes it if need be, and its name durable.
///
/// errors   exit_code::storage: the journal is lost, and nothing was changed; exit_code::configuration: it cannot be
///          opened, or another process has it
startup<std::unique_ptr<chronik::posix::directory>> open_journal_directory(data_directory const& data);

/// What recovery has found in it, before anything is made of that: with no records, the node forgets what it knows from
/// a life of which nothing was synced: its cluster, snapshots of the metadata and the states of its partitions.
///
/// returns   whether there was something to forget
startup<bool> begin_again(data_directory& data, chronik::wal::recovery_report const& found);

}  // namespace broker
