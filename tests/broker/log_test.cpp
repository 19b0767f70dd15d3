// SPDX-License-Identifier: Apache-2.0
#include <log/log.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

namespace broker {
namespace {

using namespace std::chrono_literals;

/// A log into memory at 2026-11-20T08:15:30.000123Z, on a clock that the test moves.
struct memory_log {
    std::vector<std::string> lines;
    chronik::time_point now{};

    log_options options(log_format format = log_format::logfmt) {
        log_options chosen;
        chosen.format = format;
        chosen.node = chronik::node_id{7};
        chosen.repeats = {.repeats_max = 3, .window = 10s, .calls_max = 2};
        chosen.sink = [this](std::string_view line) { lines.emplace_back(line); };
        chosen.wall = [] { return std::chrono::system_clock::time_point{1795162530s + 123us}; };
        chosen.monotonic = [this] { return now; };
        return chosen;
    }
};

TEST(log, a_line_has_time_level_component_node_and_the_fields_that_are_there) {
    memory_log memory;
    log_writer writer(memory.options());
    logger const log{writer, "raft"};

    log.info({.group = chronik::group_id{12}, .term = chronik::log_term{3}}, "became leader of {} partitions", 2);

    ASSERT_EQ(memory.lines.size(), 1u);
    EXPECT_EQ(memory.lines[0],
              "ts=2026-11-20T08:15:30.000123Z level=info component=raft node=7 group=12 term=3 "
              "msg=\"became leader of 2 partitions\"");
}

TEST(log, json_lines_have_the_same_fields) {
    memory_log memory;
    log_writer writer(memory.options(log_format::json));
    logger const log{writer, "produce"};

    log.with({.topic = "t\"1", .partition = 0}).warn({.request_id = 9}, "bad batch\n\xff");

    ASSERT_EQ(memory.lines.size(), 1u);
    EXPECT_EQ(memory.lines[0],
              "{\"ts\":\"2026-11-20T08:15:30.000123Z\",\"level\":\"warn\",\"component\":\"produce\","
              "\"node\":7,\"topic\":\"t\\\"1\",\"partition\":0,\"request_id\":9,"
              "\"msg\":\"bad batch\\n\xEF\xBF\xBD\"}");
}

TEST(log, text_from_outside_stays_on_one_line) {
    memory_log memory;
    log_writer writer(memory.options());
    logger const log{writer, "produce"};

    log.info({.topic = "a=b level=error"}, "client \"x\"\r\nlevel=error\\");

    EXPECT_EQ(memory.lines[0].substr(memory.lines[0].find("topic=")),
              "topic=\"a=b level=error\" msg=\"client \\\"x\\\"\\u000d\\nlevel=error\\\\\"");
}

TEST(log, the_level_can_be_changed_while_it_runs) {
    memory_log memory;
    log_writer writer(memory.options());
    logger const log{writer, "raft"};

    log.debug("unseen");
    writer.set_level(log_level::debug);
    log.debug("seen");
    writer.set_level(log_level::error);
    log.warn("unseen");

    ASSERT_EQ(memory.lines.size(), 1u);
    EXPECT_TRUE(memory.lines[0].ends_with("msg=seen"));
}

TEST(log, repeats_of_a_call_are_limited_counted_and_reported) {
    memory_log memory;
    log_writer writer(memory.options());
    logger const log{writer, "net"};
    auto const refused = [&](int port) { log.warn("connection from port {} refused", port); };

    for (int port = 0; port < 100; ++port) refused(port);
    log.warn("something else");
    memory.now += 10s;
    refused(100);

    ASSERT_EQ(memory.lines.size(), 5u);
    EXPECT_TRUE(memory.lines[2].ends_with("msg=\"connection from port 2 refused\""));
    EXPECT_TRUE(memory.lines[3].ends_with("msg=\"something else\""));
    EXPECT_TRUE(memory.lines[4].ends_with("msg=\"connection from port 100 refused\" suppressed=97"));
    EXPECT_EQ(writer.lines_suppressed(), 97u);
}

TEST(log, debug_lines_are_never_left_out) {
    memory_log memory;
    log_writer writer(memory.options());
    writer.set_level(log_level::debug);
    logger const log{writer, "net"};

    for (int i = 0; i < 100; ++i) log.debug("step {}", i);

    EXPECT_EQ(memory.lines.size(), 100u);
}

TEST(log, what_was_left_out_is_told_at_the_end) {
    memory_log memory;
    {
        log_writer writer(memory.options());
        logger const log{writer, "net"};
        for (int i = 0; i < 5; ++i) log.info("again");
    }

    ASSERT_EQ(memory.lines.size(), 4u);
    EXPECT_TRUE(memory.lines[3].ends_with("msg=\"lines were left out as repeats\" suppressed=2"));
}

TEST(repeat_limit, more_calls_than_it_watches_are_let_through) {
    repeat_limit limit({.repeats_max = 1, .window = 10s, .calls_max = 2});
    chronik::time_point now{};

    EXPECT_TRUE(limit.admit(1, now).write);
    EXPECT_TRUE(limit.admit(2, now).write);
    EXPECT_FALSE(limit.admit(2, now).write);
    EXPECT_TRUE(limit.admit(3, now).write);
    EXPECT_TRUE(limit.admit(3, now).write);

    now += 10s;
    EXPECT_TRUE(limit.admit(3, now).write) << "takes the place of call 1, which is quiet";
    EXPECT_FALSE(limit.admit(3, now).write);
}

TEST(log, standard_error_gets_every_line_before_the_writer_is_gone) {
    testing::internal::CaptureStderr();
    {
        log_options options;
        options.repeats.repeats_max = 1'000'000;
        log_writer writer(options);
        logger const log{writer, "test"};
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 3; ++thread) {
            threads.emplace_back([&log, thread] {
                for (int i = 0; i < 500; ++i) log.info("thread {} line {}", thread, i);
            });
        }
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(writer.lines_dropped(), 0u);
    }

    std::string const text = testing::internal::GetCapturedStderr();

    EXPECT_EQ(std::ranges::count(text, '\n'), 1500);
}

}  // namespace
}  // namespace broker
