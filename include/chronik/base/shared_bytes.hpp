// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace chronik {

/// An immutable run of bytes and whatever keeps it alive: a receive buffer, a mapped segment, a vector.
///
/// Copying copies a reference, never bytes: one record batch is received once and then shared by the
/// journal, every peer's send queue and every fetch.
/// threads   the bytes never change, so any thread may read; the count is atomic
class shared_bytes {
public:
    shared_bytes() = default;

    shared_bytes(std::shared_ptr<void const> owner, std::span<std::byte const> view)
        : owner_(std::move(owner)), view_(view) {}

    /// Takes over a vector's storage without copying it.
    explicit shared_bytes(std::vector<std::byte>&& storage) {
        auto kept = std::make_shared<std::vector<std::byte>>(std::move(storage));
        view_ = *kept;
        owner_ = std::move(kept);
    }

    static shared_bytes copy_of(std::span<std::byte const> source) {
        return shared_bytes{std::vector<std::byte>(source.begin(), source.end())};
    }
    static shared_bytes copy_of(std::string_view source) { return copy_of(std::as_bytes(std::span{source})); }

    std::span<std::byte const> view() const { return view_; }
    std::byte const* data() const { return view_.data(); }
    std::size_t size() const { return view_.size(); }
    bool empty() const { return view_.empty(); }
    std::string_view text() const { return {reinterpret_cast<char const*>(view_.data()), view_.size()}; }

    /// A part of it that shares the owner; the caller knows that first + count <= size().
    shared_bytes slice(std::size_t first, std::size_t count) const { return {owner_, view_.subspan(first, count)}; }

    /// Becomes another view. While the owner stays the same, no reference is counted.
    template <class Owner>
    void show(std::shared_ptr<Owner> const& owner, std::span<std::byte const> view) {
        owner_ = owner;
        view_ = view;
    }

    std::shared_ptr<void const> const& owner() const { return owner_; }

    friend bool operator==(shared_bytes const& left, shared_bytes const& right) {
        return std::ranges::equal(left.view_, right.view_);
    }

private:
    std::shared_ptr<void const> owner_;
    std::span<std::byte const> view_;
};

}  // namespace chronik
