// SPDX-License-Identifier: Apache-2.0
#include <handlers/group_offsets.hpp>

#include <utility>

namespace broker::handlers {

namespace {

using wire::error_code;

/// From this version on OffsetFetch asks for several groups.
constexpr wire::schema::version many_since = 8;
/// From this version on it can say what is wrong with a whole request.
constexpr wire::schema::version error_since = 2;

/// Gives an error to every partition that has none of its own.
template <class Response>
void fail_rest(Response& response, error_code why) {
    for (auto& topic : response.topics) {
        for (auto& one : topic.partitions) {
            if (one.error == error_code::none) one.error = why;
        }
    }
}

/// Answers at once, or when the records of the plan are committed.
template <class Response>
void finish(context& in, chronik::group_id group, groups::coordinator::plan<Response> plan, answer<Response> done) {
    if (plan.records.empty()) return done(plan.response);
    in.groups.store(group, plan.records,
                    [response = std::move(plan.response), done = std::move(done)](error_code outcome) mutable {
                        if (outcome != error_code::none) fail_rest(response, outcome);
                        done(response);
                    });
}

}  // namespace

void handle(context& in, request_info const&, wire::offset_commit::request&& asked,
            answer<wire::offset_commit::response> done) {
    auto const where = in.groups.find(asked.group_id);
    if (where) {
        auto plan = in.groups.with(*where, [&](groups::coordinator& here, groups::turn& now) {
            return here.commit(asked, in.groups.existing(), now);
        });
        in.groups.count_commits(plan.records.size());
        return finish(in, where->group, std::move(plan), std::move(done));
    }
    wire::offset_commit::response response;
    for (auto const& topic : asked.topics) {
        auto& answers = response.topics.emplace_back();
        answers.name = topic.name;
        for (auto const& each : topic.partitions) answers.partitions.push_back({each.partition_index, where.error()});
    }
    done(response);
}

void handle(context& in, request_info const& info, wire::offset_fetch::request&& asked,
            answer<wire::offset_fetch::response> done) {
    wire::offset_fetch::response response;
    if (info.version() >= many_since) {
        for (auto const& each : asked.groups) {
            auto& one = response.groups.emplace_back();
            one.group_id = each.group_id;
            auto const where = in.groups.find(each.group_id);
            if (where) one.topics = where->groups->fetch(each.group_id, each.topics);
            else one.error = where.error();
        }
        return done(response);
    }
    auto const where = in.groups.find(asked.group_id);
    if (where) {
        response.topics = where->groups->fetch(asked.group_id, asked.topics);
    } else if (info.version() >= error_since) {
        response.error = where.error();
    } else if (asked.topics) {
        for (auto const& topic : *asked.topics) {
            auto& answers = response.topics.emplace_back();
            answers.name = topic.name;
            for (auto const partition : topic.partition_indexes)
                answers.partitions.push_back({partition, -1, -1, "", where.error()});
        }
    }
    done(response);
}

void handle(context& in, request_info const&, wire::offset_delete::request&& asked,
            answer<wire::offset_delete::response> done) {
    auto const where = in.groups.find(asked.group_id);
    if (where) return finish(in, where->group, where->groups->delete_offsets(asked), std::move(done));
    wire::offset_delete::response response;
    response.error = where.error();
    done(response);
}

}  // namespace broker::handlers
