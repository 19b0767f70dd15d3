// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <environment.hpp>
#include <handlers/reply.hpp>

#include <chronik/base/random.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>
#include <chronik/testing/scheduler.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace broker::world {

/// What a client hears of one request. arrived   false: the connection is lost, and nobody knows what came of it
struct heard {
    bool arrived = false;
    chronik::shared_bytes answer{};  ///< without its length
};

/// A client's connection to one broker process: whole requests go in, whole answers come back, in the same order, late
/// or never. What server/connection.cpp is to sockets.
///
/// threads   one for each world
class connection final : public reply::owner, public std::enable_shared_from_this<connection> {
public:
    /// The process's side: takes one request, on its loop.
    using request_handler = std::function<void(caller const& from, chronik::shared_bytes const& body, reply answer)>;
    using told_type = std::move_only_function<void(heard)>;

    connection(chronik::testing::scheduler& events, std::uint64_t seed, event_loop& server, std::string client,
               request_handler handle)
        : events_(&events), chance_(seed), server_(&server), caller_{{}, std::move(client)},
          handle_(std::move(handle)) {}

    /// Sends a request without its length.
    ///
    /// told   called once, later; empty for a request that has no answer
    void ask(chronik::shared_bytes request, told_type told) {
        if (!is_open()) return tell_lost(std::move(told));
        if (told) waiting_.push_back(std::move(told));
        there_ = std::max(there_, events_->now() + some_delay());
        events_->at(there_, [self = shared_from_this(), request = std::move(request)] { self->arrive(request); });
    }
    bool is_open() const { return client_is_there_; }

    /// The client gives it up: what is under way is not answered any more.
    void drop() {
        server_ = nullptr;
        client_is_there_ = false;
        lose_all();
    }
    /// The process has gone. quiet   nobody says so to the client, which waits until it gives up
    void end(bool quiet) {
        server_ = nullptr;
        handle_ = nullptr;
        if (!quiet) hang_up();
    }
    /// Whether a process still holds the other end.
    bool is_served() const { return server_ != nullptr; }
    std::string const& closed_because() const { return reason_; }

private:
    void arrive(chronik::shared_bytes const& request) {
        if (server_ == nullptr) return;
        server_->post([self = shared_from_this(), request] {
            if (self->server_ == nullptr) return;
            auto const mine = std::make_shared<reply::place>();
            self->places_.push_back(mine);
            self->handle_(self->caller_, request, reply{self, mine});
        });
    }

    void answered() override {
        while (!places_.empty() && places_.front()->finished) {
            auto const done = std::move(places_.front());
            places_.pop_front();
            if (!done->parts.empty()) send_back(done->parts);
        }
    }
    void close(char const* reason) override {
        if (server_ == nullptr) return;
        reason_ = reason;
        server_ = nullptr;
        hang_up();
    }

    void send_back(std::vector<chronik::shared_bytes> const& parts) {
        std::vector<std::byte> all;
        for (auto const& part : parts) all.insert(all.end(), part.view().begin(), part.view().end());
        chronik::shared_bytes const whole{std::move(all)};
        constexpr std::size_t length_bytes = 4;
        back_ = std::max(back_, events_->now() + some_delay());
        events_->at(back_, [self = shared_from_this(),
                            answer = whole.slice(length_bytes, whole.size() - length_bytes)] {
            if (!self->client_is_there_ || self->waiting_.empty()) return;
            auto told = std::move(self->waiting_.front());
            self->waiting_.pop_front();
            told({true, answer});
        });
    }
    /// The client hears that nothing more comes, behind what is on its way to it.
    void hang_up() {
        back_ = std::max(back_, events_->now() + some_delay());
        events_->at(back_, [self = shared_from_this()] {
            self->client_is_there_ = false;
            self->lose_all();
        });
    }
    void lose_all() {
        for (auto& each : std::exchange(waiting_, {})) tell_lost(std::move(each));
    }
    void tell_lost(told_type told) {
        if (!told) return;
        events_->after(chronik::duration::zero(), [told = std::move(told)]() mutable { told({}); });
    }

    chronik::duration some_delay() {
        return std::chrono::microseconds{chance_.between(50, chance_.chance(5) ? 20'000 : 1'000)};
    }

    chronik::testing::scheduler* events_;
    chronik::random chance_;
    event_loop* server_;  ///< null: the process has gone, or either side has closed
    caller caller_;
    request_handler handle_;
    std::deque<std::shared_ptr<reply::place>> places_;  ///< of requests without an answer, in their order
    std::deque<told_type> waiting_;                     ///< of the client
    chronik::time_point there_{};
    chronik::time_point back_{};
    bool client_is_there_ = true;
    std::string reason_;
};

}  // namespace broker::world
