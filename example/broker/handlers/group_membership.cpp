// SPDX-License-Identifier: Apache-2.0
#include <handlers/group_membership.hpp>

#include <utility>

namespace broker::handlers {

namespace {

using wire::error_code;

/// Versions of JoinGroup from which on a client can do something.
constexpr wire::schema::version two_steps_since = 4;
constexpr wire::schema::version skips_since = 9;

/// As Kafka shows it: the address without the port.
std::string host_of(std::string const& peer) { return "/" + peer.substr(0, peer.rfind(':')); }

}  // namespace

void handle(context& in, request_info const& info, wire::join_group::request&& asked,
            answer<wire::join_group::response> done) {
    groups::joiner const who{.client_id = info.header.client_id.value_or(""),
                             .client_host = host_of(info.from.peer),
                             .needs_id = info.version() >= two_steps_since,
                             .can_skip = info.version() >= skips_since};
    in.groups.join(asked, who, [done = std::move(done)](groups::join_answer const& response) mutable {
        done(response);
    });
}

void handle(context& in, request_info const&, wire::sync_group::request&& asked,
            answer<wire::sync_group::response> done) {
    in.groups.sync(asked, [done = std::move(done)](groups::sync_answer const& response) mutable { done(response); });
}

void handle(context& in, request_info const&, wire::heartbeat::request&& asked,
            answer<wire::heartbeat::response> done) {
    auto const where = in.groups.find(asked.group_id);
    if (where) {
        return done(in.groups.with(
            *where, [&](groups::coordinator& here, groups::turn& now) { return here.heartbeat(asked, now); }));
    }
    wire::heartbeat::response response;
    // A coordinator that begins knows the member in a moment: no reason for it to look for another.
    if (where.error() != error_code::coordinator_load_in_progress) response.error = where.error();
    done(response);
}

void handle(context& in, request_info const& info, wire::leave_group::request&& asked,
            answer<wire::leave_group::response> done) {
    auto const where = in.groups.find(asked.group_id);
    if (where) {
        return done(in.groups.with(*where, [&](groups::coordinator& here, groups::turn& now) {
            return here.leave(asked, info.version(), now);
        }));
    }
    wire::leave_group::response response;
    response.error = where.error();
    done(response);
}

}  // namespace broker::handlers
