// SPDX-License-Identifier: Apache-2.0
#include <admin/metric_names.hpp>
#include <metadata/reassignment.hpp>
#include <server/broker.hpp>

#include <chronik/cluster/broker_state.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace broker {

namespace {

/// A page of metrics with a series for each offset of each group must end somewhere; the totals count them all.
constexpr std::size_t consumer_series_max = 2'000;

std::int64_t number(chronik::node_id node) {
    return node == chronik::no_node ? -1 : static_cast<std::int64_t>(node.value);
}

/// Seconds, as Prometheus has times.
histogram_value seconds(chronik::duration_histogram const& seen) {
    using in_seconds = std::chrono::duration<double>;
    histogram_value out;
    for (std::size_t i = 0; i < chronik::duration_histogram::bucket_count; ++i)
        out.bounds.push_back(in_seconds{chronik::duration_histogram::upper_bound(i)}.count());
    out.counts.assign(seen.counts().begin(), seen.counts().end());
    out.above = seen.above();
    out.sum = in_seconds{seen.sum()}.count();
    return out;
}

void add_clients(metric_list& out, connection_metrics const& connections, handlers::dispatch_metrics const& dispatched,
                 handlers::traffic const& moved) {
    out.add(metrics::connections, connections.open);
    out.add(metrics::connections_refused, connections.refused, {{"reason", "limit"}});
    out.add(metrics::connections_refused, connections.malformed, {{"reason", "malformed"}});
    out.add(metrics::accepts_failed, connections.accepts_failed);
    out.add(metrics::produced_bytes, moved.produced_bytes);
    out.add(metrics::fetched_bytes, moved.fetched_bytes);
    for (std::size_t i = 0; i < wire::api_infos.size(); ++i) {
        metric_labels const api{{"api", std::string{wire::api_infos[i].name}}};
        out.add(metrics::requests, dispatched.requests[i], api);
        // An API that nobody has used has no distribution worth a page of zeros.
        if (dispatched.requests[i] != 0) out.add(metrics::request_seconds, seconds(dispatched.durations[i]), api);
    }
}

void add_journal(metric_list& out, journal const& stored) {
    auto const now = stored.metrics();
    out.add(metrics::journal_syncs, now.syncs);
    out.add(metrics::journal_bytes, now.bytes_written);
    out.add(metrics::journal_records, now.entries);
    out.add(metrics::journal_segments, now.segments_kept, {{"state", "kept"}});
    out.add(metrics::journal_segments, now.segments_spare, {{"state", "spare"}});
    out.add(metrics::journal_segments, now.segments_free, {{"state", "free"}});
    out.add(metrics::journal_settled_bytes, now.settled_bytes);
    out.add(metrics::journal_no_space, now.prepare_failures, {{"job", "segment"}});
    out.add(metrics::journal_no_space, now.settle_failures, {{"job", "settle"}});
    out.add(metrics::journal_no_descriptors, now.no_descriptors);
    out.add(metrics::journal_failed, std::uint64_t{stored.has_failed()});
}

void add_cold_reads(metric_list& out, partitions::cold_reads const& reads) {
    using enum partitions::cold_reads::reason;
    for (auto const& [why, name] :
         {std::pair{fetch, "fetch"}, std::pair{follower, "follower"}, std::pair{ahead, "ahead"}}) {
        out.add(metrics::cold_reads, reads.counted(why).reads, {{"reason", name}});
        out.add(metrics::cold_read_bytes, reads.counted(why).bytes, {{"reason", name}});
    }
    out.add(metrics::cold_reads_failed, reads.failures());
    out.add(metrics::cold_reads_waiting, std::uint64_t{reads.waiting()});
}

void add_groups(metric_list& out, host const& logs) {
    std::uint64_t leaders = 0, resting = 0, in_doubt = 0;
    for (auto const& [id, group] : logs.groups()) {
        leaders += group->is_leader() ? 1U : 0U;
        resting += group->rest == chronik::raft::resting{} ? 0U : 1U;
        in_doubt += group->core.doubt() == chronik::no_doubt ? 0U : 1U;
    }
    out.add(metrics::raft_groups, leaders, {{"role", "leader"}});
    out.add(metrics::raft_groups, logs.groups().size() - leaders, {{"role", "follower"}});
    out.add(metrics::raft_groups_resting, resting);
    out.add(metrics::raft_groups_in_doubt, in_doubt);
}

void add_snapshots(metric_list& out, chronik::host_metrics const& counted) {
    out.add(metrics::raft_snapshots, counted.snapshots_taken, {{"outcome", "taken"}});
    out.add(metrics::raft_snapshots, counted.snapshots_installed, {{"outcome", "installed"}});
    out.add(metrics::raft_snapshots, counted.snapshots_failed, {{"outcome", "failed"}});
}

void add_link(metric_list& out, chronik::node_id peer, chronik::net::tcp_transport const& links) {
    auto const link = links.metrics(peer);
    std::string const name = std::to_string(peer.value);
    metric_labels const labels{{"peer", name}};
    out.add(metrics::raft_peer_connected, std::uint64_t{links.connected(peer)}, labels);
    out.add(metrics::raft_peer_connects, link.connects, labels);
    out.add(metrics::raft_peer_dials_failed, link.dials_failed, labels);
    out.add(metrics::raft_sent_bytes, link.bytes_sent, labels);
    out.add(metrics::raft_received_bytes, link.bytes_received, labels);
    out.add(metrics::raft_queue_bytes, std::uint64_t{link.queued_bytes}, labels);
    out.add(metrics::raft_frames_dropped, link.dropped_full, {{"peer", name}, {"reason", "full"}});
    out.add(metrics::raft_frames_dropped, link.dropped_unreachable, {{"peer", name}, {"reason", "unreachable"}});
}

void add_partition(metric_list& out, metadata::image const& image, partitions::replica const& one) {
    auto const* const state = image.find_partition(one.group());
    if (state == nullptr) return;
    metric_labels const labels{{"topic", one.topic()}, {"partition", std::to_string(one.partition())}};
    out.add(metrics::current_offset, one.high_watermark().value, labels);
    out.add(metrics::oldest_offset, one.log_start().value, labels);
    out.add(metrics::partition_leader, static_cast<double>(number(state->leader)), labels);
    out.add(metrics::partition_replicas, std::uint64_t{state->replicas.size()}, labels);
    out.add(metrics::partition_in_sync, std::uint64_t{state->isr.size()}, labels);
    out.add(metrics::under_replicated, std::uint64_t{state->isr.size() < metadata::copies(*state)}, labels);
}

void add_consumers(metric_list& out, metadata::image const& image, partitions::directory& partitions,
                   groups::service const& groups) {
    auto const totals = groups.count();
    for (auto const state : {groups::group_state::empty, groups::group_state::preparing_rebalance,
                             groups::group_state::completing_rebalance, groups::group_state::stable}) {
        auto const found = totals.groups.find(state);
        out.add(metrics::groups, std::uint64_t{found == totals.groups.end() ? 0 : found->second},
                {{"state", std::string{groups::name(state)}}});
    }
    out.add(metrics::group_members, std::uint64_t{totals.members});
    out.add(metrics::group_offsets, std::uint64_t{totals.offsets});
    out.add(metrics::group_commits, totals.commits);
    out.add(metrics::group_generations, totals.generations);
    groups.for_each_offset(consumer_series_max, [&](auto const& group, auto const& topic, auto partition, auto offset) {
        metric_labels const labels{
            {"consumergroup", group}, {"topic", topic}, {"partition", std::to_string(partition)}};
        out.add(metrics::consumer_offset, static_cast<double>(offset), labels);
        auto const* const known = image.find_topic(topic);
        if (known == nullptr || static_cast<std::size_t>(partition) >= known->groups.size()) return;
        auto const* const here = partitions.find(known->groups[static_cast<std::size_t>(partition)]);
        if (here == nullptr) return;
        auto const lag = static_cast<std::int64_t>(here->high_watermark().value) - offset;
        out.add(metrics::consumer_lag, static_cast<double>(std::max<std::int64_t>(lag, 0)), labels);
    });
}

std::vector<broker_row> broker_rows(metadata::image const& image, chronik::raft::configuration const& voting) {
    std::map<chronik::node_id, broker_row> rows;
    for (auto const& [node, broker] : image.brokers()) {
        rows[node] = {.node = node,
                      .state = std::string{text(broker.status)},
                      .leaving = broker.leaving,
                      .replaced = broker.replaced,
                      .votes = voting.is_voter(node),
                      .host = broker.host,
                      .kafka_port = broker.kafka_port,
                      .http_port = broker.http_port,
                      .rack = broker.rack,
                      .capacity = broker.capacity,
                      .tags = broker.tags,
                      .replicas = 0,
                      .led = 0};
    }
    for (auto const& [node, admitted] : image.admissions()) {
        if (admitted.revoked || rows.contains(node)) continue;
        auto& row = rows[node];
        row.node = node;
        row.state = "admitted";
        row.host = admitted.host;
        row.kafka_port = admitted.kafka_port;
    }
    image.for_each_partition([&](metadata::partition const& each) {
        for (auto const node : each.replicas)
            if (auto const found = rows.find(node); found != rows.end()) ++found->second.replicas;
        if (auto const found = rows.find(each.leader); found != rows.end()) ++found->second.led;
    });
    std::vector<broker_row> out;
    for (auto& [node, row] : rows) out.push_back(std::move(row));
    return out;
}

}  // namespace

