// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/net/host_driver.hpp>
#include <chronik/node/group_handle.hpp>

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include <system_error>
#include <type_traits>
#include <utility>

namespace chronik::net {

/// One group of a host as Asio operations: with asio::use_awaitable, asio::use_future, a callback, or any other token.
///
///     net::awaitable_group orders{driver, group_id{7}};
///     auto const verdict = co_await orders.propose(payload, asio::use_awaitable);
///     if (verdict.committed()) use(*verdict.value);
///
/// What is asked is asked at once and cannot be taken back: a cancelled coroutine leaves its proposal in the log. The
/// completion runs on its own executor, never from within the call. The driver and the host outlive the operations;
/// what still waits when the host goes is destroyed uncalled.
/// threads   the loop's
template <class Host>
class awaitable_group {
public:
    using result_type = typename Host::result_type;

    /// driver   drives the host already
    awaitable_group(host_driver<Host>& driver, group_id id) : driver_(&driver), group_(driver.host(), id) {}

    group_id id() const { return group_.id(); }

    /// completes with   verdict<result_type>; see group_handle::propose
    template <class Token>
    auto propose(shared_bytes payload, Token&& token) {
        return initiate<verdict<result_type>>(std::forward<Token>(token), [this, payload](auto done) mutable {
            group_.propose(std::move(payload), steady_now(), std::move(done));
        });
    }

    /// completes with   verdict<the query's value>; see group_handle::read
    template <class Query, class Token>
    auto read(Query query, Token&& token) {
        using value_type = std::remove_cvref_t<std::invoke_result_t<Query&, typename Host::machine_type const&>>;
        return initiate<verdict<value_type>>(std::forward<Token>(token), [this, query](auto done) mutable {
            group_.read(std::move(query), steady_now(), std::move(done));
        });
    }

    /// completes with   verdict<raft::configuration>; see group_handle::change_members
    template <class Token>
    auto change_members(raft::configuration target, Token&& token) {
        return initiate<verdict<raft::configuration>>(std::forward<Token>(token), [this, target](auto done) mutable {
            group_.change_members(std::move(target), steady_now(), std::move(done));
        });
    }

    /// completes with   std::error_code; see group_handle::transfer
    template <class Token>
    auto transfer(node_id target, Token&& token) {
        return initiate<std::error_code>(std::forward<Token>(token), [this, target](auto done) {
            group_.transfer(target, steady_now(), std::move(done));
        });
    }

private:
    /// Begins something with a callback that brings the answer to the handler's executor.
    template <class Answer, class Token, class Begin>
    auto initiate(Token&& token, Begin begin) {
        return asio::async_initiate<Token, void(Answer)>(
            [this](auto handler, Begin begun) {
                auto const home = asio::get_associated_executor(handler, driver_->get_executor());
                // The loop must not run dry while an answer is on its way.
                auto work = asio::make_work_guard(home);
                begun([handler = std::move(handler), work = std::move(work)](Answer answer) mutable {
                    asio::post(work.get_executor(),
                               [told = std::move(handler), answer = std::move(answer)]() mutable {
                                   std::move(told)(std::move(answer));
                               });
                    work.reset();
                });
                driver_->request_turn();
            },
            token, std::move(begin));
    }

    host_driver<Host>* driver_;
    group_handle<Host> group_;
};

}  // namespace chronik::net
