// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker/sink/ledger.hpp>

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sink {

/// Where clients find the only node.
struct address {
    std::string host;
    std::uint16_t port = 0;
};

/// Answers one request the way a broker would that had done what it asks for: ApiVersions, Metadata, CreateTopics,
/// InitProducerId, Produce and ListOffsets, in the versions that the broker serves.
///
/// A produce request is taken apart, and the headers of its batches are counted. Their checksums are not looked at.
/// request   whole, without its length; nothing of it is kept
/// returns   the answer with its length, as a gather list; an empty one for a request that wants none
/// errors    errc::malformed; errc::unsupported_version for what is not served. Either way: close the connection
chronik::result<std::vector<chronik::shared_bytes>> answer(std::span<std::byte const> request, address const& self,
                                                           ledger& received);

}  // namespace sink
