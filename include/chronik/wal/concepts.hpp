// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
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
