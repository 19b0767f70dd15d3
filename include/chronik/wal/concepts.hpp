// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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

/// A file that can be told to bring what was written to its device, without waiting: a hint, which reports nothing.
template <class F>
concept write_behind_file = file<F> && requires(F& target) { target.begin_write_back(); };

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

struct options;
template <file File>
struct stored_segment;

/// How records get from the journal's owner into a segment: a policy of wal::journal. See docs/concepts/sink.md;
/// staged_sink and mapped_sink are the models.
///
/// stores_in_place   a record is the file's as soon as it is put: the system may write it to the device from then on
/// tail<File>        what the owner keeps of it; models sink_tail
template <class S>
concept sink = requires {
    { S::stores_in_place } -> std::convertible_to<bool>;
};

/// The owner's end of a sink over files of this type.
///
/// claim(target, size)    where the next bytes at the end of a segment go; commit() makes them part of the flush
/// take()                 everything committed since, as a batch that a job writes piece by piece
/// give_back(batch)       after its flush: the memory is used again
template <class T, class File>
concept sink_tail = std::constructible_from<T, options const&> &&
                    requires(T tail, T const& seen, std::shared_ptr<stored_segment<File>> const& target,
                             std::size_t size, typename T::batch_type batch) {
                        { seen.used() } -> std::same_as<std::size_t>;
                        { tail.claim(target, size) } -> std::same_as<std::byte*>;
                        tail.commit(target, size);
                        { tail.take() } -> std::same_as<typename T::batch_type>;
                        tail.give_back(std::move(batch));
                        { batch.write(batch.pieces().front()) } -> std::same_as<result<void>>;
                    };

/// When what was written is synced, and how much may be unsynced: a policy of wal::journal. See
/// docs/concepts/sync_policy.md.
///
/// gathers_while_syncing         the next flush must be able to fill while a sync runs
/// is_rare                       most of a segment is unsynced for long: it is worth making ready to be stored into
/// due(unsynced, limits)         whether the flush that begins now, with so many bytes unsynced, ends with a sync
/// unsynced_bytes_max(limits)    beyond it stage() says errc::busy; two flushes at least, so that one fits beside what
///                               a sync is for
template <class P>
concept sync_policy = std::default_initializable<P> && std::movable<P> &&
                      requires(P const& policy, std::size_t unsynced, options const& limits) {
                          { P::gathers_while_syncing } -> std::convertible_to<bool>;
                          { P::is_rare } -> std::convertible_to<bool>;
                          { policy.due(unsynced, limits) } -> std::same_as<bool>;
                          { policy.unsynced_bytes_max(limits) } -> std::same_as<std::size_t>;
                      };

namespace detail {

/// A sync_policy that wants to know the time, and when a sync begins.
template <class P>
concept timed = requires(P& policy, time_point at) {
    policy.now(at);
    policy.begun();
};

}  // namespace detail

}  // namespace chronik::wal
