// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cluster/control_messages.hpp>
#include <composition.hpp>
#include <environment.hpp>

#include <chronik/base/random.hpp>

#include <asio/awaitable.hpp>

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace broker {

/// What came of asking for a change of the metadata.
///
/// applied    the command committed, and this is its result; in this node's image it shows already
/// problems   topics that could not be planned; the others, if any, are in `applied`
/// decided    there was nothing to commit: all topics have problems, or were only to be checked
/// none of it nobody could commit it in time; it may still commit, and may be asked for again
struct change_outcome {
    std::optional<metadata::applied> applied;
    bool decided = false;
    std::vector<control::plan_problem> problems;
};

/// The way into the metadata group's log, from any node: commands go to whoever leads it, and what became of them shows
/// in this node's own log.
///
/// Asks again with growing, jittered pauses until the limit, always under the same request id; every command may be
/// applied twice without harm (docs/formats/metadata_commands.md).
/// threads   the loop's
class metadata_log {
    using change_request = std::variant<control::propose, control::plan_topics, control::plan_partitions>;

public:
    struct hooks {
        std::function<void()> request_turn;
        /// This node leads the metadata group: plan these topics and propose them. Nothing when it cannot now.
        std::function<std::optional<control::answer>(control::plan_topics const&)> plan;
        /// The same for further partitions.
        std::function<std::optional<control::answer>(control::plan_partitions const&)> plan_growth;
    };

    metadata_log(event_loop& loop, chronik::node_id self, host& logs, environment::links& links, std::uint64_t seed,
                 hooks use)
        : loop_(&loop), self_(self), logs_(&logs), links_(&links), chance_(seed), use_(std::move(use)) {}

    void set_incarnation(std::uint64_t incarnation) { incarnation_ = incarnation; }
    std::uint64_t incarnation() const { return incarnation_; }
    chronik::node_id leader() const;
    bool leads() const { return leader() == self_; }
    metadata::request_id next_request() { return {self_, incarnation_, ++last_serial_}; }

    /// Gets a command committed. `command.request` is set here.
    template <class Command>
    asio::awaitable<change_outcome> submit(Command command, chronik::duration limit) {
        command.request = next_request();
        auto payload = metadata::command_set::encode(command);
        // Built by this broker within the limits of metadata/limits.hpp.
        CHRONIK_ASSERT(payload.has_value());
        // Named, because GCC 12 destroys an aggregate in a co_await expression twice (GCC bug 99576). May go with
        // GCC 12.
        change_request what = control::propose{command.request.serial, std::move(*payload)};
        co_return co_await ask(command.request, std::move(what), limit);
    }

    /// Gets topics planned by the leader and their creation committed.
    asio::awaitable<change_outcome> create(std::vector<metadata::create_request> topics, chronik::duration limit) {
        auto const request = next_request();
        change_request what = control::plan_topics{request.serial, request, std::move(topics)};
        co_return co_await ask(request, std::move(what), limit);
    }

    /// Gets further partitions planned by the leader and their creation committed.
    asio::awaitable<change_outcome> grow(std::vector<metadata::growth_request> topics, chronik::duration limit) {
        auto const request = next_request();
        change_request what = control::plan_partitions{request.serial, request, std::move(topics)};
        co_return co_await ask(request, std::move(what), limit);
    }

    /// Proposes without waiting, if this node leads: for what the leader itself decides and looks at again.
    template <class Command>
    bool propose_here(Command command) {
        if (command.request == metadata::request_id{}) command.request = next_request();
        auto payload = metadata::command_set::encode(command);
        CHRONIK_ASSERT(payload.has_value());
        return propose(std::move(*payload));
    }

    /// A metadata command was applied on this node.
    void applied(metadata::applied const& done);
    /// A control message from another node: a request to the leader, or an answer to ours.
    void receive(chronik::node_id from, control::message const& what);

private:
    using news = std::variant<metadata::applied, control::answer>;

    /// Somebody waits for what becomes of one request.
    struct waiter {
        explicit waiter(event_loop& loop) : woken(loop) {}
        timer woken;
        std::deque<news> heard;
    };

    asio::awaitable<change_outcome> ask(metadata::request_id id, change_request what, chronik::duration limit);
    static asio::awaitable<std::optional<news>> hear(waiter& from, chronik::duration limit);
    void put_to_leader(change_request const& what);
    control::answer handle(change_request const& what);
    bool propose(chronik::shared_bytes payload);
    void tell(std::uint64_t serial, news what);

    event_loop* loop_;
    chronik::node_id self_;
    host* logs_;
    environment::links* links_;
    chronik::random chance_;
    hooks use_;
    std::uint64_t incarnation_ = 0;
    std::uint64_t last_serial_ = 0;
    std::map<std::uint64_t, std::shared_ptr<waiter>> waiting_;
};

}  // namespace broker
