// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <environment.hpp>

#include <chronik/base/duration_histogram.hpp>
#include <chronik/base/shared_bytes.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace broker {

/// Who is asking. Every request has a principal, also where everyone may do everything.
struct principal {
    std::string name = "ANONYMOUS";
};

/// Where a request comes from.
struct caller {
    principal who;
    std::string peer;  ///< the client's address and port, for the log
};

/// The place of one answer in the order of a connection's requests.
///
/// Exactly one of send, send_nothing and close is called. A reply that is dropped closes the connection: a client
/// that waits for ever is worse than one that reconnects.
class reply {
public:
    struct place {
        bool finished = false;
        std::vector<chronik::shared_bytes> parts;
    };

    /// The connection, as far as an answer knows it.
    class owner {
    public:
        /// A place is finished; it is written when all before it are.
        virtual void answered() = 0;
        virtual void close(char const* reason) = 0;

    protected:
        ~owner() = default;
    };

    reply(std::shared_ptr<owner> whose, std::shared_ptr<place> mine)
        : owner_(std::move(whose)), mine_(std::move(mine)) {}
    reply(reply&&) = default;
    reply& operator=(reply&&) = delete;
    ~reply() {
        if (owner_ && !mine_->finished) owner_->close("a request was dropped without an answer");
    }

    /// The time from now to the answer is added to `spent`, which outlives this as the loop does.
    void measure(chronik::duration_histogram& spent, event_loop const& loop) {
        spent_ = &spent;
        loop_ = &loop;
        since_ = loop.now();
    }

    /// parts   the whole answer, its length included, as a gather list
    void send(std::vector<chronik::shared_bytes> parts) {
        if (spent_ != nullptr) spent_->add(loop_->now() - since_);
        mine_->parts = std::move(parts);
        mine_->finished = true;
        owner_->answered();
    }
    /// For requests without an answer: produce with acks=0.
    void send_nothing() { send({}); }
    void close(char const* reason) {
        mine_->finished = true;
        owner_->close(reason);
    }

private:
    std::shared_ptr<owner> owner_;
    std::shared_ptr<place> mine_;
    chronik::duration_histogram* spent_ = nullptr;
    event_loop const* loop_ = nullptr;
    chronik::time_point since_{};
};

}  // namespace broker
