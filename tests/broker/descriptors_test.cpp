// SPDX-License-Identifier: Apache-2.0
#include <server/descriptors.hpp>

#include <admin/http.hpp>
#include <server/journal_options.hpp>

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace broker {
namespace {

settings node_alone() {
    settings config;
    config.single_node = true;
    return config;
}

/// What tell_descriptors() says.
std::vector<std::string> told(settings const& config, std::uint64_t limit) {
    std::vector<std::string> lines;
    log_writer log{{.sink = [&](std::string_view line) { lines.emplace_back(line); }}};
    tell_descriptors(logger{log, "test"}, config, limit);
    return lines;
}

TEST(descriptors, those_of_the_storage_follow_the_length_of_the_journal) {
    settings config = node_alone();
    auto const before = descriptors_kept(config).storage;
    auto const options = journal_options(config);
    EXPECT_GE(before, 2 * options.unsettled_segments_max + options.spare_segments + 2 * options.settle_runs_max);

    config.journal_bytes_max *= 4;

    EXPECT_EQ(descriptors_kept(config).storage - before, 2 * 3 * options.unsettled_segments_max);
    config.journal_bytes_max = std::uint64_t{1} << 50;
    EXPECT_LT(descriptors_kept(config).storage, 2 * options.segments_max) << "the journal has a limit of its own";
}

TEST(descriptors, a_node_of_a_cluster_keeps_two_for_each_other_that_may_come) {
    settings config = node_alone();
    EXPECT_EQ(descriptors_kept(config).nodes, 0U);
    EXPECT_EQ(descriptors_kept(config).http, http_connections_max);
    config.single_node = false;
    config.peers.resize(3);
    auto const small = descriptors_kept(config).nodes;
    EXPECT_GE(small, 200U) << "it may grow";

    config.peers.resize(150);

    EXPECT_EQ(descriptors_kept(config).nodes - small, 100U);
}

TEST(descriptors, clients_get_what_they_are_promised_where_there_is_enough) {
    settings config = node_alone();
    config.connections_max = 1000;
    auto const kept = descriptors_kept(config).all();
    EXPECT_EQ(clients_that_fit(config, kept + 1000), 1000U);
    EXPECT_EQ(clients_that_fit(config, std::uint64_t{1} << 40), 1000U);
    EXPECT_EQ(told(config, kept + 1000).size(), 1U);
}

TEST(descriptors, where_there_are_fewer_clients_get_what_is_left_and_it_is_said) {
    settings config = node_alone();
    config.connections_max = 1000;
    auto const kept = descriptors_kept(config).all();

    EXPECT_EQ(clients_that_fit(config, kept + 999), 999U);
    EXPECT_EQ(clients_that_fit(config, kept + 16), 16U);

    auto const lines = told(config, kept + 16);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_NE(lines[1].find("connections_max is 16 instead of 1000"), std::string::npos) << lines[1];
    EXPECT_NE(lines[1].find(std::to_string(kept + 1000)), std::string::npos) << lines[1];
}

TEST(descriptors, with_hardly_any_left_the_start_is_refused_and_says_what_is_needed) {
    settings config = node_alone();
    config.connections_max = 1000;
    auto const kept = descriptors_kept(config).all();
    for (std::uint64_t const limit : {std::uint64_t{0}, kept - 1, kept, kept + 15}) {
        auto const refused = clients_that_fit(config, limit);
        ASSERT_FALSE(refused) << limit;
        EXPECT_EQ(refused.error().code, exit_code::configuration);
        for (auto const& says : {std::to_string(limit), std::to_string(kept + 1000), std::string{"LimitNOFILE"}})
            EXPECT_NE(refused.error().text.find(says), std::string::npos) << refused.error().text;
    }
    config.connections_max = 3;
    EXPECT_EQ(clients_that_fit(config, kept + 3), 3U) << "as many as were asked for";
}

TEST(descriptors, the_limit_is_raised_as_far_as_it_goes) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit lower = before;
    lower.rlim_cur = std::min<rlim_t>(before.rlim_max, 512);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
    EXPECT_EQ(descriptor_limit(), lower.rlim_cur);

    raise_descriptor_limit();

    EXPECT_EQ(descriptor_limit(), before.rlim_max);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace broker
