// SPDX-License-Identifier: Apache-2.0

// The map after what it declares: a class that became a template, or lost a parameter, does not compile.
#include <chronik/chronik.hpp>
#include <chronik/concepts.hpp>
#include <chronik/net/awaitable_group.hpp>
#include <chronik/net/host_driver.hpp>
#include <chronik/net/tcp_transport.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/posix/io_lanes.hpp>
#include <chronik/posix/io_thread.hpp>
#include <chronik/posix/loop_lane.hpp>
#include <chronik/testing/checkers.hpp>
#include <chronik/testing/cluster.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/testing/executor.hpp>
#include <chronik/testing/network.hpp>
#include <chronik/testing/scheduler.hpp>

#include <chronik/fwd.hpp>
