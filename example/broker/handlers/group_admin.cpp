// SPDX-License-Identifier: Apache-2.0
#include <handlers/group_admin.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace broker::handlers {

namespace {

using wire::error_code;

/// From this version on a missing group is an error of its own (KIP-1043).
constexpr wire::schema::version missing_is_error_since = 6;

bool same_word(std::string_view left, std::string_view right) {
    auto const lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(left, right, {}, lower, lower);
}

bool wanted(std::vector<std::string> const& filter, std::string_view word) {
    return filter.empty() || std::ranges::any_of(filter, [&](auto const& each) { return same_word(each, word); });
}

wire::describe_groups::group describe(context& in, std::string const& id, wire::schema::version version) {
    auto const where = in.groups.find(id);
    if (where) {
        if (auto known = where->groups->describe(id)) return *std::move(known);
    }
    wire::describe_groups::group out;
    out.group_id = id;
    if (!where) {
        out.error = where.error();
        return out;
    }
    out.group_state = groups::name(groups::group_state::dead);
    if (version >= missing_is_error_since) {
        out.error = error_code::group_id_not_found;
        out.error_message = "Group " + id + " not found.";
    }
    return out;
}

/// One DeleteGroups, until the last group has an outcome.
struct pending_deletion {
    explicit pending_deletion(answer<wire::delete_groups::response> to) : done(std::move(to)) {}

    answer<wire::delete_groups::response> done;
    wire::delete_groups::response response;
    std::size_t outstanding = 1;  ///< the request itself, until all its groups are started

    void finish_one() {
        if (--outstanding == 0) done(response);
    }
};

}  // namespace

void handle(context& in, request_info const& info, wire::describe_groups::request&& asked,
            answer<wire::describe_groups::response> done) {
    wire::describe_groups::response response;
    for (auto const& id : asked.groups) response.groups.push_back(describe(in, id, info.version()));
    done(response);
}

void handle(context& in, request_info const&, wire::list_groups::request&& asked,
            answer<wire::list_groups::response> done) {
    wire::list_groups::response response;
    auto const [led, problem] = in.groups.find_all();
    response.error = problem;
    for (auto const& each : led) each.groups->list(response.groups);
    std::erase_if(response.groups, [&](auto const& each) {
        return !wanted(asked.states_filter, each.group_state) || !wanted(asked.types_filter, each.group_type);
    });
    done(response);
}

void handle(context& in, request_info const&, wire::delete_groups::request&& asked,
            answer<wire::delete_groups::response> done) {
    auto const request = std::make_shared<pending_deletion>(std::move(done));
    auto& results = request->response.results;
    results.reserve(asked.groups_names.size());
    for (auto const& id : asked.groups_names) {
        std::size_t const place = results.size();
        results.push_back({id, error_code::none});
        auto const where = in.groups.find(id);
        if (!where) {
            results[place].error = where.error();
            continue;
        }
        auto const plan = in.groups.with(
            *where, [&](groups::coordinator& here, groups::turn& now) { return here.delete_group(id, now); });
        results[place].error = plan.response;
        if (plan.records.empty()) continue;
        ++request->outstanding;
        in.groups.store(where->group, plan.records, [request, place](error_code outcome) {
            request->response.results[place].error = outcome;
            request->finish_one();
        });
    }
    request->finish_one();
}

}  // namespace broker::handlers
