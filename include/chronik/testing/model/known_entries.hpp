// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/raft/configuration_format.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace chronik::testing::model {

using members_pointer = std::shared_ptr<raft::configuration const>;

/// Every entry of one group that was seen anywhere, in a message or on its way to a disk.
///
/// An index and a term name one entry, and one entry before it, for ever.
/// source   Raft paper (extended) figure 3, "Log Matching"
class known_entries {
public:
    struct fact {
        log_term term;
        log_term term_before;
        entry seen;
        members_pointer members;  ///< of a configuration
    };

    /// place_only   it goes to a witness, or comes from one: nothing but its place has to be the same
    /// returns      false if another entry has this index and term
    bool meet(entry const& seen, log_term before, bool place_only) {
        if (all_.size() <= seen.index.value) all_.resize(seen.index.value + 1);
        auto& here = all_[seen.index.value];
        auto const known = std::ranges::find(here, seen.term, &fact::term);
        if (known == here.end()) {
            // A place alone says nothing about what stands there; who has it whole comes before.
            if (!place_only || seen.kind == entry_kind::configuration) here.push_back(fact_of(seen, before));
            return true;
        }
        if (known->term_before != before) return false;
        entry const& other = known->seen;
        if (other.base_offset != seen.base_offset || other.record_count != seen.record_count) return false;
        if (place_only && seen.kind != entry_kind::configuration) return other.kind != entry_kind::configuration;
        bool const same_bytes = other.payload.data() == seen.payload.data() || other.payload == seen.payload;
        return other.kind == seen.kind && other.payload.size() == seen.payload.size() && same_bytes;
    }

    /// Null unless the entry is known to be a configuration.
    members_pointer members_at(log_index at, log_term term) const {
        if (all_.size() <= at.value) return nullptr;
        auto const known = std::ranges::find(all_[at.value], term, &fact::term);
        return known == all_[at.value].end() ? nullptr : known->members;
    }

private:
    static fact fact_of(entry const& seen, log_term before) {
        fact made{seen.term, before, seen, nullptr};
        if (seen.kind != entry_kind::configuration) return made;
        auto decoded = raft::decode_configuration(seen.payload.view());
        if (decoded) made.members = std::make_shared<raft::configuration const>(std::move(*decoded));
        return made;
    }

    std::vector<std::vector<fact>> all_;  // by index
};

}  // namespace chronik::testing::model
