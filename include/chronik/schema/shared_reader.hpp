// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>

#include <cstddef>
#include <utility>

namespace chronik::schema {

/// What decoding one message may cost, whatever its bytes claim.
///
/// allocated_bytes_max   memory for strings, copied bytes and array elements; slices of the input are free
/// nesting_max           depth of structures in structures, for descriptions that contain themselves
struct decode_limits {
    std::size_t allocated_bytes_max = std::size_t{64} << 20;
    std::size_t nesting_max = 32;
};

/// A byte_reader that remembers who owns its bytes, what decoding may still allocate, and why it failed.
class shared_reader : public byte_reader {
public:
    explicit shared_reader(shared_bytes input, decode_limits limits = {})
        : byte_reader(input.view()), input_(std::move(input)), allocatable_(limits.allocated_bytes_max),
          nestable_(limits.nesting_max) {}

    /// A reader over `part` of this one's bytes; it takes over what is left of the limits, see adopt().
    shared_reader over(std::span<std::byte const> part) const {
        return shared_reader{{input_.owner(), part}, {allocatable_, nestable_}};
    }
    /// What a reader made by over() has spent or found wrong counts here too.
    void adopt(shared_reader const& part) {
        allocatable_ = part.allocatable_;
        if (part.failed()) reject(part.error_);
    }

    /// The next `size` bytes, sharing the input's owner; empty when the reader has failed.
    shared_bytes shared_run(std::size_t size) {
        auto const taken = run(size);
        return failed() ? shared_bytes{} : shared_bytes{input_.owner(), taken};
    }

    /// Fails for a reason other than malformed bytes. The first reason stays.
    void reject(errc why) {
        if (!failed()) error_ = why;
        fail();
    }
    /// Meaningful once failed().
    errc error() const { return error_; }

    /// False, and failed with errc::too_large, when the limit would be passed.
    bool allocate(std::size_t size) {
        if (size > allocatable_) { reject(errc::too_large); return false; }
        allocatable_ -= size;
        return true;
    }
    bool enter() {
        if (nestable_ == 0) { reject(errc::too_large); return false; }
        --nestable_;
        return true;
    }
    void leave() { ++nestable_; }

private:
    shared_bytes input_;
    std::size_t allocatable_;
    std::size_t nestable_;
    errc error_ = errc::malformed;
};

}  // namespace chronik::schema
