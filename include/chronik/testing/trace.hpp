// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/node/trace_line.hpp>
#include <chronik/testing/digest.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace chronik::testing {

/// What happened, as one number: the same for the same seed and the same calls, on every compiler. With a listener, as
/// lines as well, all at the time of the world: each step of a group, and what the world does to them. Both are in
/// docs/formats/raft_trace.md.
class trace {
public:
    using listener = std::function<void(std::string const& line)>;

    void listen(listener told) { told_ = std::move(told); }
    bool is_heard() const { return told_ != nullptr; }

    /// Into the number alone: for what a line of step() says.
    ///
    /// what      a sentence without numbers
    /// number    of it, such as a term or an index
    void count(time_point now, std::string_view what, node_id node, group_id group, std::uint64_t number) {
        digest_.add(static_cast<std::uint64_t>(now.time_since_epoch().count()));
        digest_.add(what.size() << 32 | node.value);
        digest_.add(group.value << 32 ^ number);
    }
    void note(time_point now, std::string_view what, node_id node, group_id group, std::uint64_t number) {
        count(now, what, node, group, number);
        if (!told_) return;
        std::string of;
        if (node != no_node) of += " node=" + std::to_string(node.value);
        if (group != group_id{}) of += " group=" + std::to_string(group.value);
        told_(begin(now) + of + " world=\"" + std::string{what} + "\" number=" + std::to_string(number));
    }
    /// For the listener only.
    ///
    /// what   a sentence without quotes
    void tell(time_point now, std::string const& what) const {
        if (told_) told_(begin(now) + " world=\"" + what + "\"");
    }
    /// What a host has told its observer.
    void step(time_point now, trace_event happened) const {
        if (!told_) return;
        happened.at = now;
        std::array<char, trace_line_bytes_max> memory;
        auto const line = write_trace_line(happened, memory);
        CHRONIK_ASSERT(line.has_value());
        told_(std::string{*line});
    }

    std::uint64_t value() const { return digest_.value(); }

private:
    static std::string begin(time_point now) {
        auto const micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
        std::string fraction = std::to_string(micros % 1'000'000);
        fraction.insert(0, 6 - fraction.size(), '0');
        return "at=" + std::to_string(micros / 1'000'000) + "." + fraction;
    }

    digest digest_;
    listener told_;
};

}  // namespace chronik::testing
