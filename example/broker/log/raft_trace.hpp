// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <log/log.hpp>
#include <settings/exit.hpp>

#include <chronik/base/time.hpp>
#include <chronik/node/trace_event.hpp>
#include <chronik/node/trace_line.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace broker {

/// The file that the setting raft_trace names: a line for each step of each group (docs/formats/raft_trace.md), at the
/// time of the wall clock. Written by a thread of its own, so that a slow disk never stops the event loop.
///
/// threads   write() from one; lines_dropped() from any
class raft_trace {
public:
    static constexpr std::size_t queued_lines_max = 8192;  ///< beyond it the oldest waiting line is dropped and counted
    static constexpr std::size_t file_bytes_max = std::size_t{256} << 20;  ///< a full file is put aside
    static constexpr std::size_t full_files_max = 1;                       ///< those before it are gone

    /// Appends to the file, or makes it.
    ///
    /// complaints   told of lines that cannot be written, later and from another thread; outlives this
    /// errors       the file cannot be opened
    static startup<std::unique_ptr<raft_trace>> open(std::string const& path, log_writer& complaints);
    ~raft_trace();  ///< writes what is waiting
    raft_trace(raft_trace const&) = delete;
    raft_trace& operator=(raft_trace const&) = delete;

    void write(chronik::trace_event happened);
    std::uint64_t lines_dropped() const;  ///< because the file was not written fast enough

private:
    struct parts;
    explicit raft_trace(std::unique_ptr<parts>);

    std::unique_ptr<parts> parts_;
    chronik::duration wall_;  ///< what the wall clock is ahead of the event loop's, when this was made
    std::array<char, chronik::trace_line_bytes_max> line_;
};

}  // namespace broker