cluster_rows broker_node::rows(metadata::image const& image) const {
    auto const& core = engine_.logs().find(metadata_group)->core;
    cluster_rows out;
    out.metadata_leader = core.leader();
    out.applied_index = image.version.value;
    out.brokers = broker_rows(image, core.members());
    out.rebalance_due = image.balance.is_due();
    out.rebalance_asked = image.balance.asked;
    out.rebalances = image.balance.ended;
    out.moved = image.balance.moved;
    out.moving = image.moving().size();
    out.waiting = engine_.members().moves_waiting();
    out.refused = engine_.members().rebalance_refused();
    for (auto const group : image.moving()) {
        if (out.moves.size() == cluster_rows::moves_shown_max) break;
        auto const& one = *image.find_partition(group);
        out.moves.push_back({image.find_topic(one.topic_id)->name, one.index, one.replicas, one.target});
    }
    return out;
}

node_snapshot broker_node::snapshot() {
    node_snapshot now;
    now.node = config_.node_id;
    now.phase = phase_;
    now.taken_at = loop_.now();
    auto const* const group = engine_.logs().find(metadata_group);
    if (group == nullptr) {
        now.not_ready.emplace_back("metadata: not opened yet");
        return now;
    }
    now.not_ready = engine_.members().missing();
    auto const image = engine_.members().image();
    now.cluster_id = image->cluster_id;
    now.facts = {{"metadata.leader", number(group->core.leader())},
                 {"metadata.term", group->core.term().value},
                 {"metadata.commit_index", group->core.commit_index().value},
                 {"metadata.applied_index", group->applied.value},
                 {"metadata.digest", image->digest()},
                 {"brokers", std::uint64_t{image->brokers().size()}},
                 {"topics", std::uint64_t{image->topic_count()}},
                 {"partitions", std::uint64_t{image->partition_count()}},
                 {"partitions.led", std::uint64_t{engine_.replicas().led()}}};
    std::string peers;
    for (auto const& peer : engine_.members().linked())
        peers += (peers.empty() ? "" : ",") + std::to_string(peer.node.value);
    now.facts.push_back({"peers", peers});

    now.cluster = rows(*image);

    auto& out = now.metrics;
    out.add(metrics::uptime, std::chrono::duration<double>(now.taken_at - started_).count());
    add_clients(out, connections_, engine_.dispatched(), engine_.moved());
    out.add(metrics::inflight_bytes, std::uint64_t{memory_.used()});
    out.add(metrics::log_lines_suppressed, lines_.lines_suppressed());
    out.add(metrics::log_lines_dropped, lines_.lines_dropped());
    out.add(metrics::trace_lines_dropped, trace_ ? trace_->lines_dropped() : std::uint64_t{0});
    add_journal(out, *journal_);
    add_cold_reads(out, engine_.cold());
    out.add(metrics::journal_sync_seconds, seconds(engine_.logs().flush_times()));
    add_groups(out, engine_.logs());
    out.add(metrics::raft_elections, engine_.counted().elections);
    out.add(metrics::raft_leader_changes, engine_.counted().leader_changes);
    out.add(metrics::raft_pair_messages, engine_.logs().metrics().pair_messages_received);
    out.add(metrics::raft_groups_roused, engine_.logs().metrics().groups_roused);
    add_snapshots(out, engine_.logs().metrics());
    for (auto const& peer : engine_.members().linked()) add_link(out, peer.node, links_);
    out.add(metrics::rebalances, image->balance.ended);
    out.add(metrics::moves, std::uint64_t{image->moving().size()}, {{"state", "moving"}});
    out.add(metrics::moves, std::uint64_t{engine_.members().moves_waiting()}, {{"state", "waiting"}});
    out.add(metrics::moved, image->balance.moved);
    out.add(metrics::brokers, std::uint64_t{image->brokers().size()});
    image->for_each_topic([&](metadata::topic const& one) {
        out.add(metrics::topic_partitions, std::uint64_t{one.groups.size()}, {{"topic", one.name}});
    });
    for (auto const& [id, one] : engine_.replicas().replicas()) add_partition(out, *image, *one);
    add_consumers(out, *image, engine_.replicas(), engine_.consumers());
    return now;
}

}  // namespace broker
