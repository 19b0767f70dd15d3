// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <log/log.hpp>
#include <settings/exit.hpp>
#include <settings/settings.hpp>

#include <cstdint>

namespace broker {

/// What a broker keeps of the process's file descriptors, so that clients never take them.
///
/// storage   the journal's files, what is open while records settle, and what is opened now and then
/// nodes     two connections with each other node, and those that have not said who they are
/// http      connections to http_port
/// process   whatever the number of files and connections
struct kept_descriptors {
    std::uint64_t storage = 0;
    std::uint64_t nodes = 0;
    std::uint64_t http = 0;
    std::uint64_t process = 0;

    std::uint64_t all() const { return storage + nodes + http + process; }
};

kept_descriptors descriptors_kept(settings const&);

/// How many the process may have open: the soft RLIMIT_NOFILE.
std::uint64_t descriptor_limit();

/// Makes it the hard limit. What cannot be had is not: who looks at the limit afterwards sees it.
/// threads   call it before there are others
void raise_descriptor_limit();

/// connections_max, or what is left beside the descriptors that are kept, if that is less.
///
/// limit    of descriptors
/// errors   exit_code::configuration: hardly any client would be left
startup<std::uint32_t> clients_that_fit(settings const&, std::uint64_t limit);

/// For an operator: what the limit is used for, and whether it was too small for what the settings asked for.
void tell_descriptors(logger const&, settings const& asked, std::uint64_t limit);

}  // namespace broker
