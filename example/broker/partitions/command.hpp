// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/machine/command_set.hpp>
#include <chronik/schema/field.hpp>

#include <boost/hana/tuple.hpp>

#include <cstdint>

/// What may stand in a partition's log besides record batches: an entry without records. Bytes:
/// docs/formats/partition_commands.md.
namespace broker::partitions {

/// "Nobody reads what comes before this offset any more."
struct delete_records {
    static constexpr std::uint16_t id = 1;
    chronik::log_offset before;

    static constexpr auto schema =
        boost::hana::make_tuple(chronik::schema::field<"before", &delete_records::before>{});
    bool operator==(delete_records const&) const = default;
};

using command_set = chronik::machine::command_set<delete_records>;

}  // namespace broker::partitions
