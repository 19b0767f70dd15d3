// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <cstddef>
#include <optional>
#include <utility>

namespace broker {

/// A bound on the bytes of requests in memory, over all connections. Who wants more waits: that is the back-pressure.
///
/// threads   the loop's
class budget {
public:
    explicit budget(std::size_t bytes_max) : free_(bytes_max), total_(bytes_max) {}

    /// Shares may outlive the loop, so the budget is made before it and lends itself to it until detach().
    void attach(asio::io_context& loop) {
        changed_.emplace(loop);
        changed_->expires_at(asio::steady_timer::time_point::max());
    }
    void detach() { changed_.reset(); }

    std::size_t used() const { return total_ - free_; }
    std::size_t total() const { return total_; }
    std::size_t waiting() const { return waiting_; }

    /// A share of the budget; given back when it ends.
    class share {
    public:
        share() = default;
        share(budget& from, std::size_t bytes) : from_(&from), bytes_(bytes) {}
        share(share&& other) noexcept
            : from_(std::exchange(other.from_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
        share& operator=(share&& other) noexcept {
            std::swap(from_, other.from_);
            std::swap(bytes_, other.bytes_);
            return *this;
        }
        ~share() {
            if (from_ != nullptr) from_->give_back(bytes_);
        }

        void merge(share&& more) {
            if (from_ == nullptr) from_ = more.from_;
            bytes_ += std::exchange(more.bytes_, 0);
            more.from_ = nullptr;
        }

    private:
        budget* from_ = nullptr;
        std::size_t bytes_ = 0;
    };

    /// Waits until `bytes` are free; the caller knows that bytes <= total().
    ///
    /// given_up   outlives the wait; who sets it calls look_again(), and the share is empty then
    asio::awaitable<share> take(std::size_t bytes, bool const& given_up) {
        ++waiting_;
        while (free_ < bytes && !given_up) {
            std::error_code woken;
            co_await changed_->async_wait(asio::redirect_error(asio::use_awaitable, woken));
        }
        --waiting_;
        if (given_up) co_return share{};
        free_ -= bytes;
        co_return share{*this, bytes};
    }

    /// Lets everyone who waits look at its own condition.
    void look_again() {
        if (waiting_ != 0 && changed_) changed_->cancel();
    }

private:
    void give_back(std::size_t bytes) {
        free_ += bytes;
        look_again();
    }

    std::optional<asio::steady_timer> changed_;  ///< never expires; cancelling it wakes everyone who waits
    std::size_t free_;
    std::size_t total_;
    std::size_t waiting_ = 0;
};

}  // namespace broker
