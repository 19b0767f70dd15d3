// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>

#include <concepts>

namespace chronik::raft {

/// The durable part of one log, as Raft reads it. Raft never writes: it asks for writes as effects.
///
/// base       the entry before the first one that is still stored; compacted entries are at or below it.
///            base_offset() is the offset of the first record after it.
/// stability  after a write was completed, the view shows what it wrote; before that it may show either.
/// See docs/concepts/log_view.md.
template <class Store>
concept log_view = requires(Store const& store, log_index at) {
    { store.base_index() } -> std::convertible_to<log_index>;
    { store.base_term() } -> std::convertible_to<log_term>;
    { store.base_offset() } -> std::convertible_to<log_offset>;
    { store.first_index() } -> std::convertible_to<log_index>;
    { store.last_index() } -> std::convertible_to<log_index>;
    { store.term_at(at) } -> std::convertible_to<result<log_term>>;
    { store.read(at) } -> std::convertible_to<result<entry>>;
};

}  // namespace chronik::raft
