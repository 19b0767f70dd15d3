// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/node/trace_event.hpp>
#include <chronik/raft/concepts.hpp>
#include <chronik/raft/effects.hpp>
#include <chronik/raft/hard_state.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace chronik {

/// A unit of blocking work, or what to do on the loop once it is finished.
using task = std::move_only_function<void()>;

/// Where blocking calls go (sync, open, zero-fill): `work` runs anywhere, `finished` runs on the host's thread.
///
/// run                 short and urgent: the sync that acknowledgements wait for
/// run_in_background   long: making and recycling segments; must not delay run()
/// Tasks of one lane run in the order given. A simulator runs `work` when virtual time says so.
template <class E>
concept executor = requires(E e, task work, task finished) {
    e.run(std::move(work), std::move(finished));
    e.run_in_background(std::move(work), std::move(finished));
};

/// Storage for the logs of many groups behind one sync. See docs/concepts/group_storage.md; wal::journal is the model.
///
/// stage(group, state, entries)        takes one write in memory; errc::busy, errc::out_of_space: offer it again
/// payload_bytes_max()                 of one entry; stage() has room for it, sooner or later
/// begin_flush() / finish_flush(job)   everything staged so far; job.run() blocks and makes it durable
/// begin_prepare() / finish_prepare()  room for what comes; job.run() blocks for long
template <class S>
concept group_storage = requires(S s, group_id group, std::optional<raft::hard_state> const& state,
                                 std::span<entry const> entries) {
    requires raft::log_view<std::remove_cvref_t<decltype(*s.find(group))>>;
    { s.can_create_group() } -> std::same_as<bool>;
    { s.payload_bytes_max() } -> std::convertible_to<std::size_t>;
    s.create_group(group);
    s.remove_group(group);
    { s.stage(group, state, entries) } -> std::same_as<result<void>>;
    s.begin_flush()->run();
    { s.finish_flush(*s.begin_flush()) } -> std::same_as<result<void>>;
    s.begin_prepare()->run();
    { s.finish_prepare(*s.begin_prepare()) } -> std::same_as<result<void>>;
};

/// Storage whose logs can begin later than at their first entry. See docs/concepts/group_storage.md.
///
/// compact(group, first_kept)                           what is before is of no more use: a snapshot has it
/// replace_log(group, index, term, next_offset)         nothing of the log is: a snapshot of another member has it
template <class S>
concept compactable_storage = group_storage<S> && requires(S s, group_id group, log_index index, log_term term,
                                                           log_offset next_offset) {
    { s.compact(group, index) } -> std::same_as<result<void>>;
    { s.replace_log(group, index, term, next_offset) } -> std::same_as<result<void>>;
};

/// Storage that remembers which of its logs are in doubt, since it was damaged and repaired. See raft/doubt.hpp.
///
/// find(group)->doubt()   no_doubt: it is not
/// end_doubt(group)       once, before the stage() that it becomes durable with
template <class S>
concept doubting_storage = group_storage<S> && requires(S s, group_id group) {
    { s.find(group)->doubt() } -> std::same_as<doubt_token>;
    s.end_doubt(group);
};

/// Gives the bytes of a state piece by piece; an empty one ends it. Called where the store's job runs.
using state_source = std::move_only_function<shared_bytes()>;

/// Where snapshots of many groups are kept, in Raft's words. See docs/concepts/snapshot_store.md; the model is
/// wal::snapshot_store.
///
/// find(group, log)   the newest whole snapshot that fits the log: base (index, term, next_offset), about, content, crc
/// begin_save         writes a state that `source` gives
/// begin_gather       appends a piece of another member's, offset 0 first; the last one makes it whole
/// begin_discard      removes those before an index
/// finish(job)        after job.run() until job.finished(): the whole snapshot if there is one now, durable
template <class S>
concept snapshot_store = requires(S s, typename std::remove_cvref_t<S>::job_type job, group_id group, log_index index,
                                  log_term term, log_offset next_offset, shared_bytes bytes, state_source source,
                                  std::uint64_t size, std::uint32_t crc) {
    job = s.begin_save(group, index, term, next_offset, bytes, std::move(source));
    job = s.begin_gather(group, index, term, next_offset, bytes, size, crc, size, bytes);
    job = *s.begin_discard(group, index);
    job.run();
    { job.finished() } -> std::same_as<bool>;
    (*s.finish(job))->base.index;
    { (*s.finish(job))->content } -> std::convertible_to<shared_bytes>;
    { (*s.finish(job))->about } -> std::convertible_to<shared_bytes>;
};

/// Told what happens in the groups of a host, on the host's thread, after the fact. It may propose; groups are opened
/// and removed later, not from within.
///
/// event(group, raft::event)   a role, term, leader or configuration changed
/// applied(group, index)       the machine has applied up to index
/// failed(error)               storage failed for good; nothing is acknowledged any more
template <class O>
concept host_observer = requires(O o, group_id group, raft::event const& event, log_index index,
                                 std::error_code error) {
    o.event(group, event);
    o.applied(group, index);
    o.failed(error);
};

/// An observer that listens to each step of each group, commits too. For any other none of it is made.
///
/// traced(trace_event)   something happened, in this order; it may look, and neither proposes nor asks
template <class O>
concept tracing_observer = host_observer<O> && requires(O o, trace_event const& happened) { o.traced(happened); };

/// An observer that has old entries brought into memory for followers that are far behind. With any other, whoever
/// sends them waits for the device.
///
/// wanted(group, index)   a leader on this node needs it, and would have to wait: host::at_hand() when it need not
template <class O>
concept bringing_observer = host_observer<O> && requires(O o, group_id group, log_index index) {
    o.wanted(group, index);
};

namespace detail {

template <class O>
concept has_traced = requires { &O::traced; };
template <class O>
concept has_wanted = requires { &O::wanted; };

}  // namespace detail

/// False for an observer with a traced() that is not as the concept wants it: it would never be told.
template <class O>
inline constexpr bool trace_is_heard = tracing_observer<O> || !detail::has_traced<O>;
/// The same of a wanted().
template <class O>
inline constexpr bool want_is_heard = bringing_observer<O> || !detail::has_wanted<O>;

}  // namespace chronik
