// SPDX-License-Identifier: Apache-2.0
#include <broker/handlers_fixture.hpp>

#include <algorithm>
#include <limits>
#include <span>
#include <string>

namespace broker::tests {
namespace {

using wire::error_code;

TEST_F(handlers, a_record_comes_back_with_its_offset_and_nothing_else_changed) {
    create("round_trip");
    auto const sent = one_record("hello");

    auto const first = produce("round_trip", sent);
    auto const second = produce("round_trip", one_record("again"));
    auto const fetched = fetch(fetching("round_trip", 0));

    EXPECT_EQ(first.error, error_code::none);
    EXPECT_EQ(first.base_offset, 0);
    EXPECT_EQ(second.base_offset, 1);
    EXPECT_EQ(fetched.high_watermark, 2);
    auto const bytes = joined(fetched);
    auto const batch = wire::batch_view::parse(bytes);
    ASSERT_TRUE(batch);
    EXPECT_EQ(wire::validate(*batch), error_code::none);
    EXPECT_TRUE(std::ranges::equal(batch->checked_bytes(), sent.view().subspan(wire::batch_at::attributes)));
}

TEST_F(handlers, produce_to_what_does_not_exist_is_an_unknown_topic_or_partition) {
    create("one_partition");
    auto beyond = production("one_partition", one_record());
    beyond.topics[0].partitions[0].index = 1;
    auto negative = production("one_partition", one_record());
    negative.topics[0].partitions[0].index = -1;

    EXPECT_EQ(produce("no_such_topic", one_record()).error, error_code::unknown_topic_or_partition);
    for (auto const& asked : {beyond, negative}) {
        auto const answer = client.ask<wire::produce::response>(asked, 9);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->topics[0].partitions[0].error, error_code::unknown_topic_or_partition);
    }
}

TEST_F(handlers, produce_refuses_what_no_partition_may_hold) {
    create("refusals");
    auto const good = one_record();
    std::vector<std::byte> two{good.view().begin(), good.view().end()};
    two.insert(two.end(), good.view().begin(), good.view().end());
    std::vector<std::byte> rotten{good.view().begin(), good.view().end()};
    rotten.back() ^= std::byte{1};
    std::vector<std::byte> old{good.view().begin(), good.view().end()};
    old[wire::batch_at::magic] = std::byte{1};
    auto const torn = good.slice(0, good.size() - 1);

    EXPECT_EQ(produce("refusals", good, 2).error, error_code::invalid_required_acks);
    EXPECT_EQ(produce("refusals", std::nullopt).error, error_code::invalid_record);
    EXPECT_EQ(produce("refusals", chronik::shared_bytes{}).error, error_code::invalid_record);
    EXPECT_EQ(produce("refusals", chronik::shared_bytes{std::move(two)}).error, error_code::invalid_record);
    EXPECT_EQ(produce("refusals", chronik::shared_bytes{std::move(rotten)}).error, error_code::corrupt_message);
    EXPECT_EQ(produce("refusals", torn).error, error_code::corrupt_message);
    EXPECT_EQ(produce("refusals", chronik::shared_bytes{std::move(old)}).error,
              error_code::unsupported_for_message_format);
    EXPECT_EQ(produce("refusals", bytes_of(wire::batch_builder{}.flags(0x20).add("k", "v", 1))).error,
              error_code::invalid_record);
    EXPECT_EQ(produce("refusals", bytes_of(wire::batch_builder{}.flags(0x10).producer(1, 0, 0).add("k", "v", 1))).error,
              error_code::invalid_txn_state);
    EXPECT_EQ(fetch(fetching("refusals", 0)).high_watermark, 0);
}

TEST_F(handlers, a_batch_above_the_limit_is_too_large) {
    auto asked = creation("small_messages");
    asked.topics[0].configs.push_back({"max.message.bytes", "200"});
    ASSERT_EQ(client.ask<wire::create_topics::response>(asked, 7)->topics[0].error, error_code::none);

    EXPECT_EQ(produce("small_messages", one_record(std::string(300, 'x'))).error, error_code::message_too_large);
    EXPECT_EQ(produce("small_messages", one_record(std::string(30, 'x'))).error, error_code::none);
}

TEST_F(handlers, no_setting_of_a_topic_admits_what_the_journal_cannot_hold) {
    auto asked = creation("vast_messages");
    asked.topics[0].configs.push_back({"max.message.bytes", "2147483647"});
    ASSERT_EQ(client.ask<wire::create_topics::response>(asked, 7)->topics[0].error, error_code::none);

    EXPECT_EQ(produce("vast_messages", one_record(std::string(20 << 20, 'x'))).error, error_code::message_too_large);
    EXPECT_EQ(produce("vast_messages", one_record(std::string(2 << 20, 'x'))).error, error_code::none);
}

TEST_F(handlers, every_codec_passes_unchanged) {
    create("codecs");
    using enum wire::compression_type;
    for (auto const codec : {gzip, snappy, lz4, zstd}) {
        auto const sent = bytes_of(wire::batch_builder{}.compressed(codec).add("k", std::string(1000, 'z'), 5));

        auto const made = produce("codecs", sent);
        ASSERT_EQ(made.error, error_code::none);
        auto const bytes = joined(fetch(fetching("codecs", made.base_offset)));

        ASSERT_EQ(bytes.size(), sent.size());
        EXPECT_TRUE(std::ranges::equal(std::span{bytes}.subspan(wire::batch_at::attributes),
                                       sent.view().subspan(wire::batch_at::attributes)));
    }
}

TEST_F(handlers, a_retried_batch_is_answered_with_the_offset_it_got) {
    create("retries");
    auto const batch = [](std::int32_t sequence, std::int16_t epoch = 0) {
        return bytes_of(wire::batch_builder{}.producer(4711, epoch, sequence).add("k", "a", 1).add("k", "b", 1));
    };

    EXPECT_EQ(produce("retries", batch(0)).base_offset, 0);
    EXPECT_EQ(produce("retries", batch(2)).base_offset, 2);
    auto const again = produce("retries", batch(0));

    EXPECT_EQ(again.error, error_code::none);
    EXPECT_EQ(again.base_offset, 0);
    EXPECT_EQ(produce("retries", batch(6)).error, error_code::out_of_order_sequence_number);
    EXPECT_EQ(produce("retries", batch(0, 1)).base_offset, 4);
    EXPECT_EQ(produce("retries", batch(4, 0)).error, error_code::invalid_producer_epoch);
    EXPECT_EQ(fetch(fetching("retries", 0)).high_watermark, 6);
}

TEST_F(handlers, retries_that_overtake_their_first_try_are_appended_once) {
    create("pipelined_retries");
    auto const batch = bytes_of(wire::batch_builder{}.producer(4712, 0, 0).add("k", "a", 1));
    for (int nth = 0; nth < 3; ++nth)
        client.send(production("pipelined_retries", chronik::shared_bytes::copy_of(batch.view())), 9);

    for (int nth = 0; nth < 3; ++nth) {
        auto const answer = client.receive<wire::produce::response>(9, 0);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->topics[0].partitions[0].error, error_code::none);
        EXPECT_EQ(answer->topics[0].partitions[0].base_offset, 0);
    }
    EXPECT_EQ(fetch(fetching("pipelined_retries", 0)).high_watermark, 1);
}

