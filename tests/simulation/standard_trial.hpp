// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/machine/snapshot.hpp>
#include <chronik/testing/digest.hpp>
#include <chronik/testing/trial.hpp>

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

namespace chronik::simulation {

/// A machine that notices a command left out or out of place: what it knows depends on everything before.
struct chained {
    using result_type = std::uint64_t;
    std::uint64_t all = 0;

    result_type apply(entry const& command) {
        testing::digest next;
        next.add(all);
        next.add(command.payload.view());
        return all = next.value();
    }
    /// With some bulk, so that it travels in several pieces.
    machine::one_chunk snapshot() const {
        return machine::one_chunk{shared_bytes::copy_of(std::to_string(all) + std::string(1500, '.'))};
    }
    result<void> restore(shared_bytes const& bytes) {
        auto const text = bytes.text();
        std::uint64_t read = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
        if (error != std::errc{} || static_cast<std::size_t>(text.data() + text.size() - end) != 1500)
            return failure(errc::malformed);
        all = read;
        return {};
    }
    bool operator==(chained const&) const = default;
};

using standard_trial = testing::trial<chained>;

inline shared_bytes some_command(chronik::random& chance) {
    std::size_t const size = chance.chance(5) ? 2000 : chance.below(250);
    return shared_bytes::copy_of(std::to_string(chance()) + std::string(size, 'x'));
}

/// only   what a violation must have in it to be one; empty: all of them count
inline testing::trial_report run_trial(testing::trial_plan plan, testing::trace::listener told = {},
                                       std::string const& only = {}) {
    standard_trial one{std::move(plan), [](node_id, group_id) { return chained{}; }, some_command};
    one.world().observed().seen.found().hear_only(only);
    if (told) one.listen(std::move(told));
    return one.run();
}

}  // namespace chronik::simulation
