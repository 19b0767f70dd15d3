// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/testing/digest.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace chronik::testing {

/// What happened, as one number: the same for the same seed and the same calls, on every compiler. With a listener, as
/// lines as well.
class trace {
public:
    using listener = std::function<void(std::string const& line)>;

    void listen(listener told) { told_ = std::move(told); }
    bool is_heard() const { return told_ != nullptr; }

    /// what      a sentence without numbers; it is for the listener
    /// number    of it, such as a term or an index
    void note(time_point now, std::string_view what, node_id node, group_id group, std::uint64_t number) {
        digest_.add(static_cast<std::uint64_t>(now.time_since_epoch().count()));
        digest_.add(what.size() << 32 | node.value);
        digest_.add(group.value << 32 ^ number);
        if (!told_) return;
        std::string line;
        if (node != no_node) line += "node " + std::to_string(node.value) + " ";
        if (group != group_id{}) line += "group " + std::to_string(group.value) + " ";
        tell(now, line + std::string{what} + " " + std::to_string(number));
    }
    /// For the listener only.
    void tell(time_point now, std::string const& line) const {
        if (!told_) return;
        auto const micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
        std::string fraction = std::to_string(micros % 1'000'000);
        fraction.insert(0, 6 - fraction.size(), '0');
        told_(std::to_string(micros / 1'000'000) + "." + fraction + " " + line);
    }

    std::uint64_t value() const { return digest_.value(); }

private:
    digest digest_;
    listener told_;
};

}  // namespace chronik::testing
