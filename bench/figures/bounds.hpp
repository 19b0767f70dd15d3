// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "of_bound.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

namespace chronik::bench {

/// The figures of one benchmark beside what they are held to: `x` and `x_max`, or `x` and `x_min`. `of_bound` is the
/// worst of them, at most 1 where all hold. Nothing is asserted: what is too slow is seen, and fails no run.
class bounds {
public:
    explicit bounds(benchmark::State& state) : state_(state) {}

    bounds& at_most(std::string const& name, double figure, double maximum) {
        return tell(name, figure, name + "_max", maximum, of_maximum(figure, maximum));
    }
    bounds& at_least(std::string const& name, double figure, double minimum) {
        return tell(name, figure, name + "_min", minimum, of_minimum(figure, minimum));
    }

private:
    bounds& tell(std::string const& name, double figure, std::string const& limit, double bound, double taken) {
        worst_ = std::max(worst_, taken);
        state_.counters[name] = figure;
        state_.counters[limit] = bound;
        state_.counters["of_bound"] = worst_;
        return *this;
    }

    benchmark::State& state_;
    double worst_ = 0;
};

}  // namespace chronik::bench
