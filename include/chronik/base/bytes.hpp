// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/shared_bytes.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace chronik {

namespace detail {

template <std::integral T, std::endian Order>
constexpr T to_order(T value) {
    if constexpr (sizeof(T) == 1 || Order == std::endian::native) {
        return value;
    } else {
        return std::byteswap(value);
    }
}

}  // namespace detail

template <std::integral T, std::endian Order>
T load(std::byte const* source) {
    T value;
    std::memcpy(&value, source, sizeof value);
    return detail::to_order<T, Order>(value);
}

template <std::integral T, std::endian Order>
void store(std::byte* target, T value) {
    value = detail::to_order<T, Order>(value);
    std::memcpy(target, &value, sizeof value);
}

/// Whether each of them is zero: each is the same as the one before it, and so is the first.
inline bool all_zero(std::span<std::byte const> bytes) {
    if (bytes.empty()) return true;
    return bytes.front() == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

/// Reads numbers and runs of bytes from untrusted input, never past its end.
///
/// After the first read that does not fit, failed() is true, nothing more is consumed and every read
/// gives zero or an empty run; so a decoder may read a whole message and look once at the end.
class byte_reader {
public:
    explicit byte_reader(std::span<std::byte const> input) : rest_(input) {}

    bool failed() const { return failed_; }
    std::size_t remaining() const { return rest_.size(); }
    std::span<std::byte const> rest() const { return rest_; }
    void fail() { failed_ = true; rest_ = {}; }

    template <std::integral T, std::endian Order>
    T number() {
        if (rest_.size() < sizeof(T)) { fail(); return 0; }
        T const value = load<T, Order>(rest_.data());
        rest_ = rest_.subspan(sizeof(T));
        return value;
    }

    std::span<std::byte const> run(std::size_t size) {
        if (rest_.size() < size) { fail(); return {}; }
        auto const taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }

private:
    std::span<std::byte const> rest_;
    bool failed_ = false;
};

/// Appends numbers and runs to a growing buffer that the caller owns.
class byte_writer {
public:
    explicit byte_writer(std::vector<std::byte>& target) : target_(&target) {}

    std::size_t size() const { return target_->size(); }
    std::vector<std::byte>& target() { return *target_; }

    template <std::integral T, std::endian Order>
    void number(T value) {
        std::size_t const at = target_->size();
        target_->resize(at + sizeof(T));
        store<T, Order>(target_->data() + at, value);
    }

    void run(std::span<std::byte const> source) { target_->insert(target_->end(), source.begin(), source.end()); }

    /// Overwrites a number written earlier: lengths that are known only at the end.
    template <std::integral T, std::endian Order>
    void number_at(std::size_t position, T value) {
        store<T, Order>(target_->data() + position, value);
    }

private:
    std::vector<std::byte>* target_;
};

}  // namespace chronik
