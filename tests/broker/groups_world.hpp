// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <groups/coordinator.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// A coordinator without a broker: its time is a number, its log a list, and members have short names.
namespace broker::tests {

using namespace std::chrono_literals;
using wire::error_code;

inline chronik::shared_bytes bytes(std::string_view text) { return chronik::shared_bytes::copy_of(text); }

/// A consumer's subscription as clients encode it.
inline chronik::shared_bytes subscription(std::vector<std::string> const& topics) {
    std::vector<std::byte> out;
    chronik::byte_writer to{out};
    to.number<std::int16_t, std::endian::big>(0);
    to.number<std::int32_t, std::endian::big>(static_cast<std::int32_t>(topics.size()));
    for (auto const& each : topics) {
        to.number<std::int16_t, std::endian::big>(static_cast<std::int16_t>(each.size()));
        to.run(std::as_bytes(std::span{each}));
    }
    to.number<std::int32_t, std::endian::big>(-1);
    return chronik::shared_bytes{std::move(out)};
}

class groups_world : public testing::Test {
protected:
    groups_world() {
        options.initial_rebalance_delay = {};
        restart();
    }

    /// Another broker takes over: only what was stored is left.
    void restart() {
        waiting_writes.clear();
        coordinator = std::make_unique<groups::coordinator>(stored, now);
    }

    template <class Work>
    auto step(Work&& work) {
        groups::outputs out;
        groups::turn in{now, wall_ms, options, chance, last_token, out};
        if constexpr (std::is_void_v<decltype(work(in))>) {
            work(in);
            take(std::move(out));
        } else {
            auto result = work(in);
            take(std::move(out));
            return result;
        }
    }

    void pass(std::chrono::milliseconds time) {
        now += time;
        wall_ms += time.count();
        if (coordinator->wake_at() <= now) step([&](auto& in) { coordinator->tick(in); });
    }

    /// The log takes what was written, or refuses it.
    void commit_writes(error_code outcome = error_code::none) {
        while (!waiting_writes.empty()) {
            auto const each = std::move(waiting_writes.front());
            waiting_writes.pop_front();
            if (outcome == error_code::none) {
                for (auto const& record : each.records) stored.apply(record);
            }
            step([&](auto& in) { coordinator->written(each.group, each.token, outcome, in); });
        }
    }

    struct asking {
        std::string id{};
        std::optional<std::string> instance{};
        std::vector<wire::join_group::protocol> protocols{{"range", subscription({"t"})}};
        bool needs_id = false;
        bool can_skip = false;
        std::string type = "consumer";
        std::int32_t session_ms = 10'000;
        std::int32_t rebalance_ms = 60'000;
    };
    groups::ticket join(asking const& who) {
        wire::join_group::request asked;
        asked.group_id = "g";
        asked.session_timeout_ms = who.session_ms;
        asked.rebalance_timeout_ms = who.rebalance_ms;
        asked.member_id = who.id;
        asked.group_instance_id = who.instance;
        asked.protocol_type = who.type;
        asked.protocols = who.protocols;
        auto const mine = ++last_ticket;
        step([&](auto& in) {
            coordinator->join(asked, {"client", "/host", who.needs_id, who.can_skip}, mine, in);
        });
        return mine;
    }
    groups::ticket sync(std::string const& id, std::int32_t generation,
                        std::map<std::string, std::string> const& assignments = {},
                        std::optional<std::string> instance = {}) {
        wire::sync_group::request asked;
        asked.group_id = "g";
        asked.member_id = id;
        asked.generation_id = generation;
        asked.group_instance_id = std::move(instance);
        for (auto const& [who, what] : assignments) asked.assignments.push_back({who, bytes(what)});
        auto const mine = ++last_ticket;
        step([&](auto& in) { coordinator->sync(asked, mine, in); });
        return mine;
    }
    error_code heartbeat(std::string const& id, std::int32_t generation, std::optional<std::string> instance = {}) {
        wire::heartbeat::request const asked{"g", generation, id, std::move(instance)};
        return step([&](auto& in) { return coordinator->heartbeat(asked, in).error; });
    }
    error_code leave(std::string const& id, std::optional<std::string> instance = {}) {
        wire::leave_group::request asked;
        asked.group_id = "g";
        asked.members.push_back({id, std::move(instance), {}});
        return step([&](auto& in) { return coordinator->leave(asked, 3, in).members.at(0).error; });
    }
    /// Commits one offset; what was said, and whether it was stored.
    error_code commit(std::string const& id, std::int32_t generation, std::int64_t offset,
                      std::string const& topic = "t", std::string const& metadata = "") {
        wire::offset_commit::request asked;
        asked.group_id = "g";
        asked.member_id = id;
        asked.generation_id_or_member_epoch = generation;
        asked.topics.push_back({topic, {{0, offset, -1, metadata}}});
        auto const plan = step([&](auto& in) { return coordinator->commit(asked, exists, in); });
        for (auto const& record : plan.records) stored.apply(record);
        return plan.response.topics.at(0).partitions.at(0).error;
    }
    std::int64_t committed(std::string const& topic = "t") const {
        return coordinator->fetch("g", std::vector{wire::offset_fetch::topic_request{topic, {0}}})
            .at(0)
            .partitions.at(0)
            .committed_offset;
    }

