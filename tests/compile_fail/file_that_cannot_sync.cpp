// SPDX-License-Identifier: Apache-2.0
// expect-error: what was written must be made durable
// expect-lines-max: 25
#include <chronik/wal/concepts.hpp>

using namespace chronik;

struct memory_only {
    result<void> write_at(std::uint64_t, std::span<std::byte const>);
    result<void> allocate(std::uint64_t);
#ifdef CHRONIK_FIXED
    result<void> sync();
#endif
    result<std::size_t> read_at(std::uint64_t, std::span<std::byte>) const;
    result<std::uint64_t> size() const;
    result<shared_bytes> map() const;
};
static_assert(wal::file<memory_only>, "what was written must be made durable");
