// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace broker {

enum class metric_type { counter, gauge, histogram };

/// A family of series: one name, one meaning. Defined once, as a constant in metric_names.hpp.
struct metric_family {
    std::string_view name;
    metric_type type;
    std::string_view help;
};

using metric_labels = std::vector<std::pair<std::string_view, std::string>>;

/// Observations by upper bound, not cumulative; `above` counts those beyond the last bound.
struct histogram_value {
    std::vector<double> bounds;
    std::vector<std::uint64_t> counts;
    std::uint64_t above = 0;
    double sum = 0;
};

/// One series of one family.
struct metric {
    metric_family const* family;
    metric_labels labels;
    double value = 0;           ///< of a counter or a gauge
    histogram_value histogram;  ///< of a histogram
};

/// What a snapshot says in numbers. The event loop fills it; the HTTP thread renders it when somebody asks.
class metric_list {
public:
    void add(metric_family const& family, double value, metric_labels labels = {}) {
        metrics_.push_back({&family, std::move(labels), value, {}});
    }
    void add(metric_family const& family, std::uint64_t value, metric_labels labels = {}) {
        add(family, static_cast<double>(value), std::move(labels));
    }
    void add(metric_family const& family, histogram_value value, metric_labels labels = {}) {
        metrics_.push_back({&family, std::move(labels), 0, std::move(value)});
    }

    std::vector<metric> const& metrics() const { return metrics_; }

private:
    std::vector<metric> metrics_;
};

/// Prometheus text format 0.0.4. Families in the order of their first series, each once, however the series arrived.
std::string prometheus_text(metric_list const&);
inline constexpr std::string_view prometheus_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace broker
