// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/transport/concepts.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

/// What every model of transport::transport keeps: docs/concepts/transport.md.
namespace chronik::laws {

/// What arrived at one node.
struct mailbox {
    struct letter {
        node_id from;
        std::uint8_t channel;
        std::string body;
        bool operator==(letter const&) const = default;
    };
    std::vector<letter> letters;

    auto receiver() {
        return [this](node_id from, std::uint8_t channel, shared_bytes const& body) {
            letters.push_back({from, channel, std::string{body.text()}});
        };
    }
};

/// one        the carrier of node 1, connected to node 2
/// at_two     what arrives at node 2
/// settle     lets everything arrive that is on its way
template <transport::transport Carrier, class Settle>
void transport_laws(Carrier& one, mailbox& at_two, Settle settle) {
    // A frame arrives in one piece, with its channel and its sender, and whoever made its parts still has them.
    shared_bytes const head = shared_bytes::copy_of("head, ");
    transport::frame const parts{5, {head, shared_bytes::copy_of("body"), shared_bytes{}}};
    EXPECT_EQ(one.send(node_id{2}, parts), transport::send_result::sent);
    settle();
    EXPECT_EQ(at_two.letters, (std::vector<mailbox::letter>{{node_id{1}, 5, "head, body"}}));
    EXPECT_EQ(head.text(), "head, ");

    // The same frame may go again, and an empty one is a frame.
    EXPECT_EQ(one.send(node_id{2}, parts), transport::send_result::sent);
    settle();
    EXPECT_EQ(one.send(node_id{2}, transport::frame{0, {}}), transport::send_result::sent);
    settle();
    ASSERT_EQ(at_two.letters.size(), 3U);
    EXPECT_EQ(at_two.letters[1], at_two.letters[0]);
    EXPECT_EQ(at_two.letters[2], (mailbox::letter{node_id{1}, 0, ""}));

    // What is for somebody else never arrives here.
    static_cast<void>(one.send(node_id{9}, parts));
    settle();
    EXPECT_EQ(at_two.letters.size(), 3U);
}

}  // namespace chronik::laws
