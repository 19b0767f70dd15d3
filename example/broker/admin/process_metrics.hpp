// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <admin/metrics.hpp>

namespace broker {

/// Memory, processor time and open files of this process, under the names that every Prometheus client uses.
/// What /proc does not tell is left out.
void add_process_metrics(metric_list&);

}  // namespace broker