TEST_F(handlers, acks_0_has_no_answer_and_acks_1_has_one) {
    create("levels");
    client.send(production("levels", one_record("silent"), 0), 9);
    client.send(production("levels", one_record("told"), 1), 9);

    auto const bytes = client.receive_bytes();

    ASSERT_TRUE(bytes);
    EXPECT_EQ((chronik::load<std::int32_t, std::endian::big>(bytes->data())), 3);  // the topic's creation was the first
    raw_client other{port()};
    auto const read = other.ask<wire::fetch::response>(fetching("levels", 0), 11);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->topics[0].partitions[0].high_watermark, 2);
}

TEST_F(handlers, a_failed_request_with_acks_0_closes_the_connection) {
    client.send(production("no_such_topic", one_record(), 0), 9);

    EXPECT_FALSE(client.receive_bytes());
}

TEST_F(handlers, fetch_beyond_the_end_is_out_of_range_and_at_the_end_is_empty) {
    create("ends");
    produce("ends", one_record());

    auto const at_end = fetch(fetching("ends", 1));
    EXPECT_EQ(at_end.error, error_code::none);
    EXPECT_TRUE(joined(at_end).empty());
    auto const beyond = fetch(fetching("ends", 2));
    EXPECT_EQ(beyond.error, error_code::offset_out_of_range);
    EXPECT_EQ(beyond.high_watermark, 1);
    EXPECT_EQ(fetch(fetching("ends", -1)).error, error_code::offset_out_of_range);
    EXPECT_EQ(fetch(fetching("ends", std::numeric_limits<std::int64_t>::max())).error, error_code::offset_out_of_range);
    EXPECT_EQ(fetch(fetching("no_such_topic", 0)).error, error_code::unknown_topic_or_partition);
}

