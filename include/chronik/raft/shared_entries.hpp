// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/entry.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace chronik::raft {

/// Entries in one block that several hold: the log until they are durable, their write, the message to each peer.
///
/// Copying copies a reference, never entries. They are filled by who holds them alone, and do not change after that.
/// threads   as of a shared_ptr: each thread its own copy
class shared_entries {
public:
    using value_type = entry;

    shared_entries() = default;
    /// Takes over a vector's storage without copying it.
    shared_entries(std::vector<entry>&& items) : block_(std::make_shared<block>(std::move(items))), view_(*block_) {}
    shared_entries(std::initializer_list<entry> items) : shared_entries(std::vector<entry>(items)) {}

    shared_entries(shared_entries const&) = default;
    shared_entries(shared_entries&& other) noexcept
        : block_(std::move(other.block_)), view_(std::exchange(other.view_, {})) {}
    shared_entries& operator=(shared_entries const&) = default;
    shared_entries& operator=(shared_entries&& other) noexcept {
        block_ = std::move(other.block_);
        view_ = std::exchange(other.view_, {});
        return *this;
    }
    ~shared_entries() = default;

    std::size_t size() const { return view_.size(); }
    bool empty() const { return view_.empty(); }
    entry const* begin() const { return view_.data(); }
    entry const* end() const { return view_.data() + view_.size(); }
    entry const& operator[](std::size_t at) const { return view_[at]; }
    entry const& front() const { return view_.front(); }
    entry const& back() const { return view_.back(); }

    /// A part of them that shares the block; the caller knows that first + count <= size().
    shared_entries slice(std::size_t first, std::size_t count) const {
        shared_entries part;
        part.block_ = block_;
        part.view_ = view_.subspan(first, count);
        return part;
    }

    friend bool operator==(shared_entries const& left, shared_entries const& right) {
        return std::ranges::equal(left, right);
    }

    // Filling them, which only who alone holds the whole block may do: can_grow().

    bool can_grow() const {
        return block_ == nullptr || (block_.use_count() == 1 && view_.size() == block_->size());
    }
    std::size_t capacity() const { return block_ == nullptr ? 0 : block_->capacity(); }
    void reserve(std::size_t count) {
        if (count <= capacity()) return;
        grown().reserve(count);
        view_ = *block_;
    }
    template <class... Fields>
    entry& emplace_back(Fields&&... fields) {
        entry& made = grown().emplace_back(std::forward<Fields>(fields)...);
        view_ = *block_;
        return made;
    }
    void push_back(entry item) { emplace_back(std::move(item)); }

    /// Who holds them alone keeps the block for others; what the entries own is given back.
    void clear() {
        view_ = {};
        if (is_last()) block_->clear(); else block_.reset();
    }

private:
    using block = std::vector<entry>;

    /// A holder on another thread let go just now: what it read must have happened before we change it. Taking a
    /// reference and dropping it orders us behind that as a fence would, and ThreadSanitizer understands it.
    bool is_last() const {
        if (block_.use_count() != 1) return false;
        static_cast<void>(std::shared_ptr<block>{block_});
        return true;
    }

    block& grown() {
        CHRONIK_ASSERT(can_grow());
        if (block_ == nullptr) block_ = std::make_shared<block>();
        return *block_;
    }

    std::shared_ptr<block> block_;
    std::span<entry const> view_;
};

}  // namespace chronik::raft
