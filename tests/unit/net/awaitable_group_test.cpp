// SPDX-License-Identifier: Apache-2.0
#include "unit/net/asio_hosts.hpp"
#include "unit/net/loop_test_support.hpp"

#include <chronik/net/awaitable_group.hpp>

#include <asio/awaitable.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <vector>

namespace {

using namespace net_test;
using verdict_type = verdict<std::string>;

struct awaitable_group_test : ::testing::Test {
    asio::io_context loop;
    asio_hosts hosts{loop, 3};

    void SetUp() override { ASSERT_TRUE(run_until(loop, [&] { return hosts.leads(1); })); }

    net::awaitable_group<loop_host> at(std::uint32_t node) {
        return {hosts.driver(node), asio_hosts::group};
    }
};

asio::awaitable<void> say_twice(net::awaitable_group<loop_host> group, std::vector<verdict_type>& told) {
    shared_bytes const first = shared_bytes::copy_of("once ");
    told.push_back(co_await group.propose(first, asio::use_awaitable));
    shared_bytes const second = shared_bytes::copy_of("upon");
    told.push_back(co_await group.propose(second, asio::use_awaitable));
}

TEST_F(awaitable_group_test, a_coroutine_waits_for_its_proposals_one_after_the_other) {
    std::vector<verdict_type> told;
    asio::co_spawn(loop, say_twice(at(1), told), asio::detached);

    ASSERT_TRUE(run_until(loop, [&] { return told.size() == 2; }));

    EXPECT_EQ(told[0].value, "once ");
    EXPECT_EQ(told[1].value, "once upon");
    EXPECT_LT(told[0].index, told[1].index);
}

TEST_F(awaitable_group_test, a_callback_never_comes_from_within_the_call) {
    std::optional<verdict_type> told;
    at(2).propose(shared_bytes::copy_of("x"), [&](verdict_type said) { told = std::move(said); });
    EXPECT_FALSE(told) << "although it was refused at once";

    ASSERT_TRUE(run_until(loop, [&] { return told.has_value(); }));

    EXPECT_EQ(told->outcome, outcome::not_leader);
    EXPECT_TRUE(told->leader == node_id{1} || told->leader == no_node) << "or it has not heard of one yet";
}

TEST_F(awaitable_group_test, a_completion_runs_on_its_own_executor) {
    auto strand = asio::make_strand(loop);
    bool at_home = false;
    bool done = false;
    at(1).propose(shared_bytes::copy_of("x"), asio::bind_executor(strand, [&](verdict_type const& said) {
                      at_home = strand.running_in_this_thread();
                      done = said.committed();
                  }));

    ASSERT_TRUE(run_until(loop, [&] { return done; }));
    EXPECT_TRUE(at_home);
}

TEST_F(awaitable_group_test, a_future_works_as_well) {
    std::future<verdict_type> told = at(1).propose(shared_bytes::copy_of("later"), asio::use_future);

    ASSERT_TRUE(run_until(loop, [&] { return told.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    EXPECT_EQ(told.get().value, "later");
}

asio::awaitable<void> say_and_read(net::awaitable_group<loop_host> group, verdict<std::size_t>& told) {
    shared_bytes const said = shared_bytes::copy_of("four");
    co_await group.propose(said, asio::use_awaitable);
    auto const length = [](chronicle const& machine) { return machine.text.size(); };
    told = co_await group.read(length, asio::use_awaitable);
}

TEST_F(awaitable_group_test, a_read_sees_what_was_committed_before_it) {
    verdict<std::size_t> told;
    asio::co_spawn(loop, say_and_read(at(1), told), asio::detached);

    ASSERT_TRUE(run_until(loop, [&] { return told.committed(); }));

    EXPECT_EQ(told.value, 4U);
    EXPECT_EQ(hosts.host(1).find(asio_hosts::group)->machine.text, "four") << "the machine has seen no more";
}

TEST_F(awaitable_group_test, a_change_of_members_ends_when_it_is_committed) {
    raft::configuration const two{.voters = {node_id{1}, node_id{2}}};
    std::optional<verdict<raft::configuration>> changed;
    auto const ask = [&] {
        changed.reset();
        at(1).change_members(two, [&](verdict<raft::configuration> said) { changed = std::move(said); });
    };
    ask();
    ASSERT_TRUE(run_until(loop, [&] {
        // Until an entry of its own term is committed a leader refuses.
        if (changed && changed->error == errc::busy) ask();
        return changed && changed->error != errc::busy;
    }));

    EXPECT_TRUE(changed->committed());
    EXPECT_EQ(changed->value, two);
}

TEST_F(awaitable_group_test, a_transfer_ends_when_somebody_else_may_lead) {
    std::optional<std::error_code> over;
    at(1).transfer(node_id{3}, [&](std::error_code error) { over = error; });

    ASSERT_TRUE(run_until(loop, [&] { return over.has_value() && hosts.leads(3); }));

    EXPECT_EQ(*over, std::error_code{});
    EXPECT_FALSE(hosts.leads(1));
}

TEST_F(awaitable_group_test, what_waits_when_everything_goes_is_destroyed_uncalled) {
    auto alive = std::make_shared<int>(1);
    {
        asio::io_context own_loop;
        asio_hosts own{own_loop, 3};
        ASSERT_TRUE(run_until(own_loop, [&] { return own.leads(1); }));
        net::awaitable_group<loop_host> group{own.driver(1), asio_hosts::group};
        group.propose(shared_bytes::copy_of("x"), [alive](verdict_type const&) { ++*alive; });
        EXPECT_EQ(alive.use_count(), 2);
    }
    EXPECT_EQ(alive.use_count(), 1);
    EXPECT_EQ(*alive, 1);
}

}  // namespace
