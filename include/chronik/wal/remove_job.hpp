// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/settled_format.hpp>

#include <cstddef>
#include <system_error>
#include <utility>
#include <vector>

namespace chronik::wal {

/// Removes files that nothing refers to any more. Not synced: what comes back after a crash is removed by recovery.
template <directory Directory>
class remove_job {
public:
    remove_job(Directory& where, std::vector<settled_name> names) : where_(&where), names_(std::move(names)) {}

    void run() {
        outcome_ = result<void>{};
        for (auto const& each : names_) {
            for (auto const& file : {each.rows(), each.data()}) {
                auto const removed = where_->remove(file);
                if (!removed && removed.error() != std::errc::no_such_file_or_directory) outcome_ = removed;
            }
        }
    }
    result<void> const& outcome() const { return outcome_; }
    std::size_t count() const { return names_.size(); }

private:
    Directory* where_;
    std::vector<settled_name> names_;
    result<void> outcome_ = failure(errc::closed);
};

}  // namespace chronik::wal
