// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <partitions/cold_reads.hpp>

#include <unit/wal/settled_log_fixture.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace broker::tests {

using chronik::group_id;
using chronik::log_offset;
using chronik::shared_bytes;
using chronik::wal::settled_range;
using partitions::cold_reads;
using bytes_view = std::span<std::byte const>;

/// Lanes that do their work when the test says so, and a memory that has nothing.
struct cold_reads_world {
    struct job {
        std::size_t lane;
        chronik::task work;
        chronik::task finished;
    };

    chronik::wal::tests::settled_log log{group_id{7}};
    std::deque<job> jobs;
    bool holds = false;
    std::error_code device;
    bytes_view damaged{};  ///< where the device says that; empty: everywhere
    std::size_t bytes_brought = 0;
    std::size_t bytes_cooled = 0;
    std::vector<std::string> lines;
    log_writer writer{{.sink = [this](std::string_view line) { lines.emplace_back(line); }}};
    std::optional<cold_reads> reads;

    explicit cold_reads_world(cold_reads::limits limits = {.lanes = 2}) {
        reads.emplace(limits,
                      cold_reads::parts{.memory = memory(),
                                        .run =
                                            [this](auto lane, auto work, auto finished) {
                                                jobs.push_back({lane, std::move(work), std::move(finished)});
                                            }},
                      logger{writer, "partitions"});
    }

    partitions::file_memory memory() {
        return {.holds = [this](bytes_view) { return holds; },
                .bring =
                    [this](bytes_view bytes) {
                        bytes_brought += bytes.size();
                        bool const hit = damaged.empty() || (bytes.data() < damaged.data() + damaged.size() &&
                                                             damaged.data() < bytes.data() + bytes.size());
                        return device && hit ? chronik::result<void>{std::unexpected(device)} : chronik::result<void>{};
                    },
                .cool = [this](bytes_view bytes) { bytes_cooled += bytes.size(); }};
    }
    settled_range part(std::size_t bytes, group_id of = {7}) {
        auto& from = of == log.group ? log : other_log(of);
        return chronik::wal::settled_range_of(from.log().settled_from({}), {}, bytes);
    }
    shared_bytes data(std::size_t first, std::size_t count) {
        return log.log().settled().front()->data().slice(first, count);
    }
    /// The oldest job.
    void run_one() {
        ASSERT_FALSE(jobs.empty());
        job next = std::move(jobs.front());
        jobs.pop_front();
        next.work();
        next.work = nullptr;
        next.finished();
    }
    void bring(cold_reads::told done, cold_reads::reason why = cold_reads::reason::fetch) {
        reads->bring(part(4000), why, std::move(done));
    }
    cold_reads::told note(std::string name) {
        return [this, name = std::move(name)](auto const& made) { told += made.error ? name + "!" : name; };
    }

    std::string told;

private:
    chronik::wal::tests::settled_log& other_log(group_id of) {
        return others.try_emplace(of.value, of).first->second;
    }
    std::map<std::uint64_t, chronik::wal::tests::settled_log> others;
};

}  // namespace broker::tests
