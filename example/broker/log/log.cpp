// SPDX-License-Identifier: Apache-2.0
#include <log/log.hpp>

#include <fmt/format.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <functional>
#include <mutex>
#include <string>

namespace broker {
namespace {

/// Hands each line to a function.
class function_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    explicit function_sink(std::function<void(std::string_view)> target) : target_(std::move(target)) {}

protected:
    void sink_it_(spdlog::details::log_msg const& line) override {
        target_({line.payload.data(), line.payload.size()});
    }
    void flush_() override {}

private:
    std::function<void(std::string_view)> target_;
};

std::size_t call_key(std::string_view component, std::string_view call) {
    std::hash<std::string_view> const hash;
    return hash(component) * 31 + hash(call);
}

}  // namespace

struct log_writer::parts {
    explicit parts(log_options chosen) : options(std::move(chosen)), repeats(options.repeats) {
        spdlog::sink_ptr sink;
        if (options.sink) {
            sink = std::make_shared<function_sink>(options.sink);
            target = std::make_shared<spdlog::logger>("chronik", sink);
        } else {
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
            queue = std::make_shared<spdlog::details::thread_pool>(options.queued_lines_max, 1);
            target = std::make_shared<spdlog::async_logger>("chronik", sink, queue,
                                                            spdlog::async_overflow_policy::overrun_oldest);
        }
        // The line is complete when it gets here; spdlog brings the queue, the thread and the sink.
        target->set_pattern("%v");
        target->set_level(spdlog::level::trace);
    }

    void put(log_line const& line) {
        std::string const text = options.format == log_format::json ? as_json(line) : as_logfmt(line);
        target->log(spdlog::level::info, spdlog::string_view_t(text));
    }

    log_options options;
    mutable std::mutex mutex;
    repeat_limit repeats;
    // In this order, so that the logger goes first, and then the queue writes what is waiting and ends.
    std::shared_ptr<spdlog::details::thread_pool> queue;
    std::shared_ptr<spdlog::logger> target;
};

log_writer::log_writer(log_options options)
    : level_(options.level), parts_(std::make_unique<parts>(std::move(options))) {}

log_writer::~log_writer() {
    std::uint64_t const unreported = parts_->repeats.unreported();
    if (unreported == 0) return;
    parts_->put({parts_->options.wall(),
                 log_level::warn,
                 "log",
                 parts_->options.node,
                 {},
                 "lines were left out as repeats",
                 unreported});
}

void log_writer::write(log_level level, std::string_view component, std::string_view call, log_fields const& fields,
                       std::string_view message) {
    if (!writes(level)) return;
    repeat_limit::verdict verdict;
    // Whoever asks for debug wants all of it.
    if (level >= log_level::info) {
        std::scoped_lock const lock(parts_->mutex);
        verdict = parts_->repeats.admit(call_key(component, call), parts_->options.monotonic());
    }
    if (!verdict.write) return;
    parts_->put({parts_->options.wall(), level, component, parts_->options.node, fields, message, verdict.suppressed});
}

std::uint64_t log_writer::lines_suppressed() const {
    std::scoped_lock const lock(parts_->mutex);
    return parts_->repeats.suppressed();
}

std::uint64_t log_writer::lines_dropped() const { return parts_->queue ? parts_->queue->overrun_counter() : 0; }

}  // namespace broker
