// SPDX-License-Identifier: Apache-2.0
#include <cluster/control_messages.hpp>

#include <chronik/base/assert.hpp>
#include <chronik/base/overloaded.hpp>
#include <chronik/node/raft_frames.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

/// What another broker may send: no bytes crash the decoders of either channel, and what a control message says is
/// what it says again when it is written back.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const body = chronik::shared_bytes::copy_of(std::as_bytes(std::span{data, size}));
    if (auto const control = broker::control::from_frame(body)) {
        auto const again = broker::control::to_frame(*control).joined();
        auto const twice = broker::control::from_frame(again);
        CHRONIK_ASSERT(twice.has_value());
        CHRONIK_ASSERT(broker::control::to_frame(*twice).joined() == again);
    }
    std::size_t messages = 0;
    static_cast<void>(chronik::decode_raft_frame(
        body, chronik::overloaded{[&](chronik::group_id, chronik::raft::message&&) { ++messages; },
                                  [&](chronik::pair_message const&) { ++messages; }}));
    CHRONIK_ASSERT(messages <= size);
    return 0;
}
