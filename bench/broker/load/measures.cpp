// SPDX-License-Identifier: Apache-2.0
#include <broker/load/measures.hpp>

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cstdio>

namespace load {

namespace {

bool terminal() {
    static bool const is_one = ::isatty(STDERR_FILENO) == 1;
    return is_one;
}

nlohmann::json describe_broker(process_use const& used, double records) {
    double const millions = records / 1e6;
    double const switches = static_cast<double>(used.voluntary_switches + used.involuntary_switches);
    nlohmann::json told = {{"cpu_s", used.cpu_s},
                           {"voluntary_switches", used.voluntary_switches},
                           {"involuntary_switches", used.involuntary_switches},
                           {"written_bytes", used.written_bytes},
                           {"resident_bytes", used.resident_bytes},
                           {"anonymous_bytes", used.anonymous_bytes},
                           {"peak_bytes", used.peak_bytes}};
    if (records > 0) {
        told["cpu_s_per_million_records"] = used.cpu_s / millions;
        told["switches_per_thousand_records"] = switches / (records / 1e3);
    }
    return told;
}

}  // namespace

snapshot look(std::uint64_t records, std::vector<int> const& pids) {
    return {now(), records, use_of(pids), machine_busy_s(), own_cpu_s()};
}

nlohmann::json describe(snapshot const& from, snapshot const& to, std::uint32_t record_bytes, bool with_broker) {
    double const seconds = static_cast<double>(to.at - from.at) / 1e9;
    auto const records = static_cast<double>(to.records - from.records);
    process_use const used = to.broker.since(from.broker);
    double const own = to.own_cpu_s - from.own_cpu_s;
    double const busy = to.machine_busy_s - from.machine_busy_s;
    nlohmann::json told = {{"seconds", seconds},
                           {"records", to.records - from.records},
                           {"records_per_s", seconds > 0 ? records / seconds : 0},
                           {"megabytes_per_s", seconds > 0 ? records * record_bytes / seconds / 1e6 : 0},
                           {"client_cpu_s", own},
                           {"machine_busy_cores", seconds > 0 ? busy / seconds : 0}};
    if (with_broker) {
        told["broker"] = describe_broker(used, records);
        told["others_busy_cores"] = seconds > 0 ? std::max(0.0, busy - own - used.cpu_s) / seconds : 0;
    }
    return told;
}

nlohmann::json describe(histogram const& of) {
    auto const us = [](histogram::value ns) { return static_cast<double>(ns) / 1e3; };
    return {{"count", of.count()},  {"mean", of.mean() / 1e3},  {"p50", us(of.at(50))},       {"p90", us(of.at(90))},
            {"p99", us(of.at(99))}, {"p99.9", us(of.at(99.9))}, {"p99.99", us(of.at(99.99))}, {"max", us(of.max())}};
}

void show_progress(std::string const& text) {
    if (terminal()) std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
}

void end_progress() {
    if (terminal()) std::fputs("\r\x1b[K", stderr);
}

}  // namespace load
