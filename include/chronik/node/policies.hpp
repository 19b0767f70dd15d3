// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/machine/snapshot.hpp>
#include <chronik/node/concepts.hpp>
#include <chronik/transport/concepts.hpp>

#include <boost/hana/at_key.hpp>
#include <boost/hana/map.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/type.hpp>
#include <boost/hana/union.hpp>

#include <type_traits>
#include <utility>

namespace chronik {

/// The places of a host that a composition fills.
enum class slot {
    storage,    ///< group_storage: where term, vote and entries become durable; wal::journal
    transport,  ///< transport::transport: how frames reach the other members; net::tcp_transport
    machine,    ///< machine::state_machine: what committed commands act on
    executor,   ///< executor: where blocking calls go; posix::io_lanes
    snapshots,  ///< snapshot_store: where states are kept, if the machine has any; every log whole by default
    observer,   ///< host_observer: who is told of leaders and applied indexes; nobody by default
};

/// Fills one slot: use<slot::storage, wal::journal<...>&>{journal}. The object may be a reference.
template <slot Where, class Object>
struct use {
    static constexpr slot where = Where;
    using type = std::remove_reference_t<Object>;
    Object object;
};

/// Fills a slot that needs a type but no object: every group brings its own machine.
template <slot Where, class Type>
struct use_type {
    static constexpr slot where = Where;
    using type = Type;
};

/// The default for slot::snapshots: every log is kept whole.
struct no_snapshots {};

/// The default observer: nobody listens.
struct no_observer {
    void event(group_id, raft::event const&) {}
    void applied(group_id, log_index) {}
    void failed(std::error_code) {}
};

namespace detail {

/// A slot as a key of a hana::map: a type, because Hana hashes types and not enumerators.
template <slot Where>
struct slot_name {};
template <slot Where>
inline constexpr boost::hana::type<slot_name<Where>> slot_key{};

template <slot Where, class Use>
inline constexpr bool fills = false;
template <slot Where, class Object>
inline constexpr bool fills<Where, use<Where, Object>> = true;
template <slot Where, class Type>
inline constexpr bool fills<Where, use_type<Where, Type>> = true;

template <slot Where, class... Uses>
inline constexpr int times_filled = (int{fills<Where, Uses>} + ... + 0);

template <class Use>
inline constexpr bool is_use = false;
template <slot Where, class Object>
inline constexpr bool is_use<use<Where, Object>> = true;
template <slot Where, class Type>
inline constexpr bool is_use<use_type<Where, Type>> = true;

struct unfilled {};

template <slot Where, class... Uses>
struct type_in_slot {
    using type = unfilled;
};
template <slot Where, class First, class... Rest>
struct type_in_slot<Where, First, Rest...>
    : std::conditional_t<fills<Where, First>, First, type_in_slot<Where, Rest...>> {};

template <slot Where, class... Uses>
using slot_type = typename type_in_slot<Where, Uses...>::type;

template <class... Uses>
using observer_in =
    std::conditional_t<times_filled<slot::observer, Uses...> == 0, no_observer, slot_type<slot::observer, Uses...>>;

template <class... Uses>
using snapshots_in = std::conditional_t<times_filled<slot::snapshots, Uses...> == 0, no_snapshots,
                                        slot_type<slot::snapshots, Uses...>>;

/// A store of snapshots is of use only above a storage whose logs can begin later.
template <class... Uses>
inline constexpr bool snapshots_fit = std::is_same_v<snapshots_in<Uses...>, no_snapshots> ||
                                      compactable_storage<slot_type<slot::storage, Uses...>>;

template <class... Uses>
inline constexpr bool slots_filled_once =
    (is_use<Uses> && ...) && times_filled<slot::storage, Uses...> == 1 && times_filled<slot::transport, Uses...> == 1 &&
    times_filled<slot::machine, Uses...> == 1 && times_filled<slot::executor, Uses...> == 1 &&
    times_filled<slot::observer, Uses...> <= 1 && times_filled<slot::snapshots, Uses...> <= 1;

/// One entry of the bag: an object under its slot, or nothing for a slot that only names a type.
template <slot Where, class Object>
auto bag_entry(use<Where, Object>&& filled) {
    return boost::hana::make_map(boost::hana::make_pair(slot_key<Where>, std::move(filled)));
}
template <slot Where, class Type>
auto bag_entry(use_type<Where, Type>&&) {
    return boost::hana::make_map();
}

/// What a refused composition inherits: nothing, so that the sentence stays the first and last error.
struct refused {
    static constexpr bool valid = false;
    template <class... Ignored>
    explicit refused(Ignored&&...) {}
};

template <class... Uses>
class policy_bag {
public:
    static constexpr bool valid = true;

    using storage_type = slot_type<slot::storage, Uses...>;
    using transport_type = slot_type<slot::transport, Uses...>;
    using machine_type = slot_type<slot::machine, Uses...>;
    using executor_type = slot_type<slot::executor, Uses...>;
    using observer_type = observer_in<Uses...>;
    using snapshots_type = snapshots_in<Uses...>;

    explicit policy_bag(Uses... uses) : objects_(make_bag(std::move(uses)...)) {}

    template <slot Where>
    auto& get() {
        return boost::hana::at_key(objects_, slot_key<Where>).object;
    }

private:
    /// The given objects win over the defaults: union_ keeps the second map's value of a key.
    static auto make_bag(Uses... uses) {
        auto observer = bag_entry(use<slot::observer, no_observer>{});
        auto snapshots = bag_entry(use<slot::snapshots, no_snapshots>{});
        return merge(std::move(observer), std::move(snapshots), bag_entry(std::move(uses))...);
    }
    template <class Bag>
    static auto merge(Bag bag) { return bag; }
    template <class Bag, class Next, class... Rest>
    static auto merge(Bag bag, Next next, Rest... rest) {
        return merge(boost::hana::union_(std::move(bag), std::move(next)), std::move(rest)...);
    }

