// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <composition.hpp>
#include <environment.hpp>

#include <chronik/base/time.hpp>

#include <functional>
#include <utility>

namespace broker::world {

/// Runs a broker's host on a loop in virtual time, as net::host_driver does on a real one: one turn behind the inputs
/// of a moment, and one alarm for whichever group is due.
///
/// threads   one for each world
class driver {
public:
    /// turned   called behind each turn
    driver(event_loop& loop, std::function<void()> turned) : loop_(&loop), turned_(std::move(turned)) {}
    driver(driver const&) = delete;
    driver& operator=(driver const&) = delete;

    void drive(host& driven) {
        host_ = &driven;
        request_turn();
    }
    void request_turn() {
        if (host_ == nullptr || std::exchange(turn_due_, true)) return;
        loop_->post([this] { finish_turn(); });
    }
    void stop() { host_ = nullptr; }

private:
    void finish_turn() {
        turn_due_ = false;
        if (host_ == nullptr) return;
        host_->finish_turn(loop_->now());
        turned_();
        arm();
    }

    void arm() {
        if (host_ == nullptr) return;
        auto const when = host_->wake_at();
        if (when == chronik::never || when >= armed_) return;
        armed_ = when;
        // The loop goes with this, and with it what it would have been told.
        loop_->alarm(when, [this, when] {
            if (armed_ != when || host_ == nullptr) return;
            armed_ = chronik::never;
            host_->on_time(loop_->now());
            finish_turn();
        });
    }

    event_loop* loop_;
    std::function<void()> turned_;
    host* host_ = nullptr;
    chronik::time_point armed_ = chronik::never;
    bool turn_due_ = false;
};

}  // namespace broker::world
