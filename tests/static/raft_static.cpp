// SPDX-License-Identifier: Apache-2.0
#include "../archetypes/log_view.hpp"

#include <chronik/raft/core.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

// The order "persist, then send" rests on who can make which value. This file is the proof.

namespace chronik::raft {
namespace {

// `stored` comes from write::completed() and from nowhere else.
static_assert(!std::is_default_constructible_v<stored>);
static_assert(!std::is_aggregate_v<stored>);
static_assert(!std::is_constructible_v<stored, ticket, log_index, log_term>);
static_assert(!std::is_constructible_v<stored, write>);

// A write is spent by completing it: it cannot be copied, and completed() takes it away.
static_assert(!std::is_default_constructible_v<write>);
static_assert(!std::is_copy_constructible_v<write>);
static_assert(!std::is_copy_assignable_v<write>);
static_assert(std::is_nothrow_move_constructible_v<write>);
static_assert(std::is_nothrow_move_assignable_v<write>);
static_assert(
    !std::is_constructible_v<write, ticket, std::optional<snapshot_info>, std::optional<hard_state>, std::vector<entry>,
                             log_index, log_term>);
static_assert(!std::is_default_constructible_v<write::permission>);
static_assert(!std::is_aggregate_v<write::permission>);

template <class Write>
concept completes = requires(Write&& done) { std::forward<Write>(done).completed(); };
static_assert(completes<write>);
static_assert(!completes<write&>, "completing takes std::move: the write is gone");
static_assert(!completes<write const&>);
static_assert(std::same_as<decltype(std::declval<write>().completed()), stored>);

// `outgoing` comes from the core, after what it depends on is durable.
static_assert(!std::is_default_constructible_v<outgoing>);
static_assert(!std::is_aggregate_v<outgoing>);
static_assert(!std::is_constructible_v<outgoing, node_id, message>);
static_assert(!std::is_default_constructible_v<outgoing::permission>);
static_assert(!std::is_aggregate_v<outgoing::permission>);
static_assert(!std::is_copy_constructible_v<outgoing>, "sent once");
static_assert(std::is_nothrow_move_constructible_v<outgoing>);

// Numbers do not become one another.
static_assert(!std::is_convertible_v<std::uint64_t, ticket>);
static_assert(!std::is_convertible_v<log_index, ticket>);
static_assert(!std::is_convertible_v<log_offset, log_index>);

// What is a log, and what is not one.
struct log_without_base {
    log_index first_index() const;
    log_index last_index() const;
    result<log_term> term_at(log_index) const;
    result<entry> read(log_index) const;
};
static_assert(log_view<archetypes::log_view>);
static_assert(!log_view<log_without_base>);

static_assert(majority_of(1) == 1);
static_assert(majority_of(2) == 2);
static_assert(majority_of(3) == 2);
static_assert(majority_of(4) == 3);
static_assert(majority_of(5) == 3);

}  // namespace

// The smallest log is enough for everything the core does.
template class core<archetypes::log_view>;

// Options are shared, and outlive every core that has them.
static_assert(std::constructible_from<core<archetypes::log_view>, node_id, configuration, options const&, hard_state,
                                      archetypes::log_view const&, std::uint64_t, time_point>);
static_assert(!std::constructible_from<core<archetypes::log_view>, node_id, configuration, options, hard_state,
                                       archetypes::log_view const&, std::uint64_t, time_point>);

}  // namespace chronik::raft
