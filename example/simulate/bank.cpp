// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/trial.hpp>

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

// Your own state machine in the deterministic world: nodes lose power and unsynced bytes, links are cut, slow and
// lossy, disks hang, fill up and rot; and all nodes must agree. Every run follows from its seed.
// prints: 20 runs, 0 violations
// prints: the same seed takes the same way

using namespace chronik;

/// Accounts 0 to 9 with 100 coins each; a command moves one coin: its first byte says from where, the second to where.
struct bank {
    using result_type = std::int64_t;  // all coins there are
    std::map<int, std::int64_t> coins;

    result_type apply(entry const& command) {
        auto const bytes = command.payload.view();
        coins[static_cast<int>(bytes[0]) % 10] -= 1;
        coins[static_cast<int>(bytes[1]) % 10] += 1;
        std::int64_t sum = 0;
        for (auto const& [account, balance] : coins) sum += 100 + balance;
        return sum - 100 * static_cast<std::int64_t>(coins.size());
    }
};

testing::trial_report run(std::uint64_t seed) {
    auto const some_command = [](chronik::random& chance) {
        std::string bytes(2, '\0');
        for (char& each : bytes) each = static_cast<char>('0' + chance.below(10));
        return shared_bytes::copy_of(bytes);
    };
    testing::trial<bank> one{testing::plan_of(seed), [](node_id, group_id) { return bank{}; }, some_command};
    return one.run();
}

int main() {
    std::size_t violations = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        for (auto const& each : run(seed).violations) {
            std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), each.c_str());
            ++violations;
        }
    }
    std::printf("20 runs, %zu violations\n", violations);
    if (run(7).trace != run(7).trace) return 1;
    std::printf("the same seed takes the same way\n");
    return violations == 0 ? 0 : 1;
}
