// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/machine/concepts.hpp>

#include <concepts>
#include <utility>

namespace chronik::machine {

/// A machine's state as it was at one moment, on its way to a file.
///
/// next_chunk   the next bytes; empty: that was all. Called on another thread while the machine goes on applying, so
///              what it reads never changes. Some ten to some hundred KiB are a good size; the sizes mean nothing
template <class V>
concept snapshot_view = std::movable<V> && requires(V view) {
    { view.next_chunk() } -> std::same_as<shared_bytes>;
};

/// A machine that can say all it knows, so that its log may be cut and a new node need not hear every command.
///
/// snapshot   cheap: takes hold of the state, and leaves the work to the view
/// restore    takes the chunks of a snapshot, joined, in place of the own state; all or nothing
///            errors: errc::unsupported_version, errc::malformed; then nothing has changed
/// A machine for groups of several kinds says with `bool takes_snapshots() const` whether this one has snapshots.
/// One that can do without whatever its log has lost says so with `bool begins_anywhere() const`: opened above a log
/// that begins late, without a snapshot, it begins there as it is.
/// One whose log is what it is for says so with `bool keeps_its_log() const`: no snapshot of it is taken to cut the
/// log, and one that another member sends is restored like any.
/// See docs/concepts/snapshottable.md; the laws are in tests/laws/snapshot_laws.hpp.
template <class M>
concept snapshottable = state_machine<M> && requires(M& machine, M const& frozen, shared_bytes const& bytes) {
    { frozen.snapshot() } -> snapshot_view;
    { machine.restore(bytes) } -> std::same_as<result<void>>;
};

/// The view of a state that is small enough to be written down at once.
class one_chunk {
public:
    explicit one_chunk(shared_bytes state) : state_(std::move(state)) {}
    shared_bytes next_chunk() { return std::exchange(state_, {}); }

private:
    shared_bytes state_;
};

static_assert(snapshot_view<one_chunk>);

namespace detail {

template <class M>
concept has_part_of_snapshots = requires { &M::snapshot; } || requires { &M::restore; };

}  // namespace detail

/// False for a machine with a snapshot() or restore() that is not as the concept wants it: it would never be called.
template <class M>
inline constexpr bool snapshots_are_whole = snapshottable<M> || !detail::has_part_of_snapshots<M>;

template <snapshottable M>
bool takes_snapshots(M const& machine) {
    if constexpr (requires { { machine.takes_snapshots() } -> std::same_as<bool>; }) return machine.takes_snapshots();
    else return true;
}

template <snapshottable M>
bool begins_anywhere(M const& machine) {
    if constexpr (requires { { machine.begins_anywhere() } -> std::same_as<bool>; }) return machine.begins_anywhere();
    else return false;
}

template <snapshottable M>
bool keeps_its_log(M const& machine) {
    if constexpr (requires { { machine.keeps_its_log() } -> std::same_as<bool>; }) return machine.keeps_its_log();
    else return false;
}

}  // namespace chronik::machine