    /// The answer to a join, if it was given.
    std::optional<groups::join_answer> joined(groups::ticket which) const { return answer<groups::join_answer>(which); }
    std::optional<groups::sync_answer> synced(groups::ticket which) const { return answer<groups::sync_answer>(which); }
    std::string state() const {
        auto const known = coordinator->describe("g");
        return known ? known->group_state : "none";
    }

    struct settled {
        std::string leader;
        std::vector<std::string> ids;
        std::int32_t generation = 0;
    };
    /// A stable group of so many members, each assigned its own id.
    settled settle(std::size_t members, std::vector<asking> const& who = {}) {
        std::vector<groups::ticket> tickets;
        settled out;
        for (std::size_t i = 0; i < members; ++i) {
            tickets.push_back(join(i < who.size() ? who[i] : asking{}));
            // Those who are in a generation already join the next one with the newcomer.
            for (std::size_t k = 0; k < i; ++k) {
                asking again = k < who.size() ? who[k] : asking{};
                again.id = out.ids[k];
                tickets[k] = join(again);
            }
            auto const mine = joined(tickets[i]);
            if (!mine || mine->error != error_code::none) {
                ADD_FAILURE() << "member " << i << " did not join";
                return out;
            }
            out.ids.push_back(mine->member_id);
            out.leader = mine->leader;
            out.generation = mine->generation_id;
        }
        std::map<std::string, std::string> all;
        for (auto const& id : out.ids) all.emplace(id, id);
        for (auto const& id : out.ids) sync(id, out.generation, id == out.leader ? all : decltype(all){});
        commit_writes();
        EXPECT_EQ(state(), "Stable");
        return out;
    }

    groups::group_options options;
    groups::stored_groups stored;
    std::unique_ptr<groups::coordinator> coordinator;
    std::deque<groups::write> waiting_writes;
    std::vector<std::string> notices;
    groups::partition_exists exists = [](auto const&, auto) { return true; };
    chronik::time_point now{1s};
    std::int64_t wall_ms = 1'700'000'000'000;
    chronik::random chance{7};

private:
    template <class Answer>
    std::optional<Answer> answer(groups::ticket which) const {
        auto const found = answers.find(which);
        return found == answers.end() ? std::nullopt : std::optional{std::get<Answer>(found->second)};
    }
    void take(groups::outputs out) {
        for (auto& each : out.answers) {
            EXPECT_TRUE(answers.emplace(each.to, std::move(each.what)).second) << "answered twice";
        }
        for (auto& each : out.writes) waiting_writes.push_back(std::move(each));
        for (auto& each : out.notices) notices.push_back(std::move(each.what));
    }

    std::map<groups::ticket, decltype(groups::answer::what)> answers;
    groups::ticket last_ticket = 0;
    std::uint64_t last_token = 0;
};

}  // namespace broker::tests
