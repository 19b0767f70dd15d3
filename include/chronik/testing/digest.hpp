// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace chronik::testing {

/// A running digest (FNV-1a over 64-bit words, with a final mix) of what happened: two runs with the same one took the
/// same way. The same on every compiler and machine.
class digest {
public:
    void add(std::uint64_t number) {
        value_ = (value_ ^ number) * 0x100000001b3ULL;
        value_ ^= value_ >> 29;
    }
    void add(std::span<std::byte const> bytes) {
        add(bytes.size());
        std::uint64_t word = 0;
        unsigned held = 0;
        for (std::byte each : bytes) {
            word |= static_cast<std::uint64_t>(each) << (8 * held);
            if (++held < 8) continue;
            add(word);
            word = held = 0;
        }
        if (held != 0) add(word);
    }
    std::uint64_t value() const {
        std::uint64_t mixed = value_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
        return mixed ^ (mixed >> 31);
    }

private:
    std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

inline std::uint64_t digest_of(std::span<std::byte const> bytes) {
    digest made;
    made.add(bytes);
    return made.value();
}

}  // namespace chronik::testing