TEST_F(handlers, fetch_with_an_epoch_of_another_time_is_fenced) {
    create("epochs");
    auto old = fetching("epochs", 0);
    old.topics[0].partitions[0].current_leader_epoch = 0;
    auto future = fetching("epochs", 0);
    future.topics[0].partitions[0].current_leader_epoch = 1000;

    EXPECT_EQ(fetch(old).error, error_code::fenced_leader_epoch);
    EXPECT_EQ(fetch(future).error, error_code::unknown_leader_epoch);
}

TEST_F(handlers, the_first_batch_comes_whatever_its_size_and_no_second_one) {
    create("sizes");
    for (int nth = 0; nth < 3; ++nth) produce("sizes", one_record(std::string(1000, 'x')));
    auto const one = one_record(std::string(1000, 'x')).size();
    auto small = fetching("sizes", 0);
    small.max_bytes = 1;
    auto partition_small = fetching("sizes", 0);
    partition_small.topics[0].partitions[0].partition_max_bytes = 1;
    auto two = fetching("sizes", 0);
    two.max_bytes = static_cast<std::int32_t>(2 * one + 10);

    EXPECT_EQ(joined(fetch(small)).size(), one);
    EXPECT_EQ(joined(fetch(partition_small)).size(), one);
    EXPECT_EQ(joined(fetch(two)).size(), 2 * one);
}

TEST_F(handlers, a_fetch_inside_a_batch_gets_the_whole_batch) {
    create("inside");
    produce("inside", bytes_of(wire::batch_builder{}.add("k", "0", 1).add("k", "1", 1).add("k", "2", 1)));

    auto const bytes = joined(fetch(fetching("inside", 2)));

    auto const batch = wire::batch_view::parse(bytes);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->base_offset(), 0);
    EXPECT_EQ(batch->record_count(), 3);
}

