// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace chronik::raft {

/// A queue in one piece of memory that it keeps until it is told to give it back: no allocation once it has seen its
/// usual length.
template <class Item>
class fifo {
public:
    std::size_t size() const { return items_.size() - head_; }
    bool empty() const { return size() == 0; }
    std::size_t capacity() const { return items_.capacity(); }
    Item const& operator[](std::size_t at) const { return items_[head_ + at]; }
    Item const& front() const { return items_[head_]; }
    Item const& back() const { return items_.back(); }
    Item& operator[](std::size_t at) { return items_[head_ + at]; }
    Item& front() { return items_[head_]; }
    Item& back() { return items_.back(); }

    /// All items, in order and in one piece; until the next change.
    std::span<Item const> view() const { return std::span<Item const>{items_}.subspan(head_); }

    void push(Item&& item) { items_.push_back(std::move(item)); }
    void push(Item const& item) { items_.push_back(item); }
    /// A fresh item at the end, to be filled in place.
    Item& emplace() { return items_.emplace_back(); }

    void pop_front(std::size_t count) {
        if (count == size()) return clear();
        // What an item owns is given back now, not when the memory is used again.
        if constexpr (!std::is_trivially_destructible_v<Item>) {
            for (std::size_t i = 0; i < count; ++i) {
                std::destroy_at(&items_[head_ + i]);
                std::construct_at(&items_[head_ + i]);
            }
        }
        head_ += count;
        if (head_ >= items_.size() - head_) {
            items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
            head_ = 0;
        }
    }

    /// Keeps the first `count` items.
    void shrink_to(std::size_t count) {
        items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(head_ + count), items_.end());
    }

    void clear() {
        items_.clear();
        head_ = 0;
    }

    /// The memory, if nothing is in it.
    void give_back() {
        if (empty()) *this = {};
    }

private:
    std::vector<Item> items_;
    std::size_t head_ = 0;
};

}  // namespace chronik::raft
