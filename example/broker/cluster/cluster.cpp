// SPDX-License-Identifier: Apache-2.0
#include <cluster/cluster.hpp>

#include <cluster/rendezvous.hpp>

#include <fmt/format.h>

#include <utility>

namespace broker {

namespace {

using namespace std::chrono_literals;

constexpr chronik::duration heartbeat_interval = 250ms;
/// Several heartbeats may be lost before a broker counts as failed.
constexpr chronik::duration change_limit = 5s;
/// A partition without a quorum has no leader for as long as that lasts; this broker serves the others meanwhile.
constexpr chronik::duration settle_limit = 3s;
/// Who could not be told what is committed asks again after it.
constexpr chronik::duration read_pause = 20ms;
/// A node that stops does not wait for long to say so.
constexpr chronik::duration announce_limit = 500ms;

std::vector<node_address> configured_nodes(settings const& config) {
    std::vector<node_address> out;
    for (auto const& peer : config.peers) out.push_back({peer.id, peer.host, peer.rpc_port});
    return out;
}

/// What an operator has to say on another node, word for word.
std::string admission_path(settings const& config) {
    bool const is_address6 = config.advertised_addr.find(':') != std::string::npos;
    return fmt::format("POST /admin/brokers/{}?address={}{}{}:{}:{}", config.node_id.value, is_address6 ? "[" : "",
                       config.advertised_addr, is_address6 ? "]" : "", config.kafka_port, config.rpc_port);
}

}  // namespace

cluster::cluster(parts use, std::uint64_t seed, std::uint64_t incarnation, logger log)
    : use_(std::move(use)),
      log_(std::move(log)),
      commands_(use_.loop, use_.config.node_id, use_.logs, use_.links, seed,
                {.request_turn = use_.request_turn,
                 .plan = [this](auto const& asked) { return controller_.plan(asked, *image()); },
                 .plan_growth = [this](auto const& asked) { return controller_.plan(asked, *image()); }}),
      controller_(
          use_.config, commands_, {[this](auto const& led, auto to) { ask_to_hand_over(led, to); },
           [this](auto node) { return use_.logs.find(metadata_group)->core.members().is_voter(node); }},
          seed + 1, log_),
      mover_(use_.config.node_id, use_.logs, use_.partitions, log_),
      links_(use_.config.node_id, configured_nodes(use_.config)),
      incarnation_(incarnation) {
    commands_.set_incarnation(incarnation_);
}

chronik::result<void> cluster::start(chronik::time_point now) {
    group_machine state{metadata::machine{}, [this](metadata::applied const& done) { on_command_applied(done); }};
    begin_links();
    bool const alone = use_.config.single_node;
    auto opened = use_.logs.open_group(metadata_group, use_.founders, std::move(state), alone, now);
    if (!opened) return opened;
    if (use_.logs.find(metadata_group)->core.members().is_blank())
        log_.info("waits to be admitted: {} on a node of the cluster", admission_path(use_.config));
    else if (use_.config.join && !use_.founders.is_blank())
        log_.info("join is not looked at: this data directory has formed its cluster");
    use_.loop.start(join());
    use_.request_turn();
    return {};
}

metadata::machine const& cluster::machine() const {
    return std::get<metadata::machine>(use_.logs.find(metadata_group)->machine.which);
}

std::shared_ptr<metadata::image const> cluster::image() const { return machine().current(); }

bool cluster::alive() const {
    auto const* const self = image()->find_broker(use_.config.node_id);
    return self != nullptr && self->incarnation == incarnation_ && self->status == metadata::broker_state::alive;
}

bool cluster::is_decommissioned() const {
    auto const* const self = image()->find_broker(use_.config.node_id);
    return self != nullptr && self->status == metadata::broker_state::decommissioned;
}

bool cluster::is_member(chronik::node_id node) const {
    return use_.logs.find(metadata_group)->core.members().contains(node);
}

std::vector<std::string> cluster::missing() const {
    std::vector<std::string> all;
    auto const self = use_.config.node_id;
    if (use_.logs.find(metadata_group)->core.members().is_blank())
        return {fmt::format("waits to be admitted: {} on a node of the cluster", admission_path(use_.config))};
    if (commands_.leader() == chronik::no_node && !joined_ && use_.stored.has_left(self)) {
        return {fmt::format("this broker was decommissioned when it last heard of its cluster: DELETE "
                            "/admin/brokers/{}/decommission on another node takes it back",
                            self.value)};
    }
    if (commands_.leader() == chronik::no_node)
        all.emplace_back("metadata: no leader is known, a quorum of the voters is not connected");
    if (!joined_) all.emplace_back("metadata: this broker is not registered yet");
    if (is_decommissioned()) all.emplace_back("this broker is decommissioned: it can be stopped");
    else if (joined_ && !alive()) all.emplace_back("metadata: the controller does not count this broker as alive yet");
    return all;
}

asio::awaitable<void> cluster::join() {
    while (!joined_ && !stopping_) {
        metadata::register_broker command{{},
                                          use_.config.node_id,
                                          incarnation_,
                                          use_.config.advertised_addr,
                                          use_.config.kafka_port,
                                          use_.config.http_port,
                                          use_.config.rack,
                                          0,
                                          use_.config.rpc_port,
                                          use_.config.capacity,
                                          use_.config.tags};
        auto const outcome = co_await commands_.submit(std::move(command), change_limit);
        if (stopping_ || !outcome.applied) continue;
        if (outcome.applied->outcome == metadata::error::stale_incarnation) {
            // The clock went back since this node's last start.
            incarnation_ = image()->find_broker(use_.config.node_id)->incarnation + 1;
            commands_.set_incarnation(incarnation_);
        } else if (outcome.applied->outcome == metadata::error::decommissioned) {
            use_.fatal("this broker is decommissioned: remove it from its supervisor, or take it back with DELETE " +
                       fmt::format("/admin/brokers/{}/decommission on another node, and start it then",
                                   use_.config.node_id.value));
            co_return;
        } else if (outcome.applied->outcome == metadata::error::none) {
            // All that was committed before this start comes before the registration in the log, so now the image is
            // current.
            joined_ = true;
        } else {
            log_.error("the cluster refuses this broker: {}", metadata::text(outcome.applied->outcome));
        }
    }
    if (stopping_) co_return;
    log_.info("joined the cluster as broker {}, incarnation {}", use_.config.node_id.value, incarnation_);
    auto const now = use_.loop.now();
    settled_by_ = now + settle_limit;
    use_.partitions.reconcile(*image(), now);
    use_.request_turn();
    co_await live();
}

asio::awaitable<void> cluster::live() {
    timer beats{use_.loop};
    while (!stopping_) {
        control::heartbeat const beat{incarnation_, joined_};
        auto const leader = commands_.leader();
        if (leader == use_.config.node_id) {
            controller_.heard(leader, beat, *image(), use_.loop.now());
        } else if (leader != chronik::no_node) {
            use_.links.send(leader, control::to_frame(beat));
        }
        co_await beats.pause(heartbeat_interval);
    }
}

/// Clients that ask who leads take "nobody" for a lasting answer, so a start is over when that is known.
void cluster::settle(chronik::time_point now) {
    if (settled_ || !joined_ || settled_by_ == chronik::never) return;
    settled_ = use_.partitions.leaders_known(*image()) || now >= settled_by_;
}

asio::awaitable<void> cluster::announce_draining() {
    if (!ready()) co_return;
    metadata::change_broker_status command{{}, use_.config.node_id, incarnation_, metadata::broker_state::draining};
    // Without a metadata leader there is nobody to tell, and this node leaves all the same.
    static_cast<void>(co_await commands_.submit(std::move(command), announce_limit));
}

asio::awaitable<bool> cluster::until(std::function<bool(metadata::image const&)> holds, chronik::duration limit) {
    auto const deadline = use_.loop.now() + limit;
    while (!holds(*image())) {
        auto const left = deadline - use_.loop.now();
        if (left <= 0ns) co_return false;
        auto const change = std::make_shared<rendezvous<bool>>(use_.loop);
        auto const handle = changed_.add([change] { change->bring(true); });
        co_await change->wait(left);
        changed_.remove(handle);
    }
    co_return true;
}

asio::awaitable<bool> cluster::current(chronik::duration limit) {
    auto const deadline = use_.loop.now() + limit;
    while (true) {
        auto const now = use_.loop.now();
        if (now >= deadline) co_return false;
        auto const answer = std::make_shared<rendezvous<std::error_code>>(use_.loop);
        auto const asked = use_.logs.read(metadata_group, now, [answer](std::error_code why) { answer->bring(why); });
        use_.request_turn();
        if (asked) {
            auto const told = co_await answer->wait(deadline - now);
            if (!told) co_return false;
            if (!*told) co_return true;
        }
        // Without a leader there is nobody to ask: until there is one.
        rendezvous<bool> pause(use_.loop);
        co_await pause.wait(std::min<chronik::duration>(read_pause, deadline - now));
    }
}

void cluster::on_event(chronik::raft::event const&) {
    auto const* const group = use_.logs.find(metadata_group);
    if (!group->is_leader()) controller_.lead(false, *image(), use_.loop.now());
}

void cluster::on_command_applied(metadata::applied const& done) {
    commands_.applied(done);
    controller_.applied(done);
    if (!done.created.empty()) created_.insert(created_.end(), done.created.begin(), done.created.end());
    if (!done.removed.empty()) removed_.insert(removed_.end(), done.removed.begin(), done.removed.end());
    moved_.insert(moved_.end(), done.moved.begin(), done.moved.end());
    reconfigured_.insert(reconfigured_.end(), done.reconfigured.begin(), done.reconfigured.end());
    heard_ = done.index;
    if (done.outcome == metadata::error::unreadable)
        use_.fatal("a metadata command was written by a newer release; upgrade this node");
}

void cluster::on_applied() {
    auto const now = use_.loop.now();
    auto const current = image();
    if (!cluster_known_ && !current->cluster_id.empty()) {
        cluster_known_ = true;
        use_.know_cluster(current->cluster_id);
    }
    // A snapshot of the leader's has come in the place of commands: nobody says what those did.
    bool const skipped = std::exchange(heard_, current->version) != current->version;
    if (joined_ && skipped) {
        use_.partitions.reconcile(*current, now);
    } else if (joined_) {
        use_.partitions.open(*current, created_, now);
        use_.partitions.close(removed_);
        use_.partitions.move(*current, moved_, now);
        use_.partitions.reconfigure(*current, reconfigured_);
    }
    moved_.clear();
    reconfigured_.clear();
    created_.clear();
    removed_.clear();
    auto const* const group = use_.logs.find(metadata_group);
    if (group->core.can_serve()) controller_.lead(true, *current, now);
    controller_.rebalance(*current, now);
    settle(now);
    changed_.fire();
    use_.request_turn();
}

void cluster::on_control(chronik::node_id from, chronik::shared_bytes const& body) {
    auto const what = control::from_frame(body);
    if (!what) {
        log_.warn("node {} sent a control message that makes no sense: {}", from.value, what.error().message());
        return;
    }
    if (auto const* const beat = std::get_if<control::heartbeat>(&*what)) {
        return controller_.heard(from, *beat, *image(), use_.loop.now());
    }
    if (auto const* const asked = std::get_if<control::hand_over>(&*what)) return hand_over(*asked);
    if (auto const* const asked = std::get_if<control::ask_nodes>(&*what)) return tell_nodes(from, asked->version);
    if (auto const* const told = std::get_if<control::known_nodes>(&*what)) return hear_nodes(*told);
    commands_.receive(from, *what);
}

void cluster::ask_to_hand_over(metadata::partition const& led, chronik::node_id to) {
    control::hand_over const asked{led.group, led.leader_epoch, to};
    if (led.leader == use_.config.node_id) hand_over(asked);
    else if (led.leader != chronik::no_node) use_.links.send(led.leader, control::to_frame(asked));
}

void cluster::hand_over(control::hand_over const& asked) {
    auto const* const led = use_.partitions.find(asked.group);
    if (led == nullptr || !led->serves() || led->core().term() != asked.term) return;
    // Refused while another is under way, and for who is no voter: whoever asked sees that nothing comes of it.
    auto const begun = use_.logs.transfer(asked.group, asked.to, use_.loop.now());
    log_.info({.group = asked.group}, "asked to hand over to node {}{}{}", asked.to.value, begun ? "" : ": ",
              begun ? "" : begun.error().message());
    use_.request_turn();
}

void cluster::look(chronik::time_point now) {
    auto const current = image();
    controller_.look(*current, now);
    keep_links(*current);
    ask_nodes(*current, now);
    keep_members(*current, now);
    settle(now);
    if (!joined_ || reporting_) return;
    auto updates = use_.partitions.look(*current, now);
    move(*current, now);
    if (updates.empty()) return;
    reporting_ = true;
    use_.loop.start(report(std::move(updates)));
}

asio::awaitable<void> cluster::report(std::vector<metadata::partition_update> updates) {
    metadata::update_partitions command;
    command.partitions = std::move(updates);
    auto const outcome = co_await commands_.submit(std::move(command), change_limit);
    reporting_ = false;
    // What did not get through differs from the image at the next look, and is reported again.
    if (outcome.applied && !stopping_) look(use_.loop.now());
}

void cluster::move(metadata::image const& image, chronik::time_point now) {
    if (image.moving().empty() || reporting_moves_) return;
    auto finished = mover_.look(image, now);
    use_.request_turn();
    if (finished.empty()) return;
    reporting_moves_ = true;
    use_.loop.start(report_moves(std::move(finished)));
}

asio::awaitable<void> cluster::report_moves(std::vector<metadata::finished_move> finished) {
    metadata::finish_reassignment command;
    command.partitions = std::move(finished);
    // Until it has got through, the image says that they move, and the next look finds them finished again.
    static_cast<void>(co_await commands_.submit(std::move(command), change_limit));
    reporting_moves_ = false;
}

}  // namespace broker
