// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace chronik {

/// One visitor out of several lambdas: std::visit(overloaded{[](a) {}, [](b) {}}, variant).
template <class... Calls>
struct overloaded : Calls... {
    using Calls::operator()...;
};

}  // namespace chronik
