// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/wal/concepts.hpp>
#include <chronik/wal/mapped_sink.hpp>
#include <chronik/wal/staged_sink.hpp>
#include <chronik/wal/sync_policies.hpp>

#include <type_traits>

namespace chronik::wal::detail {

template <class Sink, class File>
concept fits_files = requires { typename Sink::template tail<File>; } &&
                     sink_tail<typename Sink::template tail<File>, File>;

/// The policies of a journal, checked once. After a refusal it goes on with the defaults, so that the sentence is all
/// that the compiler says.
template <file File, sink Sink, sync_policy Sync>
struct composition {
    static constexpr bool has_memory = !Sink::stores_in_place || storable_file<File>;
    static constexpr bool has_tail = !has_memory || fits_files<Sink, File>;
    static constexpr bool may_gather = !Sink::stores_in_place || !Sync::gathers_while_syncing;
    static_assert(has_memory, "chronik::wal::journal: the sink stores into the files' memory and the files have none; "
                              "give the file map_to_store() and bring(), see wal::storable_file, or use staged_sink");
    static_assert(has_tail, "chronik::wal::journal: the sink has no tail<File> for these files; see wal::sink_tail");
    static_assert(may_gather, "chronik::wal::journal: the sink stores into the file itself, where nothing may gather "
                              "while a sync runs; use alternating_commit_sync, interval_sync, no_sync, or staged_sink");

    static constexpr bool fits = has_memory && has_tail && may_gather;
    using sink_type = std::conditional_t<fits, Sink, staged_sink>;
    using sync_type = std::conditional_t<fits, Sync, group_commit_sync>;
};

}  // namespace chronik::wal::detail
