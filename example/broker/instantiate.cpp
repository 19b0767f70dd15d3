// SPDX-License-Identifier: Apache-2.0
#include <composition.hpp>

template class chronik::host<broker::broker_policies>;
