// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/machine/snapshot.hpp>

#include <cstdint>
#include <string>

namespace chronik::archetypes {

/// The smallest machine with snapshots: the number of its commands.
struct snapshottable {
    using result_type = std::uint64_t;
    std::uint64_t commands = 0;

    result_type apply(entry const&) { return ++commands; }

    machine::one_chunk snapshot() const {
        return machine::one_chunk{shared_bytes::copy_of(std::to_string(commands))};
    }
    result<void> restore(shared_bytes const& bytes) {
        std::uint64_t read = 0;
        if (bytes.empty() || bytes.size() > 19) return failure(errc::malformed);
        for (char const digit : bytes.text()) {
            if (digit < '0' || digit > '9') return failure(errc::malformed);
            read = read * 10 + static_cast<std::uint64_t>(digit - '0');
        }
        commands = read;
        return {};
    }
};

}  // namespace chronik::archetypes
