// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The only input and output vocabulary of the library's storage: a simulated disk is a policy, not a mock.
/// See docs/concepts/file.md and docs/concepts/directory.md; the laws are in tests/laws/file_laws.hpp.
namespace chronik::wal {

enum class access : std::uint8_t { read, read_write };

/// Bytes with positions. Nothing is durable before sync() has returned without an error.
template <class F>
concept file = std::movable<F> && requires(F& target, F const& source, std::uint64_t position,
                                           std::span<std::byte const> bytes, std::span<std::byte> into) {
    { target.write_at(position, bytes) } -> std::same_as<result<void>>;
    { target.allocate(position) } -> std::same_as<result<void>>;
    { target.sync() } -> std::same_as<result<void>>;
    { source.read_at(position, into) } -> std::same_as<result<std::size_t>>;
    { source.size() } -> std::same_as<result<std::uint64_t>>;
    { source.map() } -> std::same_as<result<shared_bytes>>;
};

/// Memory that is a file's content, to store into, and what keeps it mapped.
struct file_memory {
    std::shared_ptr<void const> owner;
    std::span<std::byte> bytes;
};

/// What memory of a file is brought in for: storing into it changes what the next sync has to write.
enum class touch : std::uint8_t { read, store };

/// A file that can also be changed in memory: what is stored there is as if it had been written.
template <class F>
concept storable_file = file<F> && requires(F& target, file_memory const& memory, touch how) {
    { target.map_to_store() } -> std::same_as<result<file_memory>>;
    { target.bring(memory, how) } -> std::same_as<result<void>>;
};

/// Names of files. A created, renamed or removed name is durable after the directory's own sync().
template <class D>
concept directory = file<typename D::file_type> &&
                    requires(D& target, std::string_view name, access how) {
                        { target.open(name, how) } -> std::same_as<result<typename D::file_type>>;
                        { target.create(name) } -> std::same_as<result<typename D::file_type>>;
                        { target.rename(name, name) } -> std::same_as<result<void>>;
                        { target.remove(name) } -> std::same_as<result<void>>;
                        { target.list() } -> std::same_as<result<std::vector<std::string>>>;
                        { target.sync() } -> std::same_as<result<void>>;
                    };

}  // namespace chronik::wal
