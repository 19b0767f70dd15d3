// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/bytes.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/machine/snapshot.hpp>
#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/plain_format.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace chronik::machine {

/// The snapshot of a state that a schema describes: a byte for its version, then the state in plain_format.
///
///     machine::one_chunk snapshot() const { return machine::described_snapshot(state_); }
///     result<void> restore(shared_bytes const& bytes) { return machine::restore_described(state_, bytes); }
///
/// at   the newest version of the description; it fits in a byte
template <schema::described State>
one_chunk described_snapshot(State const& state, schema::version at = 0) {
    CHRONIK_ASSERT(at >= 0);
    CHRONIK_ASSERT(at <= 255);
    std::vector<std::byte> bytes;
    byte_writer out{bytes};
    out.number<std::uint8_t, std::endian::little>(static_cast<std::uint8_t>(at));
    // The newest version holds every value, and a state in memory has no length that the format cannot say.
    CHRONIK_ASSERT(schema::encode(state, at, schema::plain_format{}, out).has_value());
    return one_chunk{shared_bytes{std::move(bytes)}};
}

/// Replaces `state` by what described_snapshot() wrote, also by an older release.
///
/// errors   errc::unsupported_version if it is newer than `newest`, errc::malformed; then nothing has changed
template <schema::described State>
result<void> restore_described(State& state, shared_bytes const& bytes, schema::version newest = 0) {
    // In memory a state takes more than its bytes, but not without measure.
    schema::shared_reader in{bytes, {.allocated_bytes_max = 4096 + 64 * bytes.size()}};
    schema::version const at = in.number<std::uint8_t, std::endian::little>();
    if (in.failed()) return failure(errc::malformed);
    if (at > newest) return failure(errc::unsupported_version);
    auto read = schema::decode<State>(in, at, schema::plain_format{});
    if (!read || in.remaining() != 0) return failure(errc::malformed);
    state = *std::move(read);
    return {};
}

}  // namespace chronik::machine
