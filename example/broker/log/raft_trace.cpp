// SPDX-License-Identifier: Apache-2.0
#include <log/raft_trace.hpp>

#include <chronik/base/assert.hpp>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace broker {

struct raft_trace::parts {
    // In this order, so that the logger goes first, and then the queue writes what is waiting and ends.
    std::shared_ptr<spdlog::details::thread_pool> queue;
    std::shared_ptr<spdlog::logger> target;
};

startup<std::unique_ptr<raft_trace>> raft_trace::open(std::string const& path, log_writer& complaints) {
    spdlog::sink_ptr file;
    try {
        file = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, file_bytes_max, full_files_max);
    } catch (spdlog::spdlog_ex const& failed) {
        return refuse("cannot open the file of raft_trace: " + std::string(failed.what()) +
                      "; set raft_trace to a file that can be written, or leave it out");
    }
    auto made = std::make_unique<parts>();
    made->queue = std::make_shared<spdlog::details::thread_pool>(queued_lines_max, 1);
    made->target = std::make_shared<spdlog::async_logger>("raft_trace", std::move(file), made->queue,
                                                          spdlog::async_overflow_policy::overrun_oldest);
    made->target->set_pattern("%v");
    // Whoever follows the file sees each line, and a killed process leaves all but the last few.
    made->target->flush_on(spdlog::level::info);
    made->target->set_error_handler([log = logger{complaints, "raft_trace"}](std::string const& why) {
        log.error("a line of raft_trace could not be written: {}", why);
    });
    return std::unique_ptr<raft_trace>(new raft_trace(std::move(made)));
}

raft_trace::raft_trace(std::unique_ptr<parts> made)
    : parts_(std::move(made)),
      wall_(std::chrono::duration_cast<chronik::duration>(std::chrono::system_clock::now().time_since_epoch()) -
            std::chrono::duration_cast<chronik::duration>(std::chrono::steady_clock::now().time_since_epoch())) {}

raft_trace::~raft_trace() = default;

void raft_trace::write(chronik::trace_event happened) {
    // A clock that is set to before 1970 is no reason to stop.
    happened.at = std::max(happened.at + wall_, chronik::time_point{});
    auto const line = chronik::write_trace_line(happened, line_);
    CHRONIK_ASSERT(line.has_value());
    parts_->target->log(spdlog::level::info, spdlog::string_view_t(line->data(), line->size()));
}

std::uint64_t raft_trace::lines_dropped() const { return parts_->queue->overrun_counter(); }

}  // namespace broker
