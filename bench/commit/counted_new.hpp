// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

// Counts what a program takes from the heap. Include it in one file of a program: it replaces operator new.

namespace chronik::bench {

struct heap_use {
    std::uint64_t calls = 0;
    std::uint64_t live_bytes = 0;
};

inline heap_use& heap() {
    static heap_use use;
    return use;
}
inline std::uint64_t allocations() { return heap().calls; }

namespace detail {

/// Before each block: how long it is. Aligned as malloc's blocks are.
inline constexpr std::size_t heap_header = 16;

inline void* take(std::size_t bytes) {
    auto* const block = static_cast<std::byte*>(std::malloc(bytes + heap_header));
    if (block == nullptr) std::abort();
    *reinterpret_cast<std::size_t*>(block) = bytes;
    ++heap().calls;
    heap().live_bytes += bytes;
    return block + heap_header;
}
inline void give(void* memory) {
    if (memory == nullptr) return;
    auto* const block = static_cast<std::byte*>(memory) - heap_header;
    heap().live_bytes -= *reinterpret_cast<std::size_t*>(block);
    std::free(block);
}

}  // namespace detail
}  // namespace chronik::bench

void* operator new(std::size_t bytes) { return chronik::bench::detail::take(bytes); }
void* operator new[](std::size_t bytes) { return chronik::bench::detail::take(bytes); }
void operator delete(void* memory) noexcept { chronik::bench::detail::give(memory); }
void operator delete[](void* memory) noexcept { chronik::bench::detail::give(memory); }
void operator delete(void* memory, std::size_t) noexcept { chronik::bench::detail::give(memory); }
void operator delete[](void* memory, std::size_t) noexcept { chronik::bench::detail::give(memory); }
