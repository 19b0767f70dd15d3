// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/random.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/wal/concepts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
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

enum class disk_operation : std::uint8_t { write, allocate, sync, create, rename, remove, sync_directory };

namespace detail {

inline constexpr std::size_t sector_bytes = 512;

/// The bytes as programs see them and as the medium holds them.
struct disk_file {
    std::shared_ptr<std::vector<std::byte>> content = std::make_shared<std::vector<std::byte>>();
    std::vector<std::byte> durable;
    std::set<std::size_t> dirty;  ///< sectors that differ because no sync has covered them

    void resize(std::size_t size) {
        if (size <= content->size()) return;
        // Mappings of the smaller file keep the old bytes; the concept says the size is fixed while a mapping lives.
        auto grown = std::make_shared<std::vector<std::byte>>(*content);
        grown->resize(size);
        content = std::move(grown);
    }
};

using name_table = std::map<std::string, std::shared_ptr<disk_file>, std::less<>>;

/// A change of names that no directory sync has covered.
struct name_change {
    std::string from;
    std::string to;
    std::shared_ptr<disk_file> file;
};

struct disk_state {
    explicit disk_state(std::uint64_t seed) : chance(seed) {}

    chronik::random chance;
    name_table names;
    name_table durable_names;
    std::vector<name_change> changes;
    std::uint64_t operations = 0;
    std::uint64_t power_until = std::numeric_limits<std::uint64_t>::max();
    std::map<disk_operation, std::uint64_t> counts;
    struct fault {
        std::uint64_t at;
        std::errc error;
        bool lasting;
    };
    std::map<disk_operation, fault> faults;
    std::uint64_t bytes_max = std::numeric_limits<std::uint64_t>::max();

    bool powered() const { return operations < power_until; }

    /// Counts one operation. The last one before the power goes is begun but never reported as done.
    result<void> begin(disk_operation what, bool& cut) {
        if (!powered()) return failed(std::errc::io_error);
        ++operations;
        cut = !powered();
        auto const number = ++counts[what];
        auto const planned = faults.find(what);
        if (planned == faults.end()) return {};
        auto const [at, error, lasting] = planned->second;
        if (number == at || (lasting && number > at)) return failed(error);
        return {};
    }

    static std::unexpected<std::error_code> failed(std::errc error) {
        return std::unexpected(std::make_error_code(error));
    }

    static void apply(name_table& table, name_change const& change) {
        if (!change.from.empty()) table.erase(change.from);
        if (!change.to.empty()) table[change.to] = change.file;
    }

    std::uint64_t bytes_used() const {
        std::uint64_t total = 0;
        for (auto const& [name, file] : names) total += file->content->size();
        return total;
    }
};

}  // namespace detail

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
        bool cut = false;
        auto const begun = on_->begin(disk_operation::sync, cut);
        if (!begun) {
            // As Linux does: the pages are clean now, their bytes never reach the medium, and the next sync succeeds.
            if (on_->powered()) which_->dirty.clear();
            return begun;
        }
        // Power may go while some sectors are already safe: crash() decides about those still dirty.
        if (cut) return detail::disk_state::failed(std::errc::io_error);
        if (which_->durable.size() < which_->content->size()) which_->durable.resize(which_->content->size());
        for (auto sector : which_->dirty) persist(*which_, sector);
        which_->dirty.clear();
        return {};
    }

    result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const {
        auto const& content = *which_->content;
        if (position >= content.size()) return std::size_t{0};
        std::size_t const size = std::min<std::size_t>(into.size(), content.size() - position);
        std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(position), size, into.begin());
        return size;
    }

    result<std::uint64_t> size() const { return which_->content->size(); }

    result<shared_bytes> map() const { return shared_bytes{which_->content, *which_->content}; }

    static void persist(detail::disk_file& file, std::size_t sector) {
        std::size_t const begin = sector * detail::sector_bytes;
        std::size_t const end = std::min(begin + detail::sector_bytes, file.content->size());
        if (file.durable.size() < end) file.durable.resize(end);
        std::copy(file.content->begin() + static_cast<std::ptrdiff_t>(begin),
                  file.content->begin() + static_cast<std::ptrdiff_t>(end),
                  file.durable.begin() + static_cast<std::ptrdiff_t>(begin));
    }

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

static_assert(wal::file<disk_file>, "testing::disk_file models wal::file");
static_assert(wal::directory<disk_directory>, "testing::disk_directory models wal::directory");

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

        detail::name_table names = before->durable_names;
        std::size_t const changes = surviving_changes(*before, outcome);
        for (std::size_t i = 0; i < changes; ++i) detail::disk_state::apply(names, before->changes[i]);
        for (auto const& [name, file] : names) state_->names[name] = survivor(*before, *file, outcome);
        state_->durable_names = state_->names;
        before->power_until = 0;
    }

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
        for (auto sector : file.dirty) {
            bool const kept =
                outcome == crash_outcome::by_seed ? before.chance.chance(percent) : outcome == crash_outcome::kept;
            if (kept) disk_file::persist(file, sector);
        }
        auto made = std::make_shared<detail::disk_file>();
        made->content = std::make_shared<std::vector<std::byte>>(file.durable);
        made->durable = file.durable;
        return made;
    }

    std::shared_ptr<detail::disk_state> state_;
};

}  // namespace chronik::testing
