// SPDX-License-Identifier: Apache-2.0
#include <broker/load/client.hpp>
#include <broker/load/runs.hpp>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>

namespace {

nlohmann::json run(load::settings const& chosen) {
    if (chosen.mode == "consume") return load::run_consume(chosen);
    if (chosen.mode == "first-ack") return load::run_first_ack(chosen);
    if (chosen.mode == "disk") return load::run_disk(chosen);
    if (chosen.mode == "loopback") return load::run_loopback(chosen);
    return load::run_producing(chosen);
}

}  // namespace

/// 0: measured, and nothing was lost. 1: something was lost, or nothing could be measured. 2: the command line is
/// wrong.
int main(int count, char** words) {
    load::settings const chosen = load::read_settings(count, words);
    nlohmann::json told;
    try {
        told = run(chosen);
    } catch (std::exception const& error) { told = {{"mode", chosen.mode}, {"failures", {error.what()}}}; }
    told["librdkafka"] = rd_kafka_version_str();
    std::string const text = told.dump(2) + "\n";
    if (chosen.json.empty()) {
        std::fputs(text.c_str(), stdout);
    } else if (!(std::ofstream{chosen.json} << text << std::flush)) {
        std::fprintf(stderr, "broker-load: %s cannot be written\n", chosen.json.c_str());
        return 1;
    }
    for (auto const& each : told["failures"])
        std::fprintf(stderr, "broker-load: %s\n", each.get<std::string>().c_str());
    return told["failures"].empty() ? 0 : 1;
}
