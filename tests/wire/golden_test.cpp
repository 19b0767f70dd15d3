// SPDX-License-Identifier: Apache-2.0
#include <wire/support.hpp>

#include <wire/headers.hpp>

#include <set>

namespace {

using namespace wire_test;

struct golden {
    std::string api, direction, variant, bytes, meaning;
    schema::version version = 0;
};

std::vector<golden> goldens() {
    std::vector<golden> all;
    for (auto const& line : golden_lines("messages.txt")) {
        std::istringstream in{line};
        golden read;
        in >> read.api >> read.version >> read.direction >> read.variant >> read.bytes;
        std::getline(in >> std::ws, read.meaning);
        all.push_back(std::move(read));
    }
    return all;
}

/// Calls check.operator()<Message>() for the message that the line is of.
void with_message(golden const& line, auto const& check) {
    bool const found = boost::hana::unpack(apis, [&]<class... Api>(Api...) {
        auto const check_one = [&]<class Each>(Each) {
            if (Each::name != line.api) return false;
            if (line.direction == "request") {
                check.template operator()<typename Each::request>();
            } else {
                check.template operator()<typename Each::response>();
            }
            return true;
        };
        return (check_one(Api{}) || ...);
    });
    EXPECT_TRUE(found) << line.api;
}

TEST(wire_golden, decoding_gives_the_meaning_that_kafkas_schema_gives) {
    for (auto const& line : goldens()) {
        SCOPED_TRACE(line.api + ' ' + std::to_string(line.version) + ' ' + line.direction + ' ' + line.variant);
        with_message(line, [&]<class Message>() {
            auto const message = decode<Message>(shared_bytes{from_hex(line.bytes)}, line.version);
            ASSERT_TRUE(message) << message.error().message();
            EXPECT_EQ(print(*message), line.meaning);
        });
    }
}

TEST(wire_golden, encoding_gives_kafkas_bytes) {
    for (auto const& line : goldens()) {
        SCOPED_TRACE(line.api + ' ' + std::to_string(line.version) + ' ' + line.direction + ' ' + line.variant);
        with_message(line, [&]<class Message>() {
            auto const message = decode<Message>(shared_bytes{from_hex(line.bytes)}, line.version);
            ASSERT_TRUE(message);
            EXPECT_EQ(to_hex(encoded(*message, line.version)), line.bytes == "-" ? "" : line.bytes);
        });
    }
}

TEST(wire_golden, every_truncation_is_malformed) {
    for (auto const& line : goldens()) {
        SCOPED_TRACE(line.api + ' ' + std::to_string(line.version) + ' ' + line.direction + ' ' + line.variant);
        auto const bytes = from_hex(line.bytes);
        with_message(line, [&]<class Message>() {
            for (std::size_t size = 0; size < bytes.size(); ++size) {
                // A copy of its own lets the address sanitizer see a read past the end.
                auto const message = decode<Message>(shared_bytes::copy_of(std::span{bytes}.first(size)), line.version);
                ASSERT_FALSE(message) << size;
                ASSERT_EQ(error_of(message), errc::malformed) << size;
            }
        });
    }
}

TEST(wire_golden, there_is_one_for_every_version_of_every_message) {
    std::set<std::string> seen;
    for (auto const& line : goldens()) {
        seen.insert(line.api + ' ' + line.direction + ' ' + std::to_string(line.version));
    }

    boost::hana::unpack(apis, [&]<class... Api>(Api...) {
        auto const expect_all = [&](std::string const& name, schema::versions described) {
            for (int at = described.first; at <= described.last; ++at) {
                EXPECT_TRUE(seen.contains(name + ' ' + std::to_string(at))) << name << ' ' << at;
            }
        };
        (expect_all(std::string{Api::name} + " request", Api::request::described_versions), ...);
        (expect_all(std::string{Api::name} + " response", Api::response::described_versions), ...);
    });
}

TEST(wire_golden, what_kafka_python_sends_is_understood_to_the_last_byte) {
    int requests = 0;
    for (auto const& line : golden_lines("kafka_python.txt")) {
        std::istringstream in{line};
        std::string kind, api, bytes;
        int key = 0, version = 0;
        in >> kind >> api >> key >> version >> bytes;
        if (kind != "request") continue;
        SCOPED_TRACE(api + ' ' + std::to_string(version));
        ++requests;

        auto const frame = read_request(shared_bytes{from_hex(bytes)});

        ASSERT_TRUE(frame);
        EXPECT_EQ(frame->header.api_key, key);
        EXPECT_EQ(frame->header.api_version, version);
        EXPECT_EQ(frame->header.correlation_id, 77);
        EXPECT_EQ(frame->header.client_id, "kafka-python");
        bool const served = visit_api(frame->header.api_key, [&]<class Api>(Api) {
            auto const message = decode<typename Api::request>(frame->body, frame->header.api_version);
            ASSERT_TRUE(message) << message.error().message();
            EXPECT_EQ(to_hex(encoded(*message, frame->header.api_version)), to_hex(frame->body.view()));
        });
        EXPECT_TRUE(served);
    }
    EXPECT_GT(requests, 30);
}

}  // namespace
