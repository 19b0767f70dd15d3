// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/testing/detail/disk_state.hpp>
#include <chronik/testing/disk_files.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace chronik::testing {

/// What happens to bytes and names that no sync has covered when the power goes.
enum class crash_outcome : std::uint8_t {
    by_seed,  ///< each sector, and a prefix of the changed names, by the disk's chance
    lost,     ///< none of them persists
    kept,     ///< all of them persist
};

/// A disk in memory that forgets, as disks do, what nobody synced. Same seed and same calls: same bytes.
///
///     testing::disk disk{seed};
///     auto files = disk.directory();
///     disk.power_off_after(17);        // the 17th operation is begun and never reported
///     run(files);
///     disk.crash();                    // unsynced sectors and names are lost, torn or kept
///     recover(disk.directory());
///
/// threads   one
class disk {
public:
    explicit disk(std::uint64_t seed) : state_(std::make_shared<detail::disk_state>(seed)) {}

    disk_directory directory() { return disk_directory{state_}; }

    /// Operations that change something, so far; each is a place where the power can go.
    std::uint64_t operations() const { return state_->operations; }
    /// How often a file was told to begin with what was written; see wal::write_behind_file.
    std::uint64_t write_backs() const { return state_->write_backs; }
    std::uint64_t count(disk_operation what) const { return state_->counts[what]; }

    /// From the n-th operation from now on, everything fails.
    void power_off_after(std::uint64_t operations) { state_->power_until = state_->operations + operations; }

    void cancel_power_off() {
        if (has_power()) state_->power_until = std::numeric_limits<std::uint64_t>::max();
    }
    /// False from the operation that the power went in until crash().
    bool has_power() const { return state_->powered(); }

    /// The n-th operation of a kind from now on fails; with `lasting`, all later ones too.
    void fail(disk_operation what, std::uint64_t nth, std::errc error, bool lasting = false) {
        state_->faults[what] = {state_->counts[what] + nth, error, lasting};
    }
    void heal() { state_->faults.clear(); }

    /// Files may hold this much in all; more is std::errc::no_space_on_device.
    void limit_bytes(std::uint64_t bytes_max) { state_->bytes_max = bytes_max; }

    /// Power goes and comes back. Handles and mappings from before belong to the past and touch nothing any more.
    void crash(crash_outcome outcome = crash_outcome::by_seed) {
        auto const before = std::move(state_);
        state_ = std::make_shared<detail::disk_state>(before->chance());
        state_->bytes_max = before->bytes_max;
        state_->damage = before->damage;

        detail::name_table names = before->durable_names;
        std::size_t const changes = surviving_changes(*before, outcome);
        for (std::size_t i = 0; i < changes; ++i) detail::disk_state::apply(names, before->changes[i]);
        for (auto const& [name, file] : names) state_->names[name] = survivor(*before, *file, outcome);
        state_->durable_names = state_->names;
        before->power_until = 0;
    }

    /// A bit of one synced sector turns, not in what the last sync at the end of its file wrote. It shows after the
    /// next crash: until then programs read the page cache.
    ///
    /// returns   false if there is no such sector
    bool rot() {
        std::vector<std::pair<detail::disk_file*, std::size_t>> places;
        for (auto const& [name, file] : state_->durable_names) {
            for (std::size_t sector = 0; sector * detail::sector_bytes < file->durable.size(); ++sector) {
                if (file->fresh.contains(sector) || detail::disk_file::is_zero(file->durable, sector)) continue;
                places.emplace_back(file.get(), sector);
            }
        }
        if (places.empty()) return false;
        auto const [file, sector] = places[static_cast<std::size_t>(state_->chance.below(places.size()))];
        std::size_t const begin = sector * detail::sector_bytes;
        std::size_t const size = std::min(detail::sector_bytes, file->durable.size() - begin);
        file->durable[begin + static_cast<std::size_t>(state_->chance.below(size))] ^=
            std::byte{1} << state_->chance.below(8);
        if (state_->damage == disk_damage::none) state_->damage = disk_damage::old;
        return true;
    }

    /// One sector of the next sync goes to a wrong place of its file, and is missing at its own.
    void misdirect() { state_->next_sync_goes_astray = true; }
    disk_damage damage() const { return state_->damage; }

    /// What the files hold together.
    std::uint64_t bytes_used() const { return state_->bytes_used(); }

    /// The bytes of a file, to damage or to copy them; null without such a file.
    std::vector<std::byte>* bytes(std::string_view name) {
        auto const found = state_->names.find(name);
        return found == state_->names.end() ? nullptr : found->second->content.get();
    }

    /// Another disk with the same durable bytes: to try several ends of one run.
    disk copy(std::uint64_t seed) const {
        disk made{seed};
        for (auto const& [name, file] : state_->names) {
            auto copied = std::make_shared<detail::disk_file>();
            copied->content = std::make_shared<std::vector<std::byte>>(*file->content);
            copied->durable = *copied->content;
            made.state_->names[name] = copied;
        }
        made.state_->durable_names = made.state_->names;
        return made;
    }

private:
    static std::size_t surviving_changes(detail::disk_state& before, crash_outcome outcome) {
        switch (outcome) {
            case crash_outcome::lost: return 0;
            case crash_outcome::kept: return before.changes.size();
            case crash_outcome::by_seed: break;
        }
        return static_cast<std::size_t>(before.chance.below(before.changes.size() + 1));
    }

    static std::shared_ptr<detail::disk_file> survivor(detail::disk_state& before, detail::disk_file& file,
                                                       crash_outcome outcome) {
        auto const percent = static_cast<unsigned>(before.chance.below(101));
        file.collect_stores();
        for (auto sector : file.dirty) {
            bool const kept =
                outcome == crash_outcome::by_seed ? before.chance.chance(percent) : outcome == crash_outcome::kept;
            if (kept) file.persist(sector);
        }
        auto made = std::make_shared<detail::disk_file>();
        made->content = std::make_shared<std::vector<std::byte>>(file.durable);
        made->durable = file.durable;
        // Parts of a write that was cut off may survive and look like the last one.
        made->fresh = file.fresh;
        made->fresh.insert(file.dirty.begin(), file.dirty.end());
        return made;
    }

    std::shared_ptr<detail::disk_state> state_;
};

}  // namespace chronik::testing
