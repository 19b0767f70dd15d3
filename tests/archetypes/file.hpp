// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/wal/concepts.hpp>

namespace chronik::archetypes {

/// The smallest wal::file: move-only, nothing but what the concept asks for.
class file {
public:
    file(file&&) = default;
    file& operator=(file&&) = default;

    result<void> write_at(std::uint64_t, std::span<std::byte const>) { return {}; }
    result<void> allocate(std::uint64_t) { return {}; }
    result<void> sync() { return {}; }
    result<std::size_t> read_at(std::uint64_t, std::span<std::byte>) const { return 0; }
    result<std::uint64_t> size() const { return 0; }
    result<shared_bytes> map() const { return shared_bytes{}; }

private:
    friend class directory;
    file() = default;
};

}  // namespace chronik::archetypes
