// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace chronik::bench {

/// The end of a run that cannot go on. A full disk is the usual cause, and a run that ends without a word looks as if
/// somebody had stopped it.
[[noreturn]] inline void give_up(std::string_view doing, std::string const& why) {
    std::fprintf(stderr, "%s: %s; TMPDIR names the disk\n", std::string{doing}.c_str(), why.c_str());
    std::exit(EXIT_FAILURE);
}

/// What a benchmark stands on.
template <class T>
T must(std::string_view doing, result<T>&& done) {
    if (!done) give_up(doing, done.error().message());
    if constexpr (!std::is_void_v<T>) return std::move(*done);
}

}  // namespace chronik::bench
