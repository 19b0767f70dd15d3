// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace chronik::wal::detail {

/// The files of a directory whose names begin with `prefix`, as a directory of their own; models wal::directory.
template <directory Directory>
class prefixed_directory {
public:
    using file_type = typename Directory::file_type;

    prefixed_directory(Directory& where, std::string_view prefix) : where_(&where), prefix_(prefix) {}

    result<file_type> open(std::string_view name, access how) { return where_->open(full(name), how); }
    result<file_type> create(std::string_view name) { return where_->create(full(name)); }
    result<void> rename(std::string_view from, std::string_view to) { return where_->rename(full(from), full(to)); }
    result<void> remove(std::string_view name) { return where_->remove(full(name)); }
    result<std::vector<std::string>> list() {
        auto const names = where_->list();
        if (!names) return names;
        std::vector<std::string> own;
        for (auto const& name : *names)
            if (name.starts_with(prefix_)) own.push_back(name.substr(prefix_.size()));
        return own;
    }
    result<void> sync() { return where_->sync(); }

private:
    std::string full(std::string_view name) const { return prefix_ + std::string{name}; }

    Directory* where_;
    std::string prefix_;
};

}  // namespace chronik::wal::detail
