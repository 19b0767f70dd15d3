// SPDX-License-Identifier: Apache-2.0
#include <cluster/metadata_log.hpp>

#include <chronik/base/overloaded.hpp>

#include <algorithm>

namespace broker {

namespace {

using namespace std::chrono_literals;

constexpr chronik::duration pause_min = 10ms;
constexpr chronik::duration pause_max = 500ms;
/// How long the leader's answer or the commit may take before the leader may have changed.
constexpr chronik::duration answer_time = 1s;

}  // namespace

chronik::node_id metadata_log::leader() const {
    auto const* const group = logs_->find(metadata_group);
    return group == nullptr ? chronik::no_node : group->core.leader();
}

asio::awaitable<std::optional<metadata_log::news>> metadata_log::hear(waiter& from, chronik::duration limit) {
    if (from.heard.empty()) co_await from.woken.pause(limit);
    if (from.heard.empty()) co_return std::nullopt;
    news first = std::move(from.heard.front());
    from.heard.pop_front();
    co_return first;
}

asio::awaitable<change_outcome> metadata_log::ask(metadata::request_id id, change_request what,
                                                  chronik::duration limit) {
    auto const mine = std::make_shared<waiter>(*loop_);
    waiting_[id.serial] = mine;
    change_outcome outcome;
    auto const deadline = loop_->now() + limit;
    auto pause = pause_min;
    for (auto now = loop_->now(); now < deadline && !outcome.applied; now = loop_->now()) {
        put_to_leader(what);
        auto heard = co_await hear(*mine, std::min<chronik::duration>(answer_time, deadline - now));
        bool proposed = false;
        if (heard && std::holds_alternative<control::answer>(*heard)) {
            auto& answer = std::get<control::answer>(*heard);
            proposed = answer.proposed;
            if (answer.leads) outcome.problems = std::move(answer.problems);
            outcome.decided = answer.leads && answer.decided;
            if (outcome.decided) break;
            chronik::duration const jittered =
                pause / 2 + duration_cast<chronik::duration>(pause * static_cast<double>(chance_.below(1000)) / 2000.0);
            heard = co_await hear(*mine, std::min<chronik::duration>(
                                             proposed ? answer_time : jittered,
                                             std::max<chronik::duration>(deadline - loop_->now(), 0ns)));
            pause = std::min<chronik::duration>(pause * 2, pause_max);
        }
        if (heard && std::holds_alternative<metadata::applied>(*heard))
            outcome.applied = std::get<metadata::applied>(std::move(*heard));
    }
    waiting_.erase(id.serial);
    co_return outcome;
}

void metadata_log::put_to_leader(change_request const& what) {
    auto const serial = std::visit([](auto const& body) { return body.correlation; }, what);
    chronik::node_id const leader = this->leader();
    if (leader == self_) return tell(serial, handle(what));
    bool sent = false;
    if (leader != chronik::no_node) {
        auto const frame = std::visit([](auto const& body) { return control::to_frame(body); }, what);
        sent = links_->send(leader, frame) == chronik::transport::send_result::sent;
    }
    if (sent) return;
    control::answer nobody{};
    nobody.correlation = serial;
    nobody.leader = leader;
    tell(serial, std::move(nobody));
}

control::answer metadata_log::handle(change_request const& what) {
    control::answer answer{};
    answer.correlation = std::visit([](auto const& body) { return body.correlation; }, what);
    answer.leader = leader();
    answer.leads = answer.leader == self_;
    if (!answer.leads) return answer;
    if (auto const* const command = std::get_if<control::propose>(&what)) {
        // Only what every node can read gets into the log.
        answer.proposed = metadata::command_set::decode(command->command).has_value() && propose(command->command);
        return answer;
    }
    auto const* const topics = std::get_if<control::plan_topics>(&what);
    auto planned = topics != nullptr ? use_.plan(*topics) : use_.plan_growth(std::get<control::plan_partitions>(what));
    if (!planned) return answer;
    planned->correlation = answer.correlation;
    planned->leader = answer.leader;
    planned->leads = true;
    return *planned;
}

bool metadata_log::propose(chronik::shared_bytes payload) {
    // What no journal can hold in one record must not reach it: it would count as a failure of the storage.
    if (payload.size() > logs_->storage().limits().payload_bytes_max()) return false;
    auto const accepted = logs_->propose(metadata_group, std::move(payload), 0, chronik::acknowledge::committed, 0,
                                         loop_->now(), {});
    use_.request_turn();
    return accepted.has_value();
}

void metadata_log::tell(std::uint64_t serial, news what) {
    auto const found = waiting_.find(serial);
    if (found == waiting_.end()) return;
    found->second->heard.push_back(std::move(what));
    found->second->woken.cancel();
}

void metadata_log::applied(metadata::applied const& done) {
    if (done.request.node == self_ && done.request.incarnation == incarnation_) tell(done.request.serial, done);
}

void metadata_log::receive(chronik::node_id from, control::message const& what) {
    std::visit(chronik::overloaded{
                   [&](control::answer const& answer) { tell(answer.correlation, answer); },
                   [&](control::propose const& asked) { links_->send(from, control::to_frame(handle(asked))); },
                   [&](control::plan_topics const& asked) { links_->send(from, control::to_frame(handle(asked))); },
                   [&](control::plan_partitions const& asked) { links_->send(from, control::to_frame(handle(asked))); },
                   [&](control::heartbeat const&) {},
                   [&](control::hand_over const&) {},
                   [&](control::ask_nodes const&) {},
                   [&](control::known_nodes const&) {},
               },
               what);
}

}  // namespace broker