TEST_F(handlers, a_long_poll_ends_when_something_is_produced) {
    create("polls");
    client.send(fetching("polls", 0, 30'000), 11);

    raw_client other{port()};
    ASSERT_TRUE(other.ask<wire::produce::response>(production("polls", one_record("awaited")), 9));
    auto const answer = client.receive<wire::fetch::response>(11, 1);

    ASSERT_TRUE(answer);
    EXPECT_FALSE(joined(answer->topics[0].partitions[0]).empty());
}

TEST_F(handlers, a_long_poll_for_more_than_an_answer_may_hold_ends_with_what_there_is) {
    create("greedy");
    produce("greedy", one_record());
    auto asked = fetching("greedy", 0, 30'000);
    asked.min_bytes = std::numeric_limits<std::int32_t>::max();
    asked.max_bytes = 10;

    EXPECT_FALSE(joined(fetch(asked)).empty());
}

TEST_F(handlers, a_long_poll_ends_when_its_topic_goes) {
    create("going");
    client.send(fetching("going", 0, 30'000), 11);

    raw_client other{port()};
    wire::delete_topics::request removal;
    removal.topic_names = {"going"};
    removal.timeout_ms = 20'000;
    ASSERT_TRUE(other.ask<wire::delete_topics::response>(removal, 5));
    auto const answer = client.receive<wire::fetch::response>(11, 1);

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->topics[0].partitions[0].error, error_code::unknown_topic_or_partition);
}

TEST_F(handlers, a_fetch_session_that_nobody_gave_is_not_found) {
    auto asked = fetching("any", 0);
    asked.session_id = 7;

    auto const answer = client.ask<wire::fetch::response>(asked, 11);

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error, error_code::fetch_session_id_not_found);
}

TEST_F(handlers, offsets_are_found_by_time) {
    create("times");
    EXPECT_EQ(offset_at("times", wire::list_offsets::max_timestamp).offset, -1);
    produce("times", bytes_of(wire::batch_builder{}.add("k", "0", 100).add("k", "1", 300)));
    produce("times", bytes_of(wire::batch_builder{}.add("k", "2", 200)));
    produce("times", bytes_of(wire::batch_builder{}.compressed(wire::compression_type::lz4).add("k", "3", 400)));

    EXPECT_EQ(offset_at("times", wire::list_offsets::earliest_timestamp).offset, 0);
    EXPECT_EQ(offset_at("times", wire::list_offsets::latest_timestamp).offset, 4);
    EXPECT_EQ(offset_at("times", 0).offset, 0);
    EXPECT_EQ(offset_at("times", 101).offset, 1);
    EXPECT_EQ(offset_at("times", 301).offset, 3);
    EXPECT_EQ(offset_at("times", 401).offset, -1);
    auto const newest = offset_at("times", wire::list_offsets::max_timestamp);
    EXPECT_EQ(newest.offset, 3);
    EXPECT_EQ(newest.timestamp, 400);
    EXPECT_EQ(offset_at("times", -77).error, error_code::invalid_request);
    EXPECT_EQ(offset_at("no_such_topic", -1).error, error_code::unknown_topic_or_partition);
}

TEST_F(handlers, an_offset_asked_for_twice_in_one_request_is_told_once) {
    create("asked_twice");
    wire::list_offsets::request asked;
    asked.topics.push_back({"asked_twice", {{0, -1, wire::list_offsets::latest_timestamp}, {0, -1, 0}}});

    auto const answer = client.ask<wire::list_offsets::response>(asked, 7);

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->topics.at(0).partitions.at(0).error, error_code::none);
    EXPECT_EQ(answer->topics[0].partitions.at(1).error, error_code::invalid_request);
}

TEST_F(handlers, a_topic_keeps_its_id_and_another_of_the_same_name_has_another) {
    create("identified", 3);
    auto const describe = [&] {
        wire::metadata::request asked;
        asked.topics.emplace().push_back({{}, "identified"});
        asked.allow_auto_topic_creation = false;
        return client.ask<wire::metadata::response>(asked, 12).value().topics.at(0);
    };

    auto const before = describe();
    auto const again = describe();
    wire::delete_topics::request removal;
    removal.topics.push_back({std::nullopt, before.id});
    removal.timeout_ms = 20'000;
    auto const removed = client.ask<wire::delete_topics::response>(removal, 6);
    ASSERT_TRUE(removed);
    auto const gone = describe();
    create("identified", 3);
    auto const after = describe();

    EXPECT_FALSE(before.id.is_zero());
    EXPECT_EQ(before.id, again.id);
    EXPECT_EQ(before.partitions.size(), 3U);
    EXPECT_EQ(removed->topics.at(0).error, error_code::none);
    EXPECT_EQ(removed->topics[0].name, "identified");
    EXPECT_EQ(gone.error, error_code::unknown_topic_or_partition);
    EXPECT_NE(after.id, before.id);
}

TEST_F(handlers, metadata_creates_a_missing_topic_only_where_the_client_allows_it) {
    wire::metadata::request asked;
    asked.topics.emplace().push_back({{}, "made_by_asking"});
    asked.allow_auto_topic_creation = false;
    EXPECT_EQ(client.ask<wire::metadata::response>(asked, 9)->topics.at(0).error,
              error_code::unknown_topic_or_partition);

    asked.allow_auto_topic_creation = true;
    auto const made = client.ask<wire::metadata::response>(asked, 9);

    ASSERT_TRUE(made);
    EXPECT_EQ(made->topics.at(0).error, error_code::none);
    ASSERT_EQ(made->topics[0].partitions.size(), 1U);
    EXPECT_EQ(made->topics[0].partitions[0].leader_id, 1);
    (*asked.topics)[0].name = "not a name!";
    EXPECT_EQ(client.ask<wire::metadata::response>(asked, 9)->topics.at(0).error, error_code::invalid_topic_exception);
}

TEST_F(handlers, a_topic_named_twice_is_described_once) {
    create("named_twice");
    wire::metadata::request asked;
    asked.topics.emplace().assign(1000, {{}, "named_twice"});

    EXPECT_EQ(client.ask<wire::metadata::response>(asked, 9)->topics.size(), 1U);
}

TEST_F(handlers, topics_that_cannot_be_created_say_why) {
    create("existing");
    auto const why = [&](wire::create_topics::request const& asked) {
        return client.ask<wire::create_topics::response>(asked, 7).value().topics.at(0).error;
    };
    auto replicated = creation("replicated");
    replicated.topics[0].replication_factor = 2;
    auto configured = creation("configured");
    configured.topics[0].configs.push_back({"no.such.setting", "1"});
    auto twice = creation("twice");
    twice.topics.push_back(twice.topics[0]);

    EXPECT_EQ(why(creation("existing")), error_code::topic_already_exists);
    EXPECT_EQ(why(creation("not a name")), error_code::invalid_topic_exception);
    EXPECT_EQ(why(creation("none", 0)), error_code::invalid_partitions);
    EXPECT_EQ(why(replicated), error_code::invalid_replication_factor);
    EXPECT_EQ(why(configured), error_code::invalid_config);
    EXPECT_EQ(why(twice), error_code::invalid_request);
}

TEST_F(handlers, a_request_for_more_partitions_than_one_command_carries_is_refused_without_making_them) {
    auto asked = creation("many_0", 10'000);
    for (int nth = 1; nth < 1000; ++nth) {
        asked.topics.push_back(asked.topics[0]);
        asked.topics.back().name = "many_" + std::to_string(nth);
    }
    asked.validate_only = true;

    auto const answer = client.ask<wire::create_topics::response>(asked, 7);

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->topics.at(0).error, error_code::none);
    EXPECT_EQ(answer->topics.at(999).error, error_code::policy_violation);
}

TEST_F(handlers, a_checked_topic_is_not_created) {
    auto asked = creation("only_checked");
    asked.validate_only = true;

    EXPECT_EQ(client.ask<wire::create_topics::response>(asked, 7)->topics.at(0).error, error_code::none);
    EXPECT_EQ(produce("only_checked", one_record()).error, error_code::unknown_topic_or_partition);
}

TEST_F(handlers, what_does_not_exist_cannot_be_deleted) {
    wire::delete_topics::request removal;
    removal.topic_names = {"no_such_topic"};
    wire::delete_topics::request by_id;
    by_id.topics.push_back({std::nullopt, {}});

    EXPECT_EQ(client.ask<wire::delete_topics::response>(removal, 5)->topics.at(0).error,
              error_code::unknown_topic_or_partition);
    EXPECT_EQ(client.ask<wire::delete_topics::response>(by_id, 6)->topics.at(0).error, error_code::unknown_topic_id);
}

TEST_F(handlers, producer_ids_are_given_once_and_a_known_one_goes_on_in_the_next_epoch) {
    wire::init_producer_id::request asked;
    auto const first = client.ask<wire::init_producer_id::response>(asked, 4);
    auto const second = client.ask<wire::init_producer_id::response>(asked, 4);
    asked.producer_id = first->producer_id;
    asked.producer_epoch = first->producer_epoch;
    auto const bumped = client.ask<wire::init_producer_id::response>(asked, 4);
    asked.producer_epoch = std::numeric_limits<std::int16_t>::max();
    auto const used_up = client.ask<wire::init_producer_id::response>(asked, 4);

    EXPECT_EQ(first->error, error_code::none);
    EXPECT_GE(first->producer_id, 0);
    EXPECT_EQ(first->producer_epoch, 0);
    EXPECT_NE(second->producer_id, first->producer_id);
    EXPECT_EQ(bumped->producer_id, first->producer_id);
    EXPECT_EQ(bumped->producer_epoch, 1);
    EXPECT_NE(used_up->producer_id, first->producer_id);
    EXPECT_EQ(used_up->producer_epoch, 0);
}

TEST_F(handlers, api_versions_of_any_version_is_answered_with_the_ranges) {
    wire::api_versions::request asked;
    asked.client_software_name = "handlers_test";
    asked.client_software_version = "1";
    auto const known = client.ask<wire::api_versions::response>(asked, 3);
    ASSERT_TRUE(known);
    EXPECT_EQ(known->error, error_code::none);

    // Key 18, version 99, correlation 2, no client id, and a body that nobody knows.
    std::vector<std::byte> future;
    for (int const each : {0, 0, 0, 12, 0, 18, 0, 99, 0, 0, 0, 2, 0xff, 0xff, 0, 1})
        future.push_back(static_cast<std::byte>(each));
    client.send_raw(future);
    auto const bytes = client.receive_bytes();

    ASSERT_TRUE(bytes);
    auto const refused = wire::decode<wire::api_versions::response>(bytes->slice(4, bytes->size() - 4), 0);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->error, error_code::unsupported_version);
    EXPECT_EQ(refused->api_keys.size(), known->api_keys.size());
}

TEST_F(handlers, what_was_never_advertised_closes_the_connection_and_no_other) {
    auto const raw = [](std::initializer_list<int> bytes) {
        std::vector<std::byte> out;
        for (int const each : bytes) out.push_back(static_cast<std::byte>(each));
        return out;
    };
    raw_client produce_2{port()};
    raw_client unknown_api{port()};
    raw_client no_header{port()};
    raw_client no_body{port()};

    produce_2.send_raw(raw({0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 1, 0xff, 0xff}));
    unknown_api.send_raw(raw({0, 0, 0, 10, 3, 0xe7, 0, 0, 0, 0, 0, 1, 0xff, 0xff}));
    no_header.send_raw(raw({0, 0, 0, 3, 0, 3, 0}));
    no_body.send_raw(raw({0, 0, 0, 10, 0, 1, 0, 11, 0, 0, 0, 1, 0xff, 0xff}));

    EXPECT_FALSE(produce_2.receive_bytes());
    EXPECT_FALSE(unknown_api.receive_bytes());
    EXPECT_FALSE(no_header.receive_bytes());
    EXPECT_FALSE(no_body.receive_bytes());
    EXPECT_TRUE(client.ask<wire::api_versions::response>(wire::api_versions::request{}, 0));
}

/// Its own broker, because it is stopped.
TEST(stopping_broker, leaves_cleanly_with_a_long_poll_and_a_creation_under_way) {
    running_broker broker;
    raw_client polling{broker.port()};
    wire::create_topics::request creation;
    auto& topic = creation.topics.emplace_back();
    topic.name = "t";
    topic.num_partitions = 1;
    topic.replication_factor = 1;
    creation.timeout_ms = 20'000;
    ASSERT_TRUE(polling.ask<wire::create_topics::response>(creation, 7));
    wire::fetch::request fetching;
    fetching.max_wait_ms = 30'000;
    fetching.min_bytes = 1;
    fetching.topics.emplace_back().name = "t";
    fetching.topics[0].partitions.emplace_back().partition_max_bytes = 1000;
    raw_client creating{broker.port()};
    creation.topics[0].name = "u";

    polling.send(fetching, 11);
    creating.send(creation, 7);

    EXPECT_EQ(broker.stop(), exit_code::clean);
    polling.receive_bytes();
}

}  // namespace
}  // namespace broker::tests
