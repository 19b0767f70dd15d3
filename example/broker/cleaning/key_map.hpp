// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

struct evp_md_ctx_st;

namespace broker::cleaning {

/// The newest offset of each key, in memory that never grows: a key is the first half of its SHA-256, so two keys that
/// look alike would have to be a collision in 128 bits that somebody found.
///
/// threads   one
class key_map {
public:
    static constexpr std::size_t slot_bytes = 24;

    /// bytes_max   of all slots; nine of ten may be taken
    /// keys        no more are expected: the memory is not larger than they need
    key_map(std::size_t bytes_max, std::uint64_t keys);
    ~key_map();
    key_map(key_map const&) = delete;
    key_map& operator=(key_map const&) = delete;

    /// Later offsets come later. False if there is no room for another key.
    bool put(std::span<std::byte const> key, std::int64_t offset);
    std::optional<std::int64_t> find(std::span<std::byte const> key) const;
    std::size_t size() const { return used_; }
    bool is_full() const { return used_ >= used_max_; }

private:
    using digest = std::array<std::uint64_t, 2>;
    struct slot {
        digest of;
        std::int64_t offset = -1;  ///< -1: free
    };
    static_assert(sizeof(slot) == slot_bytes);

    digest hash(std::span<std::byte const> key) const;
    /// Where the key is, or the free slot where it would be.
    std::size_t place_of(digest const& of) const;

    std::vector<slot> slots_;
    std::size_t used_ = 0;
    std::size_t used_max_;
    evp_md_ctx_st* hasher_;
};

}  // namespace broker::cleaning
