// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace chronik {

/// A value that most of its owners never have: an optional that takes a pointer's room until it is there. A copy has a
/// value of its own, and what was moved from has none.
template <class T>
class rare {
public:
    rare() = default;
    rare(std::nullopt_t) {}
    template <class Value>
        requires(!std::same_as<std::remove_cvref_t<Value>, rare> && std::convertible_to<Value, T>)
    rare(Value&& value) : value_(std::make_unique<T>(std::forward<Value>(value))) {}

    rare(rare const& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
    rare(rare&&) noexcept = default;
    rare& operator=(rare const& other) { return *this = rare{other}; }
    rare& operator=(rare&&) noexcept = default;
    ~rare() = default;

    bool has_value() const { return value_ != nullptr; }
    explicit operator bool() const { return has_value(); }

    /// There is one: the caller has looked.
    T& operator*() { return *value_; }
    T const& operator*() const { return *value_; }
    T* operator->() { return value_.get(); }
    T const* operator->() const { return value_.get(); }

    template <class... Arguments>
    T& emplace(Arguments&&... arguments) {
        value_ = std::make_unique<T>(std::forward<Arguments>(arguments)...);
        return *value_;
    }
    /// The value; made anew if there is none.
    T& ensure() { return value_ ? *value_ : emplace(); }
    void reset() { value_.reset(); }

    friend bool operator==(rare const& left, T const& right) { return left.has_value() && *left == right; }

private:
    std::unique_ptr<T> value_;
};

}  // namespace chronik
