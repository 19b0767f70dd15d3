// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/machine/snapshot.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace chronik::testing {

/// What a machine had applied when its state was written down: the last index, and the digest of the history up to it.
struct reached_history {
    log_index last;
    std::uint64_t chain = 0;
};

namespace detail {

/// A state with a label before it.
template <class View>
struct labelled {
    std::optional<shared_bytes> label;
    View rest;
    shared_bytes next_chunk() {
        if (auto first = std::exchange(label, std::nullopt)) return *std::move(first);
        return rest.next_chunk();
    }
};

template <class Machine>
struct labelled_state {
    using type = void;
};
template <machine::snapshottable Machine>
struct labelled_state<Machine> {
    using type = labelled<decltype(std::declval<Machine const&>().snapshot())>;
};

}  // namespace detail

/// The machine under test, seen by the checkers. Its snapshots say first what they are of, so that a state that is put
/// into a machine can be held against what all have applied.
///
/// World   applied(node, group, entry), history_of(node, group), restored(node, group, reached_history)
template <class World, machine::state_machine Machine>
class watched_machine {
    static constexpr bool has_snapshots = machine::snapshottable<Machine>;

public:
    using result_type = typename Machine::result_type;

    watched_machine(World& world, node_id node, group_id group, Machine own)
        : world_(&world), node_(node), group_(group), own_(std::move(own)) {}

    result_type apply(entry const& command) {
        world_->applied(node_, group_, command);
        return own_.apply(command);
    }
    Machine const& own() const { return own_; }

    typename detail::labelled_state<Machine>::type snapshot() const requires has_snapshots {
        return {encode(world_->history_of(node_, group_)), own_.snapshot()};
    }
    result<void> restore(shared_bytes const& bytes) requires has_snapshots {
        if (bytes.size() < label_bytes) return failure(errc::malformed);
        if (auto done = own_.restore(bytes.slice(label_bytes, bytes.size() - label_bytes)); !done) return done;
        world_->restored(node_, group_, decode(bytes));
        return {};
    }
    bool takes_snapshots() const requires has_snapshots { return machine::takes_snapshots(own_); }
    bool keeps_its_log() const requires has_snapshots { return machine::keeps_its_log(own_); }

private:
    static constexpr std::size_t label_bytes = 16;

    static shared_bytes encode(reached_history const& of) {
        std::string bytes;
        for (std::uint64_t const number : {of.last.value, of.chain})
            for (unsigned at = 0; at < 8; ++at) bytes += static_cast<char>(number >> (8 * at) & 0xff);
        return shared_bytes::copy_of(bytes);
    }
    static reached_history decode(shared_bytes const& bytes) {
        std::array<std::uint64_t, 2> numbers{};
        for (std::size_t at = 0; at < label_bytes; ++at)
            numbers[at / 8] |= std::to_integer<std::uint64_t>(bytes.view()[at]) << (8 * (at % 8));
        return {{numbers[0]}, numbers[1]};
    }

    World* world_;
    node_id node_;
    group_id group_;
    Machine own_;
};

}  // namespace chronik::testing
