// SPDX-License-Identifier: Apache-2.0
#include <broker/handlers_fixture.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <system_error>
#include <thread>

namespace broker::tests {
namespace {

using wire::error_code;

/// A device that reads when the test lets it, behind a memory that keeps everything, or nothing.
class held_device {
public:
    partitions::file_memory memory() {
        using bytes_view = std::span<std::byte const>;
        return {.holds =
                    [this](bytes_view) {
                        ++asked_;
                        return keeps_.load();
                    },
                .bring = [this](bytes_view) { return bring(); },
                .cool = [](bytes_view) {}};
    }

    void keep_everything() {
        let_go();
        keeps_ = true;
    }
    /// Memory keeps nothing, and nobody gets anything until let_go().
    void hold() {
        keeps_ = false;
        change([this] { held_ = true; });
    }
    /// Memory keeps nothing, and who reads gets this.
    void let_go(std::error_code outcome = {}) {
        keeps_ = false;
        change([&] {
            held_ = false;
            outcome_ = outcome;
        });
    }

    /// How often somebody wanted to know what is in memory: only what has left the journal may not be.
    std::size_t asked() const { return asked_; }
    bool is_waited_for(std::size_t readers = 1) {
        std::unique_lock held{guard_};
        return changed_.wait_for(held, std::chrono::seconds{20}, [&] { return readers_ >= readers; });
    }

private:
    chronik::result<void> bring() {
        std::unique_lock held{guard_};
        ++readers_;
        changed_.notify_all();
        changed_.wait(held, [this] { return !held_; });
        --readers_;
        return outcome_ ? chronik::result<void>{std::unexpected(outcome_)} : chronik::result<void>{};
    }
    template <class Change>
    void change(Change&& now) {
        {
            std::scoped_lock const held{guard_};
            now();
        }
        changed_.notify_all();
    }

    std::atomic<std::size_t> asked_ = 0;
    std::atomic<bool> keeps_ = true;
    std::mutex guard_;
    std::condition_variable changed_;
    bool held_ = false;
    std::error_code outcome_;
    std::size_t readers_ = 0;
};

/// The smallest journal, so that what is produced soon leaves it.
struct cold_fetch : handlers {
    static inline held_device device;

    static void SetUpTestSuite() {
        begin(std::make_unique<running_broker>(
            std::vector<std::string>{"--segment-bytes=4MiB", "--journal-bytes-max=8MiB"}, device.memory()));
    }
    ~cold_fetch() override { device.keep_everything(); }

    /// A topic whose first records have left the journal.
    void make_old(std::string const& topic) {
        device.keep_everything();
        create(topic);
        std::string const value(900'000, 'v');
        // Older ones would not be retained: a second later they would be gone.
        auto const now = std::chrono::system_clock::now().time_since_epoch();
        std::int64_t const time = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
        std::size_t const before = device.asked();
        for (int each = 0; each < 100 && device.asked() == before; ++each) {
            ASSERT_EQ(produce(topic, one_record(value, time)).error, error_code::none);
            ASSERT_EQ(fetch(fetching(topic, 0)).error, error_code::none);
        }
        ASSERT_GT(device.asked(), before) << "nothing has left the journal";
    }
    wire::fetch::partition_response receive(raw_client& reader) {
        auto const answer = reader.receive<wire::fetch::response>(11, wire::fetch::request::key);
        if (!answer) {
            ADD_FAILURE() << "no answer to a fetch request";
            return {};
        }
        return answer->topics.at(0).partitions.at(0);
    }
};

TEST_F(cold_fetch, others_are_answered_while_a_fetch_waits_for_the_device) {
    make_old("waits");
    auto const expected = joined(fetch(fetching("waits", 0)));
    device.hold();
    raw_client reader{port()};
    reader.send(fetching("waits", 0), 11);
    ASSERT_TRUE(device.is_waited_for());

    auto const produced = produce("waits", one_record());
    EXPECT_EQ(produced.error, error_code::none);
    EXPECT_FALSE(joined(fetch(fetching("waits", produced.base_offset))).empty());
    EXPECT_FALSE(reader.hears());
    device.let_go();

    auto const answer = receive(reader);
    EXPECT_EQ(answer.error, error_code::none);
    EXPECT_EQ(answer.high_watermark, produced.base_offset + 1);
    EXPECT_EQ(joined(answer), expected);
    EXPECT_FALSE(expected.empty());
}

TEST_F(cold_fetch, one_old_partition_does_not_keep_back_what_a_fetch_has_of_others) {
    make_old("old");
    create("new");
    ASSERT_EQ(produce("new", one_record()).error, error_code::none);
    device.hold();
    auto both = fetching("new", 0);
    both.topics.push_back(fetching("old", 0).topics[0]);
    raw_client reader{port()};
    reader.send(both, 11);
    ASSERT_TRUE(device.is_waited_for());
    device.let_go();

    auto const answer = reader.receive<wire::fetch::response>(11, wire::fetch::request::key);
    ASSERT_TRUE(answer);
    for (auto const& topic : answer->topics) EXPECT_FALSE(joined(topic.partitions.at(0)).empty()) << topic.name;
}

TEST_F(cold_fetch, what_cannot_be_read_is_a_storage_error_for_who_asks_and_for_nobody_else) {
    make_old("unreadable");
    auto const expected = joined(fetch(fetching("unreadable", 0)));
    device.let_go(std::make_error_code(std::errc::io_error));

    EXPECT_EQ(fetch(fetching("unreadable", 0)).error, error_code::kafka_storage_error);
    auto const produced = produce("unreadable", one_record());
    EXPECT_EQ(produced.error, error_code::none);
    EXPECT_EQ(fetch(fetching("unreadable", produced.base_offset)).error, error_code::none);
    device.let_go();

    EXPECT_EQ(joined(fetch(fetching("unreadable", 0))), expected);
}

TEST_F(cold_fetch, who_goes_away_and_what_is_deleted_meanwhile_harm_nobody) {
    make_old("deleted");
    device.hold();
    {
        raw_client gone{port()};
        gone.send(fetching("deleted", 0), 11);
        ASSERT_TRUE(device.is_waited_for());
    }
    raw_client reader{port()};
    reader.send(fetching("deleted", 1), 11);
    ASSERT_TRUE(device.is_waited_for(2));
    wire::delete_topics::request deletion;
    deletion.topic_names = {"deleted"};
    deletion.timeout_ms = 20'000;
    auto const done = client.ask<wire::delete_topics::response>(deletion, 5);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->topics.at(0).error, error_code::none);
    device.let_go();

    EXPECT_EQ(receive(reader).error, error_code::unknown_topic_or_partition);
    create("after");
    EXPECT_EQ(produce("after", one_record()).error, error_code::none);
}

TEST_F(cold_fetch, a_broker_stops_while_a_fetch_waits_for_the_device) {
    make_old("last");
    device.hold();
    raw_client reader{port()};
    reader.send(fetching("last", 0), 11);
    ASSERT_TRUE(device.is_waited_for());

    exit_code said{};
    std::thread stopping{[&] { said = broker().stop(); }};
    EXPECT_FALSE(reader.receive_bytes()) << "the connection is closed: nobody waits for ever";
    device.let_go();
    stopping.join();

    EXPECT_EQ(said, exit_code::clean);
}

}  // namespace
}  // namespace broker::tests
