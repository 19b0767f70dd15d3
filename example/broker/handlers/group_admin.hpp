// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

/// Groups as tools see them. A client asks every node for its list, and a group's coordinator for the rest.
namespace broker::handlers {

/// DescribeGroups, versions 0 to 6. A group that is not there is Dead; from version 6 on it is an error.
void handle(context& in, request_info const& info, wire::describe_groups::request&& asked,
            answer<wire::describe_groups::response> done);
/// ListGroups, versions 0 to 5, with filters of states and types.
void handle(context& in, request_info const& info, wire::list_groups::request&& asked,
            answer<wire::list_groups::response> done);
/// DeleteGroups, versions 0 to 2; answered when the deletions are committed.
void handle(context& in, request_info const& info, wire::delete_groups::request&& asked,
            answer<wire::delete_groups::response> done);

}  // namespace broker::handlers
