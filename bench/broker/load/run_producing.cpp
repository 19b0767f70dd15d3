// SPDX-License-Identifier: Apache-2.0
#include <broker/load/runs.hpp>

#include <broker/load/consumer.hpp>
#include <broker/load/crew.hpp>
#include <broker/load/measures.hpp>
#include <broker/load/mock_cluster.hpp>
#include <broker/load/producer.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>

namespace load {

namespace {

using nlohmann::json;

struct run {
    settings chosen;
    std::vector<extent> before;
    std::vector<std::unique_ptr<producer>> producers;
    std::vector<std::unique_ptr<consumer>> consumers;

    template <class T>
    std::uint64_t sum(std::vector<std::unique_ptr<T>> const& of, std::uint64_t (T::*what)() const) const {
        std::uint64_t all = 0;
        for (auto const& each : of) all += (each.get()->*what)();
        return all;
    }
    std::uint64_t sent() const { return sum(producers, &producer::sent); }
    std::uint64_t acknowledged() const { return sum(producers, &producer::acknowledged); }
    std::uint64_t refused() const { return sum(producers, &producer::refused); }
    std::uint64_t read() const { return sum(consumers, &consumer::read); }
    bool reads() const { return chosen.mode == "end-to-end"; }
};

schedule schedule_of(run const& of, std::uint32_t number, window measured, nanoseconds starts) {
    auto const& chosen = of.chosen;
    schedule made{.starts = starts, .ends = measured.ends, .measured = measured};
    if (chosen.rate > 0) {
        made.interval_ns = 1e9 * chosen.producers / chosen.rate;
        made.first_ns = made.interval_ns * number / chosen.producers;
    }
    made.depth = std::max(1U, chosen.depth / chosen.producers);
    if (chosen.records != 0) {
        // The first ones take the remainder.
        made.records = chosen.records / chosen.producers + (number < chosen.records % chosen.producers ? 1 : 0);
        made.ends = std::numeric_limits<nanoseconds>::max();
        made.measured = {0, made.ends};
    }
    return made;
}

void watch(run const& of, crew const& working, nanoseconds until, std::uint64_t& before, nanoseconds& shown_at) {
    while (now() < until && working.running()) {
        sleep_until(std::min(until, now() + second / 20));
        if (now() - shown_at < second) continue;
        auto const count = of.acknowledged();
        show_progress(std::to_string(static_cast<std::uint64_t>(static_cast<double>(count - before) * 1e9 /
                                                                static_cast<double>(now() - shown_at))) +
                      " records/s acknowledged, " + std::to_string(of.sent() - count) + " under way");
        before = count;
        shown_at = now();
    }
}

/// Everything that makes the figures worthless.
std::vector<std::string> check(run const& of, std::vector<extent> const& after) {
    std::vector<std::string> wrong;
    auto const say = [&wrong](std::string what) { wrong.push_back(std::move(what)); };
    auto const text = [](std::uint64_t count) { return std::to_string(count); };
    auto const sent = of.sent(), acknowledged = of.acknowledged(), refused = of.refused();
    if (acknowledged == 0) say("no record was acknowledged");
    if (refused != 0) {
        std::string why;
        for (auto const& each : of.producers) why = why.empty() ? each->first_refusal() : why;
        say(text(refused) + " of " + text(sent) + " records were refused, the first one with: " + why);
    }
    if (acknowledged + refused != sent) say(text(sent - acknowledged - refused) + " records have no outcome");
    if (of.chosen.mock_brokers == 0 && of.chosen.acks != "0") {
        std::uint64_t stored = 0;
        for (std::size_t p = 0; p < after.size(); ++p) {
            stored += static_cast<std::uint64_t>(after[p].high - of.before[p].high);
        }
        if (stored < acknowledged) say(text(acknowledged - stored) + " acknowledged records are not in the log");
        if (of.chosen.idempotence && refused == 0 && stored > sent)
            say(text(stored - sent) + " records are there twice");
    }
    if (!of.reads()) return wrong;

    std::map<std::uint32_t, std::uint64_t> by_producer;
    std::uint64_t repeated = 0, foreign = 0, misplaced = 0;
    for (auto const& each : of.consumers) {
        for (auto const& [number, count] : each->by_producer()) by_producer[number] += count;
        repeated += each->repeated();
        foreign += each->foreign();
        misplaced += each->misplaced();
    }
    if (foreign != 0) say(text(foreign) + " values were read that nobody sent");
    if (misplaced != 0) say(text(misplaced) + " records did not have the next offset");
    if (of.chosen.idempotence && repeated != 0) say(text(repeated) + " records came twice or out of order");
    for (std::uint32_t number = 0; number < of.producers.size(); ++number) {
        auto const wanted = of.producers[number]->acknowledged();
        if (by_producer[number] >= wanted) continue;
        say("of " + text(wanted) + " acknowledged records of producer " + text(number) + " only " +
            text(by_producer[number]) + " were read");
    }
    return wrong;
}

json describe_run(run const& of, snapshot const& from, snapshot const& to, std::vector<extent> const& after) {
    histogram acknowledged, read;
    nanoseconds silence = 0;
    for (auto const& each : of.producers) {
        acknowledged.merge(each->latencies());
        silence = std::max(silence, each->longest_silence());
    }
    for (auto const& each : of.consumers) read.merge(each->latencies());
    json told = {{"mode", of.chosen.mode},
                 {"parameters", to_json(of.chosen)},
                 {"counts", {{"sent", of.sent()}, {"acknowledged", of.acknowledged()}, {"refused", of.refused()}}},
                 {"measured", describe(from, to, of.chosen.record_bytes, !of.chosen.pids.empty())},
                 {"latency_us", describe(acknowledged)},
                 {"longest_silence_ms", static_cast<double>(silence) / 1e6},
                 {"failures", check(of, after)}};
    if (of.reads()) {
        told["counts"]["read"] = of.read();
        told["end_to_end_latency_us"] = describe(read);
    }
    return told;
}

}  // namespace

json run_producing(settings chosen) {
    std::unique_ptr<mock_cluster> mocked;
    if (chosen.mock_brokers != 0) mocked = std::make_unique<mock_cluster>(chosen);
    administrator admin{chosen};
    if (chosen.create) {
        admin.create_topic(chosen);  // with so many partitions; another node may not know of it yet
    } else {
        chosen.partitions = admin.partitions(chosen.topic);
        if (chosen.partitions == 0) throw failure{"there is no topic " + chosen.topic};
    }

    run all;
    all.chosen = chosen;
    all.before = admin.extents(chosen.topic, chosen.partitions);
    for (std::uint32_t number = 0; number < chosen.producers; ++number) {
        all.producers.push_back(std::make_unique<producer>(all.chosen, number, chosen.partitions));
    }
    std::vector<extent> starts = all.before;
    for (auto& each : starts) each.low = each.high;
    for (std::uint32_t number = 0; all.reads() && number < chosen.consumers; ++number) {
        std::vector<int> own;
        for (int p = static_cast<int>(number); p < chosen.partitions; p += static_cast<int>(chosen.consumers))
            own.push_back(p);
        all.consumers.push_back(std::make_unique<consumer>(all.chosen, starts, own));
    }

    auto const starts_at = now() + second / 5;  // threads are running by then
    double const warm_up = chosen.records != 0 ? 0 : chosen.warm_up_s;
    window measured{starts_at + static_cast<nanoseconds>(warm_up * 1e9), 0};
    measured.ends = measured.begins + static_cast<nanoseconds>(chosen.seconds * 1e9);

    crew reading, producing;
    for (auto const& each : all.consumers) {
        window const seen = chosen.records != 0 ? window{0, std::numeric_limits<nanoseconds>::max()} : measured;
        reading.add([one = each.get(), seen] { one->run(seen); });
    }
    for (std::uint32_t number = 0; number < chosen.producers; ++number) {
        producing.add([one = all.producers[number].get(), when = schedule_of(all, number, measured, starts_at)] {
            one->run(when);
        });
    }
    std::uint64_t shown = 0;
    nanoseconds shown_at = now();
    snapshot from, to;
    std::vector<extent> after;
    try {
        watch(all, producing, measured.begins, shown, shown_at);
        from = look(all.acknowledged(), chosen.pids);
        watch(all, producing, chosen.records != 0 ? std::numeric_limits<nanoseconds>::max() : measured.ends, shown,
              shown_at);
        to = look(all.acknowledged(), chosen.pids);
        producing.join();
        // By a client of its own: the one from before may go on waiting for a leader that has died.
        after = chosen.mock_brokers == 0 ? administrator{chosen}.extents(chosen.topic, chosen.partitions) : all.before;
        for (auto const& each : all.consumers) each->read_until(after);
        reading.join();
    } catch (failure const&) {
        for (auto const& each : all.producers) each->stop();
        for (auto const& each : all.consumers) each->stop();
        end_progress();
        throw;
    }
    end_progress();
    return describe_run(all, from, to, after);
}

}  // namespace load