    decltype(make_bag(std::declval<Uses>()...)) objects_;
};

template <class... Uses>
struct bag_of {
    using type = policy_bag<Uses...>;
};
struct no_bag {
    using type = refused;
};

/// The concepts are checked only after the slots are, and each by a bare static_assert: the compiler then names
/// the expression that is missing.
template <bool Filled, class... Uses>
struct checked_bag {
    using type = refused;
};
template <class... Uses>
struct checked_bag<true, Uses...> {
    using storage_type = slot_type<slot::storage, Uses...>;
    using transport_type = slot_type<slot::transport, Uses...>;
    using machine_type = slot_type<slot::machine, Uses...>;
    using executor_type = slot_type<slot::executor, Uses...>;
    using observer_type = observer_in<Uses...>;
    using snapshots_type = snapshots_in<Uses...>;

    static_assert(group_storage<storage_type>,
                  "chronik::policies: what fills slot::storage does not model chronik::group_storage");
    static_assert(transport::transport<transport_type>,
                  "chronik::policies: what fills slot::transport does not model chronik::transport::transport");
    static_assert(machine::state_machine<machine_type>,
                  "chronik::policies: what fills slot::machine does not model chronik::machine::state_machine");
    static_assert(machine::snapshots_are_whole<machine_type>,
                  "chronik::policies: what fills slot::machine has snapshot() or restore(), but does not model "
                  "chronik::machine::snapshottable: it would never be asked");
    static_assert(executor<executor_type>,
                  "chronik::policies: what fills slot::executor does not model chronik::executor");
    static_assert(host_observer<observer_type>,
                  "chronik::policies: what fills slot::observer does not model chronik::host_observer");
    static_assert(trace_is_heard<observer_type>,
                  "chronik::policies: what fills slot::observer has traced(), but does not model "
                  "chronik::tracing_observer: it would never be told");
    static_assert(want_is_heard<observer_type>,
                  "chronik::policies: what fills slot::observer has wanted(), but does not model "
                  "chronik::bringing_observer: it would never be asked");
    static_assert(std::is_same_v<snapshots_type, no_snapshots> || snapshot_store<snapshots_type>,
                  "chronik::policies: what fills slot::snapshots does not model chronik::snapshot_store");
    static_assert(snapshots_fit<Uses...>,
                  "chronik::policies: slot::snapshots is filled, but what fills slot::storage does not model "
                  "chronik::compactable_storage");
    static constexpr bool modelled = group_storage<storage_type> && transport::transport<transport_type> &&
                                     machine::state_machine<machine_type> &&
                                     machine::snapshots_are_whole<machine_type> && executor<executor_type> &&
                                     host_observer<observer_type> && trace_is_heard<observer_type> &&
                                     want_is_heard<observer_type> && snapshots_fit<Uses...> &&
                                     (std::is_same_v<snapshots_type, no_snapshots> || snapshot_store<snapshots_type>);
    using type = typename std::conditional_t<modelled, bag_of<Uses...>, no_bag>::type;
};

}  // namespace detail

/// The composition of a host: which object fills which slot.
///
///     chronik::policies bag{use<slot::storage, journal&>{journal}, use<slot::transport, net::tcp_transport&>{tcp},
///                           use_type<slot::machine, counter>{}, use<slot::executor, posix::io_lanes&>{io}};
///
/// Every slot without a default is filled exactly once, and what fills it models the slot's concept; anything
/// else stops at the first sentence below (docs/diagnostics.md shows each, and the mend).
template <class... Uses>
struct policies : detail::checked_bag<detail::slots_filled_once<Uses...>, Uses...>::type {
    static_assert((detail::is_use<Uses> && ...),
                  "chronik::policies: everything in it is a use<slot, object> or a use_type<slot, type>");
    static_assert(detail::times_filled<slot::storage, Uses...> != 0,
                  "chronik::policies: slot::storage is empty; add use<slot::storage, wal::journal<posix::directory>&>");
    static_assert(detail::times_filled<slot::transport, Uses...> != 0,
                  "chronik::policies: slot::transport is empty; add use<slot::transport, net::tcp_transport&>");
    static_assert(detail::times_filled<slot::machine, Uses...> != 0,
                  "chronik::policies: slot::machine is empty; add use_type<slot::machine, your_machine>");
    static_assert(detail::times_filled<slot::executor, Uses...> != 0,
                  "chronik::policies: slot::executor is empty; add use<slot::executor, posix::io_lanes&>");
    static_assert(detail::times_filled<slot::storage, Uses...> < 2,
                  "chronik::policies: slot::storage is filled twice; keep one");
    static_assert(detail::times_filled<slot::transport, Uses...> < 2,
                  "chronik::policies: slot::transport is filled twice; keep one");
    static_assert(detail::times_filled<slot::machine, Uses...> < 2,
                  "chronik::policies: slot::machine is filled twice; keep one");
    static_assert(detail::times_filled<slot::executor, Uses...> < 2,
                  "chronik::policies: slot::executor is filled twice; keep one");
    static_assert(detail::times_filled<slot::observer, Uses...> < 2,
                  "chronik::policies: slot::observer is filled twice; keep one");
    static_assert(detail::times_filled<slot::snapshots, Uses...> < 2,
                  "chronik::policies: slot::snapshots is filled twice; keep one");

    explicit policies(Uses... uses)
        : detail::checked_bag<detail::slots_filled_once<Uses...>, Uses...>::type(std::move(uses)...) {}
};

template <class... Uses>
policies(Uses...) -> policies<Uses...>;

}  // namespace chronik
