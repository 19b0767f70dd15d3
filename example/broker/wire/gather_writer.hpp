// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/shared_bytes.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace broker::wire {

/// Collects one message as a list of runs: what was encoded, and record batches where they already lie.
///
/// A batch is never copied between the journal's mapping and the socket. Everything encoded shares one
/// allocation, cut at the places where a batch stands between.
class gather_writer {
public:
    /// Shorter runs are cheaper to copy than to send as a piece; every whole batch is longer.
    static constexpr std::size_t inlined_bytes_max = 48;

    std::size_t size() const { return own_.size() + shared_size_; }

    template <std::integral T, std::endian Order>
    void number(T value) {
        std::size_t const at = own_.size();
        own_.resize(at + sizeof(T));
        chronik::store<T, Order>(own_.data() + at, value);
    }
    void run(std::span<std::byte const> source) { own_.insert(own_.end(), source.begin(), source.end()); }

    void shared(chronik::shared_bytes const& bytes) {
        if (bytes.size() <= inlined_bytes_max) return run(bytes.view());
        cuts_.push_back({own_.size(), bytes});
        shared_size_ += bytes.size();
    }

    /// Overwrites a number in front of the first shared run: a length that is known only at the end.
    template <std::integral T, std::endian Order>
    void number_at(std::size_t position, T value) {
        chronik::store<T, Order>(own_.data() + position, value);
    }

    /// The runs in order, none of them empty. The writer is used up.
    std::vector<chronik::shared_bytes> finish() && {
        chronik::shared_bytes const own{std::move(own_)};
        std::vector<chronik::shared_bytes> runs;
        runs.reserve(cuts_.size() * 2 + 1);
        std::size_t done = 0;
        auto const own_until = [&](std::size_t end) {
            if (end > done) runs.push_back(own.slice(done, end - done));
            done = end;
        };
        for (auto& each : cuts_) {
            own_until(each.at);
            runs.push_back(std::move(each.bytes));
        }
        own_until(own.size());
        return runs;
    }

private:
    struct cut {
        std::size_t at;
        chronik::shared_bytes bytes;
    };

    std::vector<std::byte> own_;
    std::vector<cut> cuts_;
    std::size_t shared_size_ = 0;
};

}  // namespace broker::wire
