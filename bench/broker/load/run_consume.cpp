// SPDX-License-Identifier: Apache-2.0
#include <broker/load/runs.hpp>

#include <broker/load/consumer.hpp>
#include <broker/load/crew.hpp>
#include <broker/load/measures.hpp>

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace load {

nlohmann::json run_consume(settings const& chosen) {
    administrator admin{chosen};
    int const partitions = admin.partitions(chosen.topic);
    if (partitions == 0) throw failure{"there is no topic " + chosen.topic};
    auto const extents = admin.extents(chosen.topic, partitions);
    std::uint64_t expected = 0;
    for (auto const& each : extents) expected += static_cast<std::uint64_t>(each.high - each.low);

    std::vector<std::unique_ptr<consumer>> consumers;
    snapshot const from = look(0, chosen.pids);
    for (std::uint32_t number = 0; number < chosen.consumers; ++number) {
        std::vector<int> own;
        for (int p = static_cast<int>(number); p < partitions; p += static_cast<int>(chosen.consumers))
            own.push_back(p);
        consumers.push_back(std::make_unique<consumer>(chosen, extents, own));
        consumers.back()->read_until(extents);
    }
    crew reading;
    for (auto const& each : consumers) reading.add([one = each.get()] { one->run({}); });
    reading.join();

    std::uint64_t read = 0, bytes = 0, misplaced = 0, foreign = 0;
    for (auto const& each : consumers) {
        read += each->read();
        bytes += each->bytes();
        misplaced += each->misplaced();
        foreign += each->foreign();
    }
    snapshot const to = look(read, chosen.pids);
    std::vector<std::string> wrong;
    if (read != expected) {
        wrong.push_back("of " + std::to_string(expected) + " records " + std::to_string(read) + " were read");
    }
    if (misplaced != 0) wrong.push_back(std::to_string(misplaced) + " records did not have the next offset");
    if (foreign != 0) wrong.push_back(std::to_string(foreign) + " values were read that nobody sent");
    auto const record_bytes = static_cast<std::uint32_t>(read == 0 ? 0 : bytes / read);
    return {{"mode", chosen.mode},
            {"parameters", {{"topic", chosen.topic}, {"partitions", partitions}, {"consumers", chosen.consumers}}},
            {"counts", {{"expected", expected}, {"read", read}, {"bytes", bytes}}},
            {"measured", describe(from, to, record_bytes, !chosen.pids.empty())},
            {"failures", wrong}};
}

}  // namespace load
