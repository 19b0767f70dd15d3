// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chronik::testing {

/// What can be done to a simulated cluster at a moment, for a while.
enum class fault_kind : std::uint8_t {
    power_cut,           ///< of the nodes in `on`; unsynced bytes are lost, torn or kept
    partition,           ///< between `on` and `other`, both ways; who is in neither is a bridge
    one_way_cut,         ///< from `on` to `other`: heard, and cannot hear
    lossy_links,         ///< from `on` to `other`; amount: percent
    slow_links,          ///< from `on` to `other`; amount: nanoseconds more
    clogged_links,       ///< from `on` to `other`: frames are held until it ends
    disk_stall,          ///< no write and no sync begins
    disk_full,           ///< amount: bytes that still fit
    failing_write,       ///< amount: how many go well before it
    failing_sync,        ///< and the bytes are lost, as Linux does; amount: as above
    rot,                 ///< a bit of a synced sector turns
    misdirected_write,   ///< a sector of the next sync goes to a wrong place
    clock_skew,          ///< amount: millionths, as a signed number
    transfer,            ///< of group `amount` to the first node in `on`
    change_members,      ///< of group `amount`: `on` votes, `other` learns; nothing ends it but another
    freeze,              ///< the process is stopped, and goes on where it was
    wiped_disk,          ///< of those in `on` that no group counts on: they come back empty
};

inline constexpr std::array<std::string_view, 17> fault_names{
    "power cut",  "partition", "one-way cut",   "lossy links",  "slow links", "clogged links",     "disk stall",
    "disk full", "failing write", "failing sync", "rot", "misdirected write", "clock skew", "transfer",
    "change of members", "freeze", "wiped disk"};
inline constexpr std::size_t fault_kinds = fault_names.size();

inline std::string_view name_of(fault_kind kind) { return fault_names[static_cast<std::size_t>(kind)]; }

/// A set of nodes; bit n - 1 is node n.
using node_set = std::uint64_t;
constexpr node_set set_of(node_id node) { return node_set{1} << (node.value - 1); }
constexpr bool is_in(node_id node, node_set set) { return (set & set_of(node)) != 0; }

/// One fault as data: a schedule of them can be printed, and made shorter.
///
/// at      since the run began
/// lasts   then what was broken is whole again
struct fault {
    duration at{};
    fault_kind what{};
    node_set on = 0;
    node_set other = 0;
    duration lasts{};
    std::uint64_t amount = 0;

    bool operator==(fault const&) const = default;
};

inline std::string to_string(duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time).count()) + " us";
}

inline std::string to_string(node_set set) {
    std::string text;
    for (std::uint32_t number = 1; number <= 64; ++number) {
        if (is_in(node_id{number}, set)) text += (text.empty() ? "" : ",") + std::to_string(number);
    }
    return text.empty() ? "nobody" : text;
}

/// One line for a reader: when, what, whom, how long.
inline std::string to_string(fault const& one) {
    std::string text = "at " + to_string(one.at) + ": " + std::string{name_of(one.what)} + ", nodes " +
                       to_string(one.on);
    if (one.other != 0) text += " to " + to_string(one.other);
    if (one.what == fault_kind::clock_skew) {
        text += ", by " + std::to_string(static_cast<std::int64_t>(one.amount)) + " ppm";
    } else if (one.amount != 0) {
        text += ", amount " + std::to_string(one.amount);
    }
    return text + ", for " + to_string(one.lasts);
}

}  // namespace chronik::testing
