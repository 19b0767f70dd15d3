// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/schema/encode.hpp>

#include <cstddef>

namespace chronik::schema {

/// How many bytes encode() would append; the same errors.
template <described T, format Format>
[[nodiscard]] result<std::size_t> size(T const& message, version at, Format const& how) {
    detail::counting_writer counter;
    if (auto const done = encode(message, at, how, counter); !done) return std::unexpected(done.error());
    return counter.size();
}

}  // namespace chronik::schema
