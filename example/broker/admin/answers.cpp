// SPDX-License-Identifier: Apache-2.0
#include <admin/answers.hpp>
#include <admin/metric_names.hpp>
#include <admin/process_metrics.hpp>

#include <chronik/version.hpp>

#include <nlohmann/json.hpp>

namespace broker {
namespace {

using json = nlohmann::ordered_json;

char const* phase_name(node_phase phase) {
    switch (phase) {
        case node_phase::starting:
            return "starting";
        case node_phase::running:
            return "running";
        case node_phase::draining:
            return "draining";
    }
    return "unknown";
}

/// Text from outside that is no UTF-8 is replaced, not thrown at.
answer json_answer(int status, json const& body) {
    return {status, body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"};
}

json reasons(node_snapshot const& now) {
    json list = json::array();
    if (now.phase == node_phase::starting && now.not_ready.empty()) list.push_back("starting");
    if (now.phase == node_phase::draining) list.push_back("stopping: leaderships are handed over");
    for (std::string const& each : now.not_ready) list.push_back(each);
    return list;
}

}  // namespace

answer health_answer(bool stale, chronik::duration snapshot_age) {
    if (!stale) return json_answer(200, {{"status", "ok"}});
    auto const age = std::chrono::duration_cast<std::chrono::milliseconds>(snapshot_age).count();
    return json_answer(503, {{"status", "stalled"}, {"event_loop_silent_ms", age}});
}

answer readiness_answer(node_snapshot const& now) {
    return json_answer(now.ready() ? 200 : 503,
                       {{"ready", now.ready()}, {"phase", phase_name(now.phase)}, {"reasons", reasons(now)}});
}

answer status_answer(node_snapshot const& now) {
    json facts = json::object();
    for (fact const& each : now.facts) {
        std::visit([&](auto const& value) { facts[each.name] = value; }, each.value);
    }
    return json_answer(200, {{"version", chronik::version_text},
                             {"node", now.node.value},
                             {"cluster_id", now.cluster_id},
                             {"phase", phase_name(now.phase)},
                             {"ready", now.ready()},
                             {"reasons", reasons(now)},
                             {"facts", std::move(facts)}});
}

answer cluster_answer(node_snapshot const& now) {
    cluster_rows const& all = now.cluster;
    auto const numbers = [](std::vector<chronik::node_id> const& nodes) {
        json list = json::array();
        for (auto const node : nodes) list.push_back(node.value);
        return list;
    };
    json brokers = json::array();
    for (broker_row const& each : all.brokers) {
        brokers.push_back({{"node", each.node.value},
                           {"state", each.state},
                           {"leaving", each.leaving},
                           {"replaced", each.replaced},
                           {"votes", each.votes},
                           {"host", each.host},
                           {"kafka_port", each.kafka_port},
                           {"http_port", each.http_port},
                           {"rack", each.rack},
                           {"capacity", each.capacity},
                           {"tags", each.tags},
                           {"replicas", each.replicas},
                           {"leaders", each.led}});
    }
    json moves = json::array();
    for (move_row const& each : all.moves) {
        moves.push_back({{"topic", each.topic},
                         {"partition", each.partition},
                         {"replicas", numbers(each.replicas)},
                         {"target", numbers(each.target)}});
    }
    return json_answer(200, {{"node", now.node.value},
                             {"cluster_id", now.cluster_id},
                             {"metadata_leader", all.metadata_leader.value},
                             {"applied_index", all.applied_index},
                             {"brokers", std::move(brokers)},
                             {"rebalance",
                              {{"due", all.rebalance_due},
                               {"asked", all.rebalance_asked},
                               {"ended", all.rebalances},
                               {"moving", all.moving},
                               {"waiting", all.waiting},
                               {"moved", all.moved},
                               {"refused", all.refused}}},
                             {"moves", std::move(moves)}});
}

answer reply_answer(admin::reply const& from) {
    bool const is_so = from.status >= 200 && from.status < 300;
    return json_answer(from.status, {{is_so ? "result" : "error", from.text}});
}

answer metrics_answer(node_snapshot const& now) {
    metric_list own;
    own.add(metrics::build_info, 1.0, {{"version", std::string(chronik::version_text)}});
    own.add(metrics::ready, now.ready() ? 1.0 : 0.0);
    add_process_metrics(own);
    return {200, prometheus_text(own) + prometheus_text(now.metrics), std::string(prometheus_content_type)};
}

answer error_answer(int status) {
    if (status == 404) {
        return json_answer(404, {{"error", "no such path"},
                                 {"paths", {"/health", "/ready", "/metrics", "/status", "/admin/status"}}});
    }
    return json_answer(status, {{"error", "the request cannot be answered"}});
}

}  // namespace broker
