// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace broker::metadata {

/// A map whose copies share everything that did not change: buckets are copied when first written after freeze().
///
/// Copying costs a reference per bucket; a write after a copy costs one bucket, not the map.
/// Place   a stateless hash that is the same on every build: iteration order is part of what nodes compute
template <class Key, class Value, class Place>
class shared_map {
public:
    static constexpr std::size_t bucket_count = 1024;
    using pointer = std::shared_ptr<Value const>;
    using bucket = std::vector<std::pair<Key, pointer>>;

    std::size_t size() const { return size_; }

    template <class Like>
    pointer find(Like const& key) const {
        if (auto const& held = buckets_[place(key)])
            for (auto const& [known, value] : *held)
                if (known == key) return value;
        return nullptr;
    }

    /// The keys that share a bucket with this one.
    template <class Like>
    bucket const& neighbours(Like const& key) const {
        static bucket const none;
        auto const& held = buckets_[place(key)];
        return held ? *held : none;
    }

    void set(Key const& key, pointer value) {
        bucket& held = own(place(key));
        auto const found = std::ranges::find(held, key, [](auto const& each) -> Key const& { return each.first; });
        if (found != held.end()) {
            found->second = std::move(value);
        } else {
            held.emplace_back(key, std::move(value));
            ++size_;
        }
    }

    void erase(Key const& key) {
        size_ -= std::erase_if(own(place(key)), [&](auto const& each) { return each.first == key; });
    }

    template <class Visit>
    void for_each(Visit&& visit) const {
        for (auto const& held : buckets_)
            if (held)
                for (auto const& [key, value] : *held) visit(*value);
    }

    /// Before a copy that will be read elsewhere: from now on no bucket is written in place.
    void freeze() { owned_.reset(); }

private:
    template <class Like>
    static std::size_t place(Like const& key) {
        return static_cast<std::size_t>(Place{}(key) % bucket_count);
    }

    bucket& own(std::size_t at) {
        if (!owned_[at]) {
            buckets_[at] = buckets_[at] ? std::make_shared<bucket>(*buckets_[at]) : std::make_shared<bucket>();
            owned_.set(at);
        }
        return *buckets_[at];
    }

    std::array<std::shared_ptr<bucket>, bucket_count> buckets_;
    std::bitset<bucket_count> owned_;
    std::size_t size_ = 0;
};

}  // namespace broker::metadata
