// SPDX-License-Identifier: Apache-2.0
#include <broker/handlers_fixture.hpp>

#include <groups/log_records.hpp>
#include <wire/records.hpp>

#include <string>

namespace broker::tests {
namespace {

using wire::error_code;

class group_handlers : public handlers {
protected:
    /// The first question makes the topic; asked while it has no leaders, a client asks again.
    void find_coordinator() {
        wire::find_coordinator::request asked;
        asked.group = "any";
        auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        auto told = client.ask<wire::find_coordinator::response>(asked, 0);
        while (told && told->error == error_code::coordinator_not_available &&
               std::chrono::steady_clock::now() < deadline) {
            told = client.ask<wire::find_coordinator::response>(asked, 0);
        }
        ASSERT_TRUE(told);
        ASSERT_EQ(told->error, error_code::none);
    }
    void SetUp() override { find_coordinator(); }

    static wire::join_group::request joining(std::string group, std::string member = "") {
        wire::join_group::request asked;
        asked.group_id = std::move(group);
        asked.session_timeout_ms = 30'000;
        asked.rebalance_timeout_ms = 60'000;
        asked.member_id = std::move(member);
        asked.protocol_type = "consumer";
        asked.protocols.push_back({"range", chronik::shared_bytes::copy_of("subscription")});
        return asked;
    }
    /// Joins the way a client of this version does, and assigns everything to itself.
    wire::join_group::response lead(std::string const& group, std::int16_t join_version = 9,
                                    std::int16_t sync_version = 5) {
        auto told = client.ask<wire::join_group::response>(joining(group), join_version);
        if (told && told->error == error_code::member_id_required)
            told = client.ask<wire::join_group::response>(joining(group, told->member_id), join_version);
        if (!told || told->error != error_code::none) {
            ADD_FAILURE() << "not joined: " << (told ? wire::name(told->error) : "closed");
            return {};
        }
        wire::sync_group::request asked;
        asked.group_id = group;
        asked.generation_id = told->generation_id;
        asked.member_id = told->member_id;
        asked.assignments.push_back({told->member_id, chronik::shared_bytes::copy_of("everything")});
        auto const assigned = client.ask<wire::sync_group::response>(asked, sync_version);
        EXPECT_TRUE(assigned && assigned->error == error_code::none);
        if (assigned) {
            EXPECT_EQ(assigned->assignment.text(), "everything");
        }
        return *told;
    }
    error_code commit(std::string const& group, std::string const& topic, std::int64_t offset,
                      wire::join_group::response const& member = {}, std::int16_t version = 8) {
        wire::offset_commit::request asked;
        asked.group_id = group;
        asked.generation_id_or_member_epoch = member.generation_id;
        asked.member_id = member.member_id;
        asked.topics.push_back({topic, {{0, offset, -1, "words"}}});
        auto const told = client.ask<wire::offset_commit::response>(asked, version);
        return told ? told->topics.at(0).partitions.at(0).error : error_code::unknown_server_error;
    }
    std::int64_t committed(std::string const& group, std::string const& topic) {
        wire::offset_fetch::request asked;
        asked.group_id = group;
        asked.topics.emplace().push_back({topic, {0}});
        auto const told = client.ask<wire::offset_fetch::response>(asked, 1);
        return told ? told->topics.at(0).partitions.at(0).committed_offset : -2;
    }
    error_code leave(std::string const& group, std::string const& member) {
        wire::leave_group::request asked;
        asked.group_id = group;
        asked.member_id = member;
        return client.ask<wire::leave_group::response>(asked, 1)->error;
    }
};

TEST_F(group_handlers, every_version_names_this_broker_as_the_coordinator) {
    for (std::int16_t version = 0; version <= 5; ++version) {
        SCOPED_TRACE(version);
        wire::find_coordinator::request asked;
        if (version < 4) asked.group = "g";
        else asked.coordinator_keys = {"g", "h"};
        auto const told = client.ask<wire::find_coordinator::response>(asked, version);
        ASSERT_TRUE(told);
        if (version < 4) {
            EXPECT_EQ(told->error, error_code::none);
            EXPECT_EQ(told->node_id, 1);
            EXPECT_EQ(told->port, port());
        } else {
            ASSERT_EQ(told->coordinators.size(), 2u);
            EXPECT_EQ(told->coordinators[1].key, "h");
            EXPECT_EQ(told->coordinators[1].port, port());
        }
    }
}

TEST_F(group_handlers, transactions_have_no_coordinator_and_the_client_is_told_why) {
    wire::find_coordinator::request asked;
    asked.kind = wire::find_coordinator::key_type::transaction;
    asked.coordinator_keys = {"t"};
    auto const told = client.ask<wire::find_coordinator::response>(asked, 4);
    ASSERT_TRUE(told && told->coordinators.size() == 1);
    EXPECT_EQ(told->coordinators[0].error, error_code::invalid_request);
    EXPECT_TRUE(told->coordinators[0].error_message);
}

TEST_F(group_handlers, the_topic_of_offsets_is_internal_and_nobody_else_writes_to_it) {
    wire::metadata::request asked;
    asked.topics.emplace().push_back({{}, "__consumer_offsets"});
    auto const told = client.ask<wire::metadata::response>(asked, 9);
    ASSERT_TRUE(told && told->topics.size() == 1);
    EXPECT_TRUE(told->topics[0].is_internal);
    EXPECT_EQ(told->topics[0].partitions.size(), 3u) << "as the settings say";

    EXPECT_EQ(produce("__consumer_offsets", one_record()).error, error_code::invalid_topic_exception);
}

TEST_F(group_handlers, members_of_every_version_join_and_are_assigned) {
    for (std::int16_t version = 0; version <= 9; ++version) {
        SCOPED_TRACE(version);
        auto const group = "joined-with-" + std::to_string(version);
        auto const member = lead(group, version, std::min<std::int16_t>(version, 5));
        EXPECT_EQ(member.generation_id, 1);
        EXPECT_EQ(member.leader, member.member_id);
        EXPECT_EQ(member.protocol_name, "range");
        ASSERT_EQ(member.members.size(), 1u);
        EXPECT_EQ(member.members[0].metadata.text(), "subscription");

        wire::heartbeat::request const beat{group, 1, member.member_id, {}};
        auto const told = client.ask<wire::heartbeat::response>(beat, std::min<std::int16_t>(version, 4));
        EXPECT_TRUE(told && told->error == error_code::none);
    }
}

TEST_F(group_handlers, a_join_waits_until_the_others_have_joined_too) {
    auto const first = lead("two");
    raw_client second_client{port()};
    second_client.send(joining("two"), 3);
    // The newcomer's request is taken when the first member hears of it.
    wire::heartbeat::request const beat{"two", 1, first.member_id, {}};
    auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    auto told = error_code::none;
    while (told == error_code::none && std::chrono::steady_clock::now() < deadline)
        told = client.ask<wire::heartbeat::response>(beat, 4)->error;
    EXPECT_EQ(told, error_code::rebalance_in_progress);

    auto const again = client.ask<wire::join_group::response>(joining("two", first.member_id), 9);
    auto const second = second_client.receive<wire::join_group::response>(3, wire::join_group::request::key);

    ASSERT_TRUE(again && second);
    EXPECT_EQ(again->generation_id, 2);
    EXPECT_EQ(second->generation_id, 2);
    EXPECT_EQ(again->members.size(), 2u);
    EXPECT_TRUE(second->members.empty());
}

TEST_F(group_handlers, every_version_commits_and_reads_offsets) {
    create("offsets");
    auto const member = lead("committing");
    for (std::int16_t version = 2; version <= 9; ++version) {
        SCOPED_TRACE(version);
        EXPECT_EQ(commit("committing", "offsets", 100 + version, member, version), error_code::none);
        EXPECT_EQ(committed("committing", "offsets"), 100 + version);
    }
    for (std::int16_t version = 1; version <= 9; ++version) {
        SCOPED_TRACE(version);
        wire::offset_fetch::request asked;
        std::vector<wire::offset_fetch::topic_request> const topics{{"offsets", {0, 7}}};
        if (version < 8) {
            asked.group_id = "committing";
            asked.topics = topics;
        } else {
            asked.groups.push_back({"committing", {}, -1, topics});
            asked.groups.push_back({"nobody", {}, -1, topics});
        }
        auto const told = client.ask<wire::offset_fetch::response>(asked, version);
        ASSERT_TRUE(told);
        auto const& of = version < 8 ? told->topics : told->groups.at(0).topics;
        EXPECT_EQ(of.at(0).partitions.at(0).committed_offset, 109);
        EXPECT_EQ(of.at(0).partitions.at(0).metadata, "words");
        EXPECT_EQ(of.at(0).partitions.at(1).committed_offset, -1);
        if (version >= 8) {
            EXPECT_EQ(told->groups.at(1).topics.at(0).partitions.at(0).committed_offset, -1);
        }
    }
    EXPECT_EQ(commit("committing", "no_such_topic", 1, member), error_code::unknown_topic_or_partition);
}

TEST_F(group_handlers, what_is_committed_can_be_read_from_the_topic_in_kafkas_format) {
    create("readable");
    ASSERT_EQ(commit("reader", "readable", 4711), error_code::none);

    bool found = false;
    for (std::int32_t partition = 0; partition < 3; ++partition) {
        auto asked = fetching("__consumer_offsets", 0);
        asked.topics[0].partitions[0].partition = partition;
        auto const bytes = joined(fetch(asked));
        wire::batch_cursor batches{bytes};
        while (auto const batch = batches.next()) {
            EXPECT_EQ(wire::validate(*batch), error_code::none);
            auto const plain = wire::decompressed(*batch);
            ASSERT_TRUE(plain);
            wire::record_cursor records{plain->bytes, batch->record_count()};
            while (auto const record = records.next()) {
                ASSERT_TRUE(record->key);
                auto const key = groups::read_key(*record->key);
                ASSERT_TRUE(key);
                auto const* const offset = std::get_if<groups::offset_key>(&*key);
                if (offset == nullptr || offset->group != "reader") continue;
                EXPECT_EQ(*offset, (groups::offset_key{"reader", "readable", 0}));
                EXPECT_EQ(groups::read_offset(*record->value)->offset, 4711);
                found = true;
            }
        }
    }
    EXPECT_TRUE(found);
}

TEST_F(group_handlers, groups_are_listed_described_and_deleted) {
    create("described");
    auto const member = lead("admin");
    ASSERT_EQ(commit("admin", "described", 5, member), error_code::none);

    for (std::int16_t version = 0; version <= 6; ++version) {
        SCOPED_TRACE(version);
        wire::describe_groups::request asked;
        asked.groups = {"admin", "nobody"};
        auto const told = client.ask<wire::describe_groups::response>(asked, version);
        ASSERT_TRUE(told && told->groups.size() == 2);
        auto const& known = told->groups[0];
        EXPECT_EQ(known.group_state, "Stable");
        EXPECT_EQ(known.protocol_data, "range");
        ASSERT_EQ(known.members.size(), 1u);
        EXPECT_EQ(known.members[0].client_id, "handlers_test");
        EXPECT_EQ(known.members[0].client_host, "/127.0.0.1");
        EXPECT_EQ(known.members[0].member_assignment.text(), "everything");
        EXPECT_EQ(told->groups[1].group_state, "Dead");
        EXPECT_EQ(told->groups[1].error, version < 6 ? error_code::none : error_code::group_id_not_found);
    }
    for (std::int16_t version = 0; version <= 5; ++version) {
        SCOPED_TRACE(version);
        wire::list_groups::request asked;
        if (version >= 4) asked.states_filter = {"stable"};
        if (version >= 5) asked.types_filter = {"classic"};
        auto const told = client.ask<wire::list_groups::response>(asked, version);
        ASSERT_TRUE(told);
        EXPECT_EQ(std::ranges::count(told->groups, "admin", &wire::list_groups::group::group_id), 1);
    }
    wire::list_groups::request empties;
    empties.states_filter = {"Empty"};
    EXPECT_EQ(std::ranges::count(client.ask<wire::list_groups::response>(empties, 4)->groups, "admin",
                                 &wire::list_groups::group::group_id),
              0);

    wire::delete_groups::request const removal{{"admin", "nobody"}};
    auto const refused = client.ask<wire::delete_groups::response>(removal, 2);
    EXPECT_EQ(refused->results.at(0).error, error_code::non_empty_group);
    EXPECT_EQ(refused->results.at(1).error, error_code::group_id_not_found);
    EXPECT_EQ(leave("admin", member.member_id), error_code::none);
    wire::offset_delete::request const offset{"admin", {{"described", {{0}}}}};
    EXPECT_EQ(client.ask<wire::offset_delete::response>(offset, 0)->topics.at(0).partitions.at(0).error,
              error_code::none);
    EXPECT_EQ(committed("admin", "described"), -1);
    EXPECT_EQ(client.ask<wire::delete_groups::response>(removal, 1)->results.at(0).error, error_code::none);
    EXPECT_EQ(client.ask<wire::delete_groups::response>(removal, 0)->results.at(0).error,
              error_code::group_id_not_found);
}

TEST_F(group_handlers, a_group_without_a_name_is_refused_where_members_are_meant) {
    EXPECT_EQ(client.ask<wire::join_group::response>(joining(""), 5)->error, error_code::invalid_group_id);
    EXPECT_EQ(client.ask<wire::heartbeat::response>(wire::heartbeat::request{"", 1, "m", {}}, 3)->error,
              error_code::invalid_group_id);
    EXPECT_EQ(leave("", "m"), error_code::invalid_group_id);
    create("unnamed");
    EXPECT_EQ(commit("", "unnamed", 3), error_code::none) << "an old simple consumer may do without";
    EXPECT_EQ(committed("", "unnamed"), 3);
}

}  // namespace
}  // namespace broker::tests
