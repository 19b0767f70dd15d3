// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/random.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace chronik::testing {

enum class disk_operation : std::uint8_t { write, allocate, sync, create, rename, remove, sync_directory, open };

/// What was done to bytes that a sync had covered.
enum class disk_damage : std::uint8_t {
    none,
    old,    ///< only to bytes that a later sync came after: recovery must notice
    fresh,  ///< also to bytes of the last sync: what is missing there may look as if it had never been synced
};

namespace detail {

inline constexpr std::size_t sector_bytes = 512;

/// The bytes as programs see them and as the medium holds them.
struct disk_file {
    std::shared_ptr<std::vector<std::byte>> content = std::make_shared<std::vector<std::byte>>();
    std::vector<std::byte> durable;
    std::set<std::size_t> dirty;  ///< sectors that differ because no sync has covered them
    std::set<std::size_t> fresh;  ///< sectors with something in them, of the last sync at the end and later ones before
    std::vector<std::byte> known; ///< content whose changes are in `dirty`; empty: nobody stores into the content

    void resize(std::size_t size) {
        if (size <= content->size()) return;
        // Mappings of the smaller file keep the old bytes; the concept says the size is fixed while a mapping lives.
        auto grown = std::make_shared<std::vector<std::byte>>(*content);
        grown->resize(size);
        content = std::move(grown);
    }

    void watch_stores() {
        if (known.empty()) known = *content;
    }
    /// Sectors that somebody has stored into are dirty.
    void collect_stores() {
        for (std::size_t begin = 0; begin < known.size(); begin += sector_bytes) {
            std::size_t const size = std::min(sector_bytes, known.size() - begin);
            if (std::memcmp(known.data() + begin, content->data() + begin, size) == 0) continue;
            std::memcpy(known.data() + begin, content->data() + begin, size);
            dirty.insert(begin / sector_bytes);
        }
    }

    void persist(std::size_t sector) { persist(sector, sector); }

    /// The bytes of one sector go to the place of another, as they should not.
    void persist(std::size_t sector, std::size_t place) {
        std::size_t const begin = sector * sector_bytes;
        std::size_t const size = std::min(begin + sector_bytes, content->size()) - begin;
        std::size_t const to = place * sector_bytes;
        if (durable.size() < to + size) durable.resize(to + size);
        std::copy_n(content->begin() + static_cast<std::ptrdiff_t>(begin), size,
                    durable.begin() + static_cast<std::ptrdiff_t>(to));
    }

    /// Everything dirty is safe; if `astray`, one sector of it went elsewhere.
    ///
    /// returns   whether a sector did
    bool persist_all(chronik::random* astray) {
        if (durable.size() < content->size()) durable.resize(content->size());
        std::vector<std::size_t> const telling = not_zero(*content, dirty);
        // What mends an earlier place, such as a header, leaves the end as it was.
        bool const at_the_end = fresh.empty() || (!telling.empty() && telling.back() >= *fresh.rbegin());
        if (at_the_end) fresh.clear();
        fresh.insert(telling.begin(), telling.end());
        std::size_t wrong = 0;
        std::size_t place = 0;
        if (astray != nullptr && !telling.empty()) {
            wrong = telling[static_cast<std::size_t>(astray->below(telling.size()))];
            place = static_cast<std::size_t>(astray->below(wrong + 1));
        }
        for (std::size_t sector : dirty) persist(sector, sector == wrong ? place : sector);
        dirty.clear();
        return wrong != place;
    }

    static std::vector<std::size_t> not_zero(std::vector<std::byte> const& bytes, std::set<std::size_t> const& of) {
        std::vector<std::size_t> found;
        for (std::size_t sector : of) {
            if (!is_zero(bytes, sector)) found.push_back(sector);
        }
        return found;
    }
    static bool is_zero(std::vector<std::byte> const& bytes, std::size_t sector) {
        auto const rest = std::span{bytes}.subspan(sector * sector_bytes);
        return all_zero(rest.first(std::min(rest.size(), sector_bytes)));
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
    bool next_sync_goes_astray = false;
    std::uint64_t write_backs = 0;
    disk_damage damage = disk_damage::none;

    bool powered() const { return operations < power_until; }

    /// Counts one that changes something. The last one before the power goes is begun but never reported as done.
    result<void> begin(disk_operation what, bool& cut) {
        if (!powered()) return failed(std::errc::io_error);
        ++operations;
        cut = !powered();
        return planned(what);
    }

    /// Counts one, and says what was planned for it.
    result<void> planned(disk_operation what) {
        auto const number = ++counts[what];
        auto const found = faults.find(what);
        if (found == faults.end()) return {};
        auto const [at, error, lasting] = found->second;
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

}  // namespace chronik::testing
