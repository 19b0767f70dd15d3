// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/schema/concepts.hpp>

namespace chronik::schema {

/// The log entry as Raft sends it. base/ knows no schema, so the description stands beside the type.
template <>
struct description<entry> {
    static constexpr auto fields = boost::hana::make_tuple(
        field<"term", &entry::term>{},
        field<"index", &entry::index>{},
        field<"kind", &entry::kind>{},
        field<"base_offset", &entry::base_offset>{},
        field<"record_count", &entry::record_count>{},
        field<"payload", &entry::payload>{});
};

}  // namespace chronik::schema
