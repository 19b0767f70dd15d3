// SPDX-License-Identifier: Apache-2.0
#include <broker/handlers_fixture.hpp>

#include <metadata/topic_configs.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace broker::tests {
namespace {

using wire::config_source;
using wire::error_code;
using wire::resource_type;
using operation = wire::incremental_alter_configs::operation;

class admin_handlers : public handlers {
protected:
    using configs = std::map<std::string, wire::describe_configs::config>;

    wire::describe_configs::result described(resource_type type, std::string name, bool everything = true) {
        wire::describe_configs::request asked;
        asked.resources.push_back({type, std::move(name), std::nullopt});
        asked.include_synonyms = asked.include_documentation = everything;
        return client.ask<wire::describe_configs::response>(asked, 4)->results.at(0);
    }
    configs configs_of(std::string name, resource_type type = resource_type::topic) {
        configs out;
        for (auto& each : described(type, std::move(name)).configs) out.emplace(each.name, each);
        return out;
    }
    wire::altered_resource alter(std::string topic, std::vector<wire::incremental_alter_configs::config> steps,
                                 bool validate_only = false) {
        wire::incremental_alter_configs::request asked;
        asked.resources.push_back({resource_type::topic, std::move(topic), std::move(steps)});
        asked.validate_only = validate_only;
        return client.ask<wire::incremental_alter_configs::response>(asked, 1)->responses.at(0);
    }
    wire::create_partitions::result grow(wire::create_partitions::topic topic, bool validate_only = false) {
        wire::create_partitions::request asked;
        asked.topics.push_back(std::move(topic));
        asked.timeout_ms = 20'000;
        asked.validate_only = validate_only;
        return client.ask<wire::create_partitions::response>(asked, 3)->results.at(0);
    }
    wire::delete_records::partition_response delete_before(std::string topic, std::int64_t offset,
                                                           std::int32_t partition = 0) {
        wire::delete_records::request asked;
        asked.topics.push_back({std::move(topic), {{partition, offset}}});
        asked.timeout_ms = 20'000;
        return client.ask<wire::delete_records::response>(asked, 2)->topics.at(0).partitions.at(0);
    }
    wire::offset_for_leader_epoch::partition_response end_of(std::string topic, std::int32_t epoch,
                                                             std::int32_t current = -1) {
        wire::offset_for_leader_epoch::request asked;
        asked.topics.push_back({std::move(topic), {{0, current, epoch}}});
        return client.ask<wire::offset_for_leader_epoch::response>(asked, 4)->topics.at(0).partitions.at(0);
    }
    std::int32_t epoch_of(std::string const& topic) {
        wire::metadata::request asked;
        asked.topics.emplace().push_back({{}, topic});
        return client.ask<wire::metadata::response>(asked, 9)->topics.at(0).partitions.at(0).leader_epoch;
    }
};

TEST_F(admin_handlers, a_topic_without_a_word_has_every_configuration_from_elsewhere) {
    create("plain");

    auto const all = configs_of("plain");

    EXPECT_EQ(all.size(), metadata::known_configs.size());
    auto const& retention = all.at("retention.ms");
    EXPECT_EQ(retention.value, "604800000");
    EXPECT_EQ(retention.source, config_source::built_in);
    EXPECT_EQ(retention.type, wire::describe_configs::config_type::int64);
    EXPECT_FALSE(retention.read_only || retention.is_sensitive);
    EXPECT_FALSE(retention.documentation->empty());
    ASSERT_EQ(retention.synonyms.size(), 1U);
    EXPECT_EQ(retention.synonyms[0].name, "log.retention.ms");
    EXPECT_EQ(all.at("cleanup.policy").type, wire::describe_configs::config_type::list);
    EXPECT_EQ(all.at("max.message.bytes").synonyms[0].name, "message.max.bytes");
    EXPECT_EQ(all.at("max.message.bytes").value, "1048588");
}

TEST_F(admin_handlers, what_a_topic_says_comes_before_what_the_broker_says) {
    create("outspoken");
    ASSERT_EQ(alter("outspoken", {{"max.message.bytes", operation::set, "200"}}).error, error_code::none);

    auto const limit = configs_of("outspoken").at("max.message.bytes");

    EXPECT_EQ(limit.value, "200");
    EXPECT_EQ(limit.source, config_source::dynamic_topic);
    ASSERT_EQ(limit.synonyms.size(), 2U);
    EXPECT_EQ(limit.synonyms[0].name, "max.message.bytes");
    EXPECT_EQ(limit.synonyms[0].source, config_source::dynamic_topic);
    EXPECT_EQ(limit.synonyms[1].name, "message.max.bytes");
}

TEST_F(admin_handlers, a_description_holds_what_was_asked_for_and_no_more) {
    create("curious");
    wire::describe_configs::request asked;
    asked.resources.push_back({resource_type::topic, "curious", std::vector<std::string>{"retention.ms", "nonsense"}});

    auto const answer = client.ask<wire::describe_configs::response>(asked, 1);

    ASSERT_EQ(answer->results.at(0).configs.size(), 1U);
    EXPECT_EQ(answer->results[0].configs[0].name, "retention.ms");
    EXPECT_TRUE(answer->results[0].configs[0].synonyms.empty());
    EXPECT_EQ(described(resource_type::topic, "nobody").error, error_code::unknown_topic_or_partition);
    EXPECT_EQ(described(resource_type::broker_logger, "1").error, error_code::invalid_request);
    EXPECT_EQ(described(resource_type::broker, "7").error, error_code::invalid_request);
    EXPECT_TRUE(described(resource_type::broker, "").configs.empty());
}

TEST_F(admin_handlers, a_broker_shows_its_settings_under_kafkas_names) {
    auto const all = configs_of("1", resource_type::broker);

    EXPECT_EQ(all.at("node.id").value, "1");
    EXPECT_EQ(all.at("listeners").value, "PLAINTEXT://127.0.0.1:" + std::to_string(port()));
    EXPECT_EQ(all.at("offsets.topic.num.partitions").value, "3");
    EXPECT_EQ(all.at("offsets.topic.num.partitions").source, config_source::static_broker);
    EXPECT_EQ(all.at("num.partitions").source, config_source::built_in);
    EXPECT_EQ(all.at("log.retention.ms").value, "604800000");
    EXPECT_EQ(all.at("broker.rack").value, std::nullopt);
    EXPECT_TRUE(std::ranges::all_of(all, [](auto const& each) { return each.second.read_only; }));
}

TEST_F(admin_handlers, a_changed_limit_holds_at_once_and_its_removal_too) {
    create("limited");
    ASSERT_EQ(alter("limited", {{"max.message.bytes", operation::set, "200"}}).error, error_code::none);
    EXPECT_EQ(produce("limited", one_record(std::string(300, 'x'))).error, error_code::message_too_large);

    ASSERT_EQ(alter("limited", {{"max.message.bytes", operation::remove, std::nullopt}}).error, error_code::none);
    EXPECT_EQ(produce("limited", one_record(std::string(300, 'x'))).error, error_code::none);
    EXPECT_EQ(configs_of("limited").at("max.message.bytes").source, config_source::built_in);
}

TEST_F(admin_handlers, a_refused_change_says_why_and_changes_nothing) {
    create("refused");
    auto const problem = [&](std::vector<wire::incremental_alter_configs::config> steps) {
        auto const answer = alter("refused", std::move(steps));
        EXPECT_TRUE(answer.error_message);
        return answer.error;
    };

    EXPECT_EQ(problem({{"retention.ms", operation::set, "7"}, {"no.such.thing", operation::set, "1"}}),
              error_code::invalid_config);
    EXPECT_EQ(problem({{"compression.type", operation::set, "zstd"}}), error_code::invalid_config);
    EXPECT_EQ(problem({{"retention.ms", operation::append, "7"}}), error_code::invalid_config);
    EXPECT_EQ(problem({{"retention.ms", operation::set, std::nullopt}}), error_code::invalid_request);
    EXPECT_EQ(problem({{"retention.ms", static_cast<operation>(9), "7"}}), error_code::invalid_request);
    EXPECT_EQ(alter("nobody", {{"retention.ms", operation::set, "7"}}).error, error_code::unknown_topic_or_partition);
    EXPECT_EQ(configs_of("refused").at("retention.ms").source, config_source::built_in);
}

TEST_F(admin_handlers, a_placement_policy_is_taken_if_it_can_be_honoured) {
    create("placed");
    auto const refused = alter("placed", {{"chronik.placement", operation::set, "pin:ssd"}});
    EXPECT_EQ(refused.error, error_code::policy_violation);
    EXPECT_EQ(refused.error_message, "chronik.placement cannot be honoured: 'pin:ssd' leaves 0 brokers for 1 replica.");
    EXPECT_EQ(alter("placed", {{"chronik.placement", operation::set, "ssd"}}).error, error_code::invalid_config);
    EXPECT_EQ(alter("placed", {{"chronik.placement", operation::set, "pin:node=1"}}).error, error_code::none);

    auto const policy = configs_of("placed").at("chronik.placement");
    EXPECT_EQ(policy.value, "pin:node=1");
    EXPECT_EQ(policy.type, wire::describe_configs::config_type::string);
    EXPECT_EQ(policy.source, config_source::dynamic_topic);
}

TEST_F(admin_handlers, validation_changes_nothing) {
    create("validated");

    EXPECT_EQ(alter("validated", {{"retention.ms", operation::set, "7"}}, true).error, error_code::none);
    EXPECT_EQ(alter("validated", {{"retention.ms", operation::set, "soon"}}, true).error, error_code::invalid_config);
    EXPECT_EQ(configs_of("validated").at("retention.ms").source, config_source::built_in);
}

TEST_F(admin_handlers, alter_configs_takes_back_what_it_does_not_name) {
    create("replaced");
    ASSERT_EQ(alter("replaced", {{"retention.ms", operation::set, "7"}, {"segment.ms", operation::set, "8"}}).error,
              error_code::none);
    wire::alter_configs::request asked;
    asked.resources.push_back({resource_type::topic, "replaced", {{"retention.ms", "9"}}});

    EXPECT_EQ(client.ask<wire::alter_configs::response>(asked, 2)->responses.at(0).error, error_code::none);

    auto const all = configs_of("replaced");
    EXPECT_EQ(all.at("retention.ms").value, "9");
    EXPECT_EQ(all.at("segment.ms").source, config_source::built_in);
}

TEST_F(admin_handlers, one_request_changes_many_and_answers_each) {
    create("first_of_many");
    create("second_of_many");
    wire::incremental_alter_configs::request asked;
    std::vector<wire::incremental_alter_configs::config> const step{{"retention.ms", operation::set, "7"}};
    asked.resources = {{resource_type::topic, "first_of_many", step}, {resource_type::topic, "nobody", step},
                       {resource_type::topic, "second_of_many", step},
                       {resource_type::broker, "1", {{"message.max.bytes", operation::set, "7"}}},
                       {resource_type::group, "g", step}};

    auto const answer = client.ask<wire::incremental_alter_configs::response>(asked, 0);

    std::vector<error_code> errors;
    for (auto const& each : answer->responses) errors.push_back(each.error);
    EXPECT_EQ(errors, (std::vector{error_code::none, error_code::unknown_topic_or_partition, error_code::none,
                                   error_code::invalid_config, error_code::invalid_request}));
    EXPECT_NE(answer->responses[3].error_message->find("--message-max-bytes"), std::string::npos);
    EXPECT_EQ(configs_of("second_of_many").at("retention.ms").value, "7");
    asked.resources = {{resource_type::topic, "first_of_many", step}, {resource_type::topic, "first_of_many", step}};
    EXPECT_EQ(client.ask<wire::incremental_alter_configs::response>(asked, 0)->responses.at(1).error,
              error_code::invalid_request);
}

TEST_F(admin_handlers, a_cluster_describes_itself) {
    wire::describe_cluster::request asked;
    asked.include_cluster_authorized_operations = true;

    auto const answer = client.ask<wire::describe_cluster::response>(asked, 2);

    EXPECT_EQ(answer->error, error_code::none);
    EXPECT_FALSE(answer->cluster_id.empty());
    EXPECT_EQ(answer->controller_id, 1);
    ASSERT_EQ(answer->brokers.size(), 1U);
    EXPECT_EQ(answer->brokers[0].port, port());
    EXPECT_FALSE(answer->brokers[0].is_fenced);
    EXPECT_GT(answer->cluster_authorized_operations, 0);
    asked.endpoint_type = wire::describe_cluster::endpoint_type::controllers;
    EXPECT_EQ(client.ask<wire::describe_cluster::response>(asked, 1)->error, error_code::mismatched_endpoint_type);
    asked.endpoint_type = static_cast<wire::describe_cluster::endpoint_type>(9);
    EXPECT_EQ(client.ask<wire::describe_cluster::response>(asked, 1)->error, error_code::unsupported_endpoint_type);
}

TEST_F(admin_handlers, added_partitions_can_be_written_to_at_once) {
    create("growing");

    EXPECT_EQ(grow({"growing", 3, std::nullopt}).error, error_code::none);

    auto to_the_last = production("growing", one_record());
    to_the_last.topics[0].partitions[0].index = 2;
    auto const made = client.ask<wire::produce::response>(to_the_last, 9);
    EXPECT_EQ(made->topics[0].partitions[0].error, error_code::none);
    EXPECT_EQ(produce("growing", one_record()).error, error_code::none);
}

TEST_F(admin_handlers, partitions_that_cannot_be_added_say_why) {
    create("stable", 2);
    using wire::create_partitions::assignment;

    EXPECT_EQ(grow({"stable", 2, std::nullopt}).error, error_code::invalid_partitions);
    EXPECT_EQ(grow({"stable", 1, std::nullopt}).error, error_code::invalid_partitions);
    EXPECT_EQ(grow({"nobody", 2, std::nullopt}).error, error_code::unknown_topic_or_partition);
    EXPECT_EQ(grow({"stable", 3, std::vector<assignment>{{{7}}}}).error, error_code::invalid_replica_assignment);
    EXPECT_EQ(grow({"stable", 3, std::vector<assignment>{}}).error, error_code::invalid_replica_assignment);
    EXPECT_EQ(grow({"__consumer_offsets", 100, std::nullopt}).error, error_code::invalid_request);
    EXPECT_EQ(grow({"stable", 3, std::vector<assignment>{{{1}}}}, true).error, error_code::none);
    EXPECT_EQ(grow({"stable", 3, std::nullopt}, true).error, error_code::none);
    wire::describe_topic_partitions::request asked;
    asked.topics.push_back({"stable"});
    EXPECT_EQ(client.ask<wire::describe_topic_partitions::response>(asked, 0)->topics.at(0).partitions.size(), 2U);
}

TEST_F(admin_handlers, topics_are_described_page_by_page) {
    create("paged_a", 3);
    create("paged_b", 2);
    wire::describe_topic_partitions::request asked;
    asked.topics = {{"paged_b"}, {"paged_nobody"}, {"paged_a"}};
    asked.response_partition_limit = 2;
    std::vector<std::pair<std::string, std::int32_t>> seen;
    std::map<std::string, error_code> errors;
    for (int pages = 0; pages < 10; ++pages) {
        auto const page = client.ask<wire::describe_topic_partitions::response>(asked, 0);
        std::size_t held = 0;
        for (auto const& topic : page->topics) {
            for (auto const& each : topic.partitions)
                EXPECT_TRUE(each.eligible_leader_replicas && each.last_known_elr) << "Java's client cannot read a null";
            errors[*topic.name] = topic.error;
            held += topic.partitions.size();
            for (auto const& each : topic.partitions) seen.emplace_back(*topic.name, each.partition_index);
        }
        EXPECT_LE(held, 2U);
        asked.cursor = page->next_cursor;
        if (!asked.cursor) break;
    }

    EXPECT_FALSE(asked.cursor);
    EXPECT_EQ(seen, (std::vector<std::pair<std::string, std::int32_t>>{
                        {"paged_a", 0}, {"paged_a", 1}, {"paged_a", 2}, {"paged_b", 0}, {"paged_b", 1}}));
    EXPECT_EQ(errors["paged_a"], error_code::none);
    EXPECT_EQ(errors["paged_nobody"], error_code::unknown_topic_or_partition);
}

TEST_F(admin_handlers, all_topics_are_described_and_a_strange_cursor_ends_nowhere_else) {
    create("everything", 1);
    wire::describe_topic_partitions::request asked;
    auto const all = client.ask<wire::describe_topic_partitions::response>(asked, 0);
    EXPECT_TRUE(std::ranges::any_of(all->topics, [](auto const& each) { return each.name == "everything"; }));

    asked.topics = {{"everything"}};
    asked.response_partition_limit = -5;
    asked.cursor = {"everything", 77};
    auto const beyond = client.ask<wire::describe_topic_partitions::response>(asked, 0);
    ASSERT_EQ(beyond->topics.size(), 1U);
    EXPECT_TRUE(beyond->topics[0].partitions.empty());
    asked.cursor = {"zzz", -7};
    EXPECT_TRUE(client.ask<wire::describe_topic_partitions::response>(asked, 0)->topics.empty());
}

TEST_F(admin_handlers, a_data_directory_shows_what_each_partition_takes) {
    create("sized", 2);
    auto const batch = one_record(std::string(1000, 'x'));
    produce("sized", batch);
    wire::describe_log_dirs::request asked;
    asked.topics.emplace().push_back({"sized", {0, 1, 9}});

    auto const answer = client.ask<wire::describe_log_dirs::response>(asked, 5);

    ASSERT_EQ(answer->results.size(), 1U);
    auto const& folder = answer->results[0];
    EXPECT_TRUE(folder.log_dir.starts_with('/') && folder.log_dir.ends_with("/data")) << folder.log_dir;
    EXPECT_GT(folder.total_bytes, 0);
    EXPECT_GT(folder.usable_bytes, 0);
    ASSERT_EQ(folder.topics.size(), 1U);
    ASSERT_EQ(folder.topics[0].partitions.size(), 2U);
    EXPECT_EQ(folder.topics[0].partitions[0].partition_size, static_cast<std::int64_t>(batch.size()));
    EXPECT_EQ(folder.topics[0].partitions[0].offset_lag, 0);
    EXPECT_EQ(folder.topics[0].partitions[1].partition_size, 0);
    auto const all = client.ask<wire::describe_log_dirs::response>(wire::describe_log_dirs::request{}, 1);
    EXPECT_TRUE(std::ranges::any_of(all->results[0].topics, [](auto const& each) { return each.name == "sized"; }));
}

TEST_F(admin_handlers, an_epoch_ends_where_its_records_do) {
    create("epochs_of_it");
    produce("epochs_of_it", one_record());
    produce("epochs_of_it", one_record());
    auto const now = epoch_of("epochs_of_it");

    auto const present = end_of("epochs_of_it", now, now);
    EXPECT_EQ(present.error, error_code::none);
    EXPECT_EQ(present.leader_epoch, now);
    EXPECT_EQ(present.end_offset, 2);
    auto const future = end_of("epochs_of_it", now + 1);
    EXPECT_EQ(future.error, error_code::none);
    EXPECT_EQ(future.leader_epoch, -1);
    EXPECT_EQ(future.end_offset, -1);
    EXPECT_EQ(end_of("epochs_of_it", 0).end_offset, 0);
    EXPECT_EQ(end_of("epochs_of_it", now, now + 1).error, error_code::unknown_leader_epoch);
    EXPECT_EQ(end_of("epochs_of_it", now, now - 1).error, error_code::fenced_leader_epoch);
    EXPECT_EQ(end_of("nobody", 1).error, error_code::unknown_topic_or_partition);
}

TEST_F(admin_handlers, a_reader_of_another_history_is_told_where_they_part) {
    create("histories");
    produce("histories", one_record());
    auto asked = fetching("histories", 1);
    asked.topics[0].partitions[0].last_fetched_epoch = 0;

    auto const answer = client.ask<wire::fetch::response>(asked, 12)->topics.at(0).partitions.at(0);

    EXPECT_EQ(answer.error, error_code::none);
    EXPECT_EQ(answer.diverging_epoch.epoch, 0);
    EXPECT_EQ(answer.diverging_epoch.end_offset, 0);
    EXPECT_TRUE(joined(answer).empty());
    asked.topics[0].partitions[0].last_fetched_epoch = epoch_of("histories");
    auto const same = client.ask<wire::fetch::response>(asked, 12)->topics.at(0).partitions.at(0);
    EXPECT_EQ(same.diverging_epoch.epoch, -1);
}

TEST_F(admin_handlers, deleted_records_are_out_of_range_and_the_rest_is_read) {
    create("shortened");
    for (int nth = 0; nth < 4; ++nth) produce("shortened", one_record("v", 1000 + nth));

    auto const done = delete_before("shortened", 3);

    EXPECT_EQ(done.error, error_code::none);
    EXPECT_EQ(done.low_watermark, 3);
    auto const before = fetch(fetching("shortened", 2));
    EXPECT_EQ(before.error, error_code::offset_out_of_range);
    EXPECT_EQ(before.log_start_offset, 3);
    EXPECT_EQ(joined(fetch(fetching("shortened", 3))).size(), one_record().size()) << "the deletion is no record";
    EXPECT_EQ(offset_at("shortened", wire::list_offsets::earliest_timestamp).offset, 3);
    EXPECT_EQ(offset_at("shortened", 0).offset, 3);
    EXPECT_EQ(offset_at("shortened", wire::list_offsets::max_timestamp).offset, 3);
    EXPECT_EQ(produce("shortened", one_record()).base_offset, 4);
}

TEST_F(admin_handlers, deletion_ends_inside_a_batch_as_well) {
    create("inside");
    produce("inside", bytes_of(wire::batch_builder{}.add("k", "a", 30).add("k", "b", 20).add("k", "c", 10)));

    EXPECT_EQ(delete_before("inside", 1).low_watermark, 1);

    EXPECT_EQ(fetch(fetching("inside", 0)).error, error_code::offset_out_of_range);
    EXPECT_FALSE(joined(fetch(fetching("inside", 1))).empty());
    EXPECT_EQ(offset_at("inside", 15).offset, 1);
    EXPECT_EQ(offset_at("inside", 25).offset, -1);
}

TEST_F(admin_handlers, everything_can_be_deleted_and_written_again) {
    create("emptied");
    for (int nth = 0; nth < 3; ++nth) produce("emptied", one_record());

    EXPECT_EQ(delete_before("emptied", wire::delete_records::all_records).low_watermark, 3);

    EXPECT_EQ(offset_at("emptied", wire::list_offsets::earliest_timestamp).offset, 3);
    EXPECT_EQ(offset_at("emptied", wire::list_offsets::latest_timestamp).offset, 3);
    EXPECT_EQ(offset_at("emptied", wire::list_offsets::max_timestamp).offset, -1);
    EXPECT_EQ(offset_at("emptied", 0).offset, -1);
    EXPECT_EQ(delete_before("emptied", 1).low_watermark, 3);
    EXPECT_EQ(produce("emptied", one_record()).base_offset, 3);
    EXPECT_FALSE(joined(fetch(fetching("emptied", 3))).empty());
}

TEST_F(admin_handlers, what_cannot_be_deleted_says_why) {
    create("kept");
    produce("kept", one_record());

    EXPECT_EQ(delete_before("kept", 2).error, error_code::offset_out_of_range);
    EXPECT_EQ(delete_before("kept", -2).error, error_code::offset_out_of_range);
    EXPECT_EQ(delete_before("kept", 1, 5).error, error_code::unknown_topic_or_partition);
    EXPECT_EQ(delete_before("nobody", 1).error, error_code::unknown_topic_or_partition);
    EXPECT_EQ(delete_before("nobody", 1).low_watermark, -1);
    EXPECT_EQ(delete_before("__consumer_offsets", 0).error, error_code::invalid_topic_exception);
    wire::delete_records::request twice;
    twice.topics.push_back({"kept", {{0, 1}, {0, 1}}});
    twice.timeout_ms = 20'000;
    auto const answer = client.ask<wire::delete_records::response>(twice, 1)->topics.at(0);
    EXPECT_EQ(answer.partitions[0].error, error_code::none);
    EXPECT_EQ(answer.partitions[1].error, error_code::invalid_request);
}

}  // namespace
}  // namespace broker::tests
