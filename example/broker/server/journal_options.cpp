// SPDX-License-Identifier: Apache-2.0
#include <server/journal_options.hpp>

#include <partitions/machine.hpp>

#include <chronik/base/bytes.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace broker {
namespace {

/// A first start waits until this is written with zeros. As small as a journal's files may be set, and what the event
/// loop writes until the preparer has the next one.
constexpr std::size_t first_segment_bytes = std::size_t{4} << 20;

}  // namespace

chronik::wal::log_uuid journal_name_of(chronik::node_id node) {
    chronik::wal::log_uuid name;
    constexpr std::string_view prefix = "chronik-node";
    std::ranges::transform(prefix, name.bytes.begin(), [](char each) { return static_cast<std::byte>(each); });
    chronik::store<std::uint32_t, std::endian::little>(name.bytes.data() + prefix.size(), node.value);
    return name;
}

chronik::wal::options journal_options(settings const& config) {
    chronik::wal::options options;
    options.log_id = journal_name_of(config.node_id);
    options.segment_bytes = config.segment_bytes;
    options.first_segment_bytes = std::min<std::size_t>(config.segment_bytes, first_segment_bytes);
    // Two at least: the one that is written, and one to settle.
    options.unsettled_segments_max = std::clamp<std::size_t>(config.journal_bytes_max / config.segment_bytes, 2,
                                                             options.segments_max / 2);
    options.timestamp_of = partitions::timestamp_of;
    options.sync = config.durability == durability::sync;
    return options;
}

}  // namespace broker
