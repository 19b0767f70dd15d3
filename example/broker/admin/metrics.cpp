// SPDX-License-Identifier: Apache-2.0
#include <admin/metrics.hpp>

#include <chronik/base/assert.hpp>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <unordered_map>

namespace broker {
namespace {

prometheus::MetricType kind_of(metric_type type) {
    switch (type) {
        case metric_type::counter:
            return prometheus::MetricType::Counter;
        case metric_type::gauge:
            return prometheus::MetricType::Gauge;
        case metric_type::histogram:
            return prometheus::MetricType::Histogram;
    }
    return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric::Histogram cumulative(histogram_value const& value) {
    CHRONIK_ASSERT(value.bounds.size() == value.counts.size());
    prometheus::ClientMetric::Histogram out;
    for (std::size_t i = 0; i < value.bounds.size(); ++i) {
        out.sample_count += value.counts[i];
        out.bucket.push_back({out.sample_count, value.bounds[i]});
    }
    out.sample_count += value.above;
    out.sample_sum = value.sum;
    out.bucket.push_back({out.sample_count, std::numeric_limits<double>::infinity()});
    return out;
}

prometheus::ClientMetric series(metric const& source) {
    prometheus::ClientMetric out;
    for (auto const& [name, value] : source.labels) out.label.push_back({std::string(name), value});
    switch (source.family->type) {
        case metric_type::counter:
            out.counter.value = source.value;
            break;
        case metric_type::gauge:
            out.gauge.value = source.value;
            break;
        case metric_type::histogram:
            out.histogram = cumulative(source.histogram);
            break;
    }
    return out;
}

}  // namespace

std::string prometheus_text(metric_list const& list) {
    std::vector<prometheus::MetricFamily> families;
    std::unordered_map<std::string_view, std::size_t> positions;
    for (metric const& each : list.metrics()) {
        auto const [at, fresh] = positions.try_emplace(each.family->name, families.size());
        if (fresh) {
            families.push_back(
                {std::string(each.family->name), std::string(each.family->help), kind_of(each.family->type), {}});
        }
        families[at->second].metric.push_back(series(each));
    }
    return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace broker
