// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <log/log_line.hpp>
#include <log/repeat_limit.hpp>

#include <chronik/base/time.hpp>

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

namespace broker {

struct log_options {
    log_level level = log_level::info;
    log_format format = log_format::logfmt;
    chronik::node_id node{};
    repeat_limit::options repeats = {};
    std::size_t queued_lines_max = 4096;  ///< beyond it the oldest waiting line is dropped and counted

    /// Where lines go instead of standard error, at once and without a thread: for tests.
    std::function<void(std::string_view line)> sink = nullptr;
    std::function<std::chrono::system_clock::time_point()> wall = &std::chrono::system_clock::now;
    std::function<chronik::time_point()> monotonic = [] {
        return chronik::time_point(std::chrono::steady_clock::now().time_since_epoch());
    };
};

/// The process's log: lines to standard error, written by a thread of its own so that a slow reader of the log never
/// stops the event loop. An object that main() makes and passes on; there is no global one.
///
/// threads   every member may be called from any thread
class log_writer {
public:
    explicit log_writer(log_options);
    ~log_writer();  ///< writes what is waiting
    log_writer(log_writer const&) = delete;
    log_writer& operator=(log_writer const&) = delete;

    log_level level() const { return level_.load(std::memory_order_relaxed); }
    void set_level(log_level level) { level_.store(level, std::memory_order_relaxed); }
    bool writes(log_level level) const { return level >= this->level(); }

    /// call   names the place in the source: lines of one call are repeats of each other, whatever their numbers
    void write(log_level, std::string_view component, std::string_view call, log_fields const&,
               std::string_view message);

    std::uint64_t lines_suppressed() const;  ///< by the limit on repeats
    std::uint64_t lines_dropped() const;     ///< because standard error was not read fast enough

private:
    struct parts;

    std::atomic<log_level> level_;
    std::unique_ptr<parts> parts_;
};

/// A component's way to the log; small, copied freely.
///
///     logger const log{writer, "raft"};
///     log.info({.group = id, .term = term}, "became leader of {} partitions", count);
class logger {
public:
    /// component   a literal: it is not copied
    logger(log_writer& writer, std::string_view component, log_fields const& context = {})
        : writer_(&writer), component_(component), context_(context) {}

    /// The same with more context; a topic's name must outlive the result.
    logger with(log_fields const& context) const { return {*writer_, component_, merged(context_, context)}; }
    bool writes(log_level level) const { return writer_->writes(level); }

    template <class... Args>
    void line(log_level level, log_fields const& fields, fmt::format_string<Args...> text, Args&&... args) const {
        if (!writer_->writes(level)) return;
        fmt::string_view const call = text;
        writer_->write(level, component_, {call.data(), call.size()}, merged(context_, fields),
                       fmt::format(text, std::forward<Args>(args)...));
    }

    template <class... Args>
    void debug(fmt::format_string<Args...> text, Args&&... args) const {
        line(log_level::debug, {}, text, std::forward<Args>(args)...);
    }
    template <class... Args>
    void debug(log_fields const& fields, fmt::format_string<Args...> text, Args&&... args) const {
        line(log_level::debug, fields, text, std::forward<Args>(args)...);
    }
    template <class... Args>
    void info(fmt::format_string<Args...> text, Args&&... args) const {
        line(log_level::info, {}, text, std::forward<Args>(args)...);
    }
    template <class... Args>
    void info(log_fields const& fields, fmt::format_string<Args...> text, Args&&... args) const {
        line(log_level::info, fields, text, std::forward<Args>(args)...);
    }
    template <class... Args>
    void warn(fmt::format_string<Args...> text, Args&&... args) const {
        line(log_level::warn, {}, text, std::forward<Args>(args)...);
    }
    template <class... Args>
    void warn(log_fields const& fields, fmt::format_string<Args...> text, Args&&... args) const {
        line(log_level::warn, fields, text, std::forward<Args>(args)...);
    }
    template <class... Args>
    void error(fmt::format_string<Args...> text, Args&&... args) const {
        line(log_level::error, {}, text, std::forward<Args>(args)...);
    }
    template <class... Args>
    void error(log_fields const& fields, fmt::format_string<Args...> text, Args&&... args) const {
        line(log_level::error, fields, text, std::forward<Args>(args)...);
    }

private:
    log_writer* writer_;
    std::string_view component_;
    log_fields context_;
};

}  // namespace broker
