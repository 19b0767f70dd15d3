// SPDX-License-Identifier: Apache-2.0
#include <cleaning/cleaner.hpp>

#include <chronik/wal/shortage.hpp>

#include <algorithm>
#include <chrono>

namespace broker::cleaning {

namespace {

using namespace std::chrono_literals;

/// Read at once; between two such steps the throttle has its say.
constexpr std::uint64_t step_bytes = std::uint64_t{1} << 20;
constexpr chronik::duration look_interval = 1s;
constexpr chronik::duration failure_pause = 60s;
/// What cannot be cleaned today cannot be tomorrow, until somebody looks at the files.
constexpr chronik::duration damage_pause = std::chrono::hours{24};

}  // namespace

candidate candidate_of(std::vector<run_ptr> cleanable, partitions::cleanup const& limits, std::int64_t now_ms) {
    candidate found;
    for (auto& each : cleanable) {
        if (each->newest_ms() != chronik::wal::no_timestamp && each->newest_ms() > now_ms - limits.lag_ms_min) break;
        found.dirty += each->dirty_bytes();
        found.clean += each->data_bytes() - each->dirty_bytes();
        bool const old = each->oldest_ms() >= 0 && now_ms - each->oldest_ms() > limits.lag_ms_max;
        found.overdue = found.overdue || (each->dirty_bytes() > 0 && old);
        found.runs.push_back(std::move(each));
    }
    return found;
}

void cleaner::sweep(chronik::time_point now, std::int64_t now_ms) {
    now_ = now;
    if (current_ == nullptr && now >= next_look_) {
        next_look_ = now + look_interval;
        current_ = choose(now_ms);
        if (current_ != nullptr && !current_->next_stage(with_.storage)) end();
    }
    if (current_ != nullptr && !stepping_ && now >= next_step_) start_step(now);
}

std::shared_ptr<partition_cleaning> cleaner::choose(std::int64_t now_ms) {
    std::erase_if(not_before_, [this](auto const& each) { return each.second <= now_; });
    partitions::replica const* filthiest = nullptr;
    candidate most;
    for (auto const& [group, one] : with_.partitions.replicas()) {
        if (!one->cleanup.compacts || not_before_.contains(group)) continue;
        auto found = candidate_of(with_.storage.cleanable(group), one->cleanup, now_ms);
        if (!found.is_due(one->cleanup) || found.ratio() <= most.ratio()) continue;
        // Only who has applied all of it knows the producers' last batches.
        if (one->applied() < found.runs.back()->last_index()) continue;
        filthiest = one.get();
        most = std::move(found);
    }
    if (filthiest == nullptr) return nullptr;
    cleaning_order order{.group = filthiest->group(),
                         .runs = std::move(most.runs),
                         .limits = filthiest->cleanup,
                         .now_ms = now_ms,
                         .memory_max = limits_.memory_max,
                         .payload_bytes_max = with_.storage.payload_bytes_max(),
                         .newest_of_producer = {}};
    filthiest->state().producers().for_each([&](std::int64_t producer, partitions::batch_place const& newest) {
        order.newest_of_producer.emplace(producer, newest.index);
    });
    return std::make_shared<partition_cleaning>(std::move(order));
}

void cleaner::start_step(chronik::time_point now) {
    stepping_ = true;
    if (limits_.bytes_per_second_max != 0) {
        auto const pause = std::chrono::duration_cast<chronik::duration>(
            std::chrono::duration<double>(static_cast<double>(step_bytes) /
                                          static_cast<double>(limits_.bytes_per_second_max)));
        // What was not used is lost: a pause is no reason for a burst.
        next_step_ = std::max(now - pause, next_step_) + pause;
    }
    auto done = std::make_shared<chronik::result<bool>>(false);
    with_.run([of = current_, done] { *done = of->step(step_bytes); },
              [this, of = current_, done, alive = alive_] {
                  if (*alive) finish_step(*of, *done);
              });
}

void cleaner::finish_step(partition_cleaning& of, chronik::result<bool> const& done) {
    stepping_ = false;
    if (!done) return fail(of, done.error());
    // What is looked for by time is found by the rows from now on: what memory knows of it may be cleaned away.
    if (auto* const replica = *done ? with_.partitions.find(of.group()) : nullptr) replica->forget_settled();
    if (*done && !of.next_stage(with_.storage)) return end();
    if (limits_.bytes_per_second_max == 0) start_step(now_);
}

void cleaner::fail(partition_cleaning& of, std::error_code error) {
    ++counted_.failures;
    auto const group = of.group();
    auto const gone = std::exchange(current_, nullptr);
    bool const harmless = chronik::wal::shortage_of(error).has_value();
    bool const refused = error == chronik::errc::corrupt_record || error == chronik::errc::too_large;
    not_before_[group] = now_ + (harmless ? failure_pause : damage_pause);
    if (harmless || refused) {
        log_.error({.group = group}, "cannot clean: {}{}", error.message(),
                   error == chronik::errc::too_large ? "; a batch has more keys than cleaner_memory_max holds" : "");
        with_.run([gone] { gone->abandon(); }, [] {});
        return;
    }
    with_.failed(error);
}

void cleaner::end() {
    auto const of = std::exchange(current_, nullptr);
    ++counted_.partitions;
    counted_.bytes_read += of->bytes_read();
    counted_.bytes_freed += of->bytes_before() - std::min(of->bytes_before(), of->bytes_after());
    log_.info({.group = of->group()}, "cleaned: {} bytes are {} now{}", of->bytes_before(), of->bytes_after(),
              of->unreadable() == 0 ? "" : "; batches that nobody can decompress stay");
}

}  // namespace broker::cleaning
