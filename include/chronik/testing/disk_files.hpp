// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/testing/detail/disk_state.hpp>
#include <chronik/wal/concepts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace chronik::testing {

/// A file of the simulated disk; models wal::file.
class disk_file {
public:
    disk_file(std::shared_ptr<detail::disk_state> on, std::shared_ptr<detail::disk_file> which)
        : on_(std::move(on)), which_(std::move(which)) {}

    result<void> write_at(std::uint64_t position, std::span<std::byte const> bytes) {
        bool cut = false;
        if (auto begun = on_->begin(disk_operation::write, cut); !begun) return begun;
        std::size_t const end = position + bytes.size();
        if (end > which_->content->size() && !has_space(end))
            return detail::disk_state::failed(std::errc::no_space_on_device);
        which_->resize(end);
        std::ranges::copy(bytes, which_->content->begin() + static_cast<std::ptrdiff_t>(position));
        mark_dirty(position, end);
        return done(cut);
    }

    result<void> allocate(std::uint64_t size) {
        bool cut = false;
        if (auto begun = on_->begin(disk_operation::allocate, cut); !begun) return begun;
        std::size_t const before = which_->content->size();
        if (size > before && !has_space(size)) return detail::disk_state::failed(std::errc::no_space_on_device);
        which_->resize(size);
        if (size > before) mark_dirty(before, size);
        return done(cut);
    }

    result<void> sync() {
        which_->collect_stores();
        bool cut = false;
        auto const begun = on_->begin(disk_operation::sync, cut);
        if (!begun) {
            // As Linux does: the pages are clean now, their bytes never reach the medium, and the next sync succeeds.
            if (on_->powered()) which_->dirty.clear();
            return begun;
        }
        // Power may go while some sectors are already safe: crash() decides about those still dirty.
        if (cut) return detail::disk_state::failed(std::errc::io_error);
        if (which_->persist_all(on_->next_sync_goes_astray ? &on_->chance : nullptr)) {
            on_->next_sync_goes_astray = false;
            on_->damage = disk_damage::fresh;
        }
        return {};
    }

    /// Only counted: what is dirty may reach the medium at any time, asked for or not.
    void begin_write_back() { ++on_->write_backs; }

    result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const {
        auto const& content = *which_->content;
        if (position >= content.size()) return std::size_t{0};
        std::size_t const size = std::min<std::size_t>(into.size(), content.size() - position);
        std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(position), size, into.begin());
        return size;
    }

    result<std::uint64_t> size() const { return which_->content->size(); }

    result<shared_bytes> map() const { return shared_bytes{which_->content, *which_->content}; }

    /// A store is no operation: the power goes at those of others. What it has changed is dirty like all else.
    result<wal::file_memory> map_to_store() {
        which_->watch_stores();
        return wal::file_memory{which_->content, *which_->content};
    }
    result<void> bring(wal::file_memory const&, wal::touch) { return {}; }

private:
    bool has_space(std::size_t size) const {
        return on_->bytes_used() - which_->content->size() + size <= on_->bytes_max;
    }
    void mark_dirty(std::size_t begin, std::size_t end) {
        for (std::size_t sector = begin / detail::sector_bytes; sector * detail::sector_bytes < end; ++sector)
            which_->dirty.insert(sector);
    }
    static result<void> done(bool cut) {
        if (cut) return detail::disk_state::failed(std::errc::io_error);
        return {};
    }

    std::shared_ptr<detail::disk_state> on_;
    std::shared_ptr<detail::disk_file> which_;
};

/// The one directory of the simulated disk; models wal::directory.
class disk_directory {
public:
    using file_type = disk_file;

    explicit disk_directory(std::shared_ptr<detail::disk_state> on) : on_(std::move(on)) {}

    result<disk_file> open(std::string_view name, wal::access) {
        auto const found = on_->names.find(name);
        if (found == on_->names.end()) return detail::disk_state::failed(std::errc::no_such_file_or_directory);
        // Changes nothing, so it is no place where the power can go.
        if (auto done = on_->planned(disk_operation::open); !done) return std::unexpected(done.error());
        return disk_file{on_, found->second};
    }

    result<disk_file> create(std::string_view name) {
        auto made = std::make_shared<detail::disk_file>();
        if (auto done = change(disk_operation::create, {.from = {}, .to = std::string{name}, .file = made}); !done)
            return std::unexpected(done.error());
        return disk_file{on_, std::move(made)};
    }

    result<void> rename(std::string_view from, std::string_view to) {
        auto const found = on_->names.find(from);
        if (found == on_->names.end()) return detail::disk_state::failed(std::errc::no_such_file_or_directory);
        return change(disk_operation::rename,
                      {.from = std::string{from}, .to = std::string{to}, .file = found->second});
    }

    result<void> remove(std::string_view name) {
        if (!on_->names.contains(name)) return detail::disk_state::failed(std::errc::no_such_file_or_directory);
        return change(disk_operation::remove, {.from = std::string{name}, .to = {}, .file = nullptr});
    }

    result<std::vector<std::string>> list() {
        std::vector<std::string> names;
        for (auto const& [name, file] : on_->names) names.push_back(name);
        return names;
    }

    result<void> sync() {
        bool cut = false;
        if (auto begun = on_->begin(disk_operation::sync_directory, cut); !begun) return begun;
        if (cut) return detail::disk_state::failed(std::errc::io_error);
        on_->durable_names = on_->names;
        on_->changes.clear();
        return {};
    }

private:
    result<void> change(disk_operation what, detail::name_change made) {
        bool cut = false;
        if (auto begun = on_->begin(what, cut); !begun) return begun;
        detail::disk_state::apply(on_->names, made);
        on_->changes.push_back(std::move(made));
        if (cut) return detail::disk_state::failed(std::errc::io_error);
        return {};
    }

    std::shared_ptr<detail::disk_state> on_;
};

static_assert(wal::storable_file<disk_file>, "testing::disk_file models wal::file, and can be stored into");
static_assert(wal::directory<disk_directory>, "testing::disk_directory models wal::directory");

}  // namespace chronik::testing
