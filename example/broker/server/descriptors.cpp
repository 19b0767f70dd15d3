// SPDX-License-Identifier: Apache-2.0
#include <server/descriptors.hpp>

#include <admin/http.hpp>
#include <server/journal_options.hpp>
#include <settings/settings_table.hpp>

#include <chronik/net/tcp_options.hpp>

#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>

namespace broker {
namespace {

/// Cleaning, snapshots, the partitions' states, the identity, and what is locked.
constexpr std::uint64_t other_files = 24;
/// Standard streams, the event loop, listeners, look-ups of names, listings of /proc, connections to be refused.
constexpr std::uint64_t process_files = 32;
/// A cluster may grow while it runs, and its links are not to wait for clients to leave.
constexpr std::uint64_t nodes_min = 100;
/// With fewer it is not worth a start.
constexpr std::uint64_t clients_min = 16;

/// The journal stops growing at twice what it settles at; see wal::options.
std::uint64_t journal_files(chronik::wal::options const& options) {
    auto const segments = 2 * options.unsettled_segments_max + options.spare_segments + options.idle_segments_max;
    return std::min(segments, options.segments_max) + 2 * options.settle_runs_max;
}

}  // namespace

kept_descriptors descriptors_kept(settings const& config) {
    kept_descriptors kept{.storage = journal_files(journal_options(config)) + other_files,
                          .nodes = 0,
                          .http = http_connections_max,
                          .process = process_files};
    if (!config.single_node)
        kept.nodes = 2 * std::max<std::uint64_t>(config.peers.size(), nodes_min) +
                     chronik::net::tcp_options{}.handshakes_max;
    return kept;
}

std::uint64_t descriptor_limit() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

startup<std::uint32_t> clients_that_fit(settings const& config, std::uint64_t limit) {
    auto const kept = descriptors_kept(config).all();
    std::uint64_t const wanted = config.connections_max;
    std::uint64_t const fit = std::min(wanted, limit - std::min(limit, kept));
    if (fit >= std::min(wanted, clients_min)) return static_cast<std::uint32_t>(fit);
    return refuse(fmt::format("at most {} files may be open, which is too few: the broker keeps {} for itself; raise "
                              "the limit (ulimit -n, LimitNOFILE) to {}, for as many clients as {} has",
                              limit, kept, kept + wanted, places("connections_max")));
}

void tell_descriptors(logger const& log, settings const& asked, std::uint64_t limit) {
    auto const kept = descriptors_kept(asked);
    log.info("{} files may be open: {} are kept for storage, {} for other nodes, {} for HTTP and {} for the process",
             limit, kept.storage, kept.nodes, kept.http, kept.process);
    auto const fit = clients_that_fit(asked, limit);
    if (!fit || *fit == asked.connections_max) return;
    log.warn("connections_max is {} instead of {}: raise the limit of open files (ulimit -n, LimitNOFILE) to {}", *fit,
             asked.connections_max, kept.all() + asked.connections_max);
}

}  // namespace broker
