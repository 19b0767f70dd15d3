// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <admin/metrics.hpp>

/// The families that the broker publishes. chronik_* are its own; the kafka_* ones have the names and labels of
/// kafka_exporter, so that existing dashboards work. Counters end in _total, other names in their unit.
namespace broker::metrics {

using enum metric_type;

inline constexpr metric_family build_info{"chronik_broker_build_info", gauge, "1, with the version as a label."};
inline constexpr metric_family ready{"chronik_broker_ready", gauge, "1 when the node serves clients."};
inline constexpr metric_family uptime{"chronik_broker_uptime_seconds", gauge, "Time since the process started."};
inline constexpr metric_family connections{"chronik_broker_connections", gauge, "Open client connections."};
inline constexpr metric_family connections_refused{"chronik_broker_connections_refused_total", counter,
                                                   "Client connections closed at once, by reason."};
inline constexpr metric_family accepts_failed{"chronik_broker_accepts_failed_total", counter,
                                              "Times a client had to wait because accept() failed."};
inline constexpr metric_family requests{"chronik_broker_requests_total", counter, "Requests received, by api."};
inline constexpr metric_family request_seconds{"chronik_broker_request_duration_seconds", histogram,
                                               "From the last byte of a request to its answer, by api."};
inline constexpr metric_family inflight_bytes{"chronik_broker_inflight_bytes", gauge,
                                              "Requests received and not yet answered."};
inline constexpr metric_family produced_bytes{"chronik_broker_produced_bytes_total", counter,
                                              "Record batches accepted from producers."};
inline constexpr metric_family fetched_bytes{"chronik_broker_fetched_bytes_total", counter,
                                             "Record batches sent to consumers."};
inline constexpr metric_family cold_reads{"chronik_broker_cold_reads_total", counter,
                                          "Reads of settled records that were not in memory, by reason."};
inline constexpr metric_family cold_read_bytes{"chronik_broker_cold_read_bytes_total", counter,
                                               "Settled records that such reads went through, by reason."};
inline constexpr metric_family cold_reads_failed{"chronik_broker_cold_reads_failed_total", counter,
                                                 "Such reads that ended because a file could not be read."};
inline constexpr metric_family cold_reads_waiting{"chronik_broker_cold_reads_waiting", gauge,
                                                  "Such reads that a client or a follower waits for."};
inline constexpr metric_family log_lines_suppressed{"chronik_broker_log_lines_suppressed_total", counter,
                                                    "Log lines left out as repeats."};
inline constexpr metric_family log_lines_dropped{"chronik_broker_log_lines_dropped_total", counter,
                                                 "Log lines dropped because standard error was not read."};
inline constexpr metric_family trace_lines_dropped{"chronik_broker_trace_lines_dropped_total", counter,
                                                   "Lines of raft_trace dropped because its file was not written."};

inline constexpr metric_family journal_syncs{"chronik_journal_syncs_total", counter, "fdatasync calls of the journal."};
inline constexpr metric_family journal_sync_seconds{"chronik_journal_sync_duration_seconds", histogram,
                                                    "From the start of a flush to the turn of the event loop "
                                                    "that learns of its end."};
inline constexpr metric_family journal_bytes{"chronik_journal_written_bytes_total", counter,
                                             "Bytes written to the journal, with headers."};
inline constexpr metric_family journal_records{"chronik_journal_records_total", counter,
                                               "Records written to the journal."};
inline constexpr metric_family journal_segments{"chronik_journal_segments", gauge, "Segment files, by state."};
inline constexpr metric_family journal_settled_bytes{"chronik_journal_settled_bytes_total", counter,
                                                     "Payloads moved into files of their partition."};
inline constexpr metric_family journal_no_space{"chronik_journal_no_space_total", counter,
                                                "Times a full disk stopped a job that is tried again."};
inline constexpr metric_family journal_no_descriptors{"chronik_journal_no_descriptors_total", counter,
                                                      "Times a job is tried again because too many files were open."};
inline constexpr metric_family journal_failed{"chronik_journal_failed", gauge, "1 after a failed write or sync."};

inline constexpr metric_family raft_groups{"chronik_raft_groups", gauge, "Replicated logs on this node, by role."};
inline constexpr metric_family raft_elections{"chronik_raft_elections_total", counter,
                                              "Times this node stood for election."};
inline constexpr metric_family raft_leader_changes{"chronik_raft_leader_changes_total", counter,
                                                   "Changes of a leader seen by this node."};
inline constexpr metric_family raft_pair_messages{"chronik_raft_pair_messages_received_total", counter,
                                                  "Messages between two nodes for all groups that rest."};
inline constexpr metric_family raft_groups_resting{"chronik_raft_groups_resting", gauge,
                                                  "Replicated logs on this node without heartbeats of their own."};
inline constexpr metric_family raft_groups_in_doubt{"chronik_raft_groups_in_doubt", gauge,
                                                   "Replicated logs on this node that count for nothing since its "
                                                   "journal was repaired, until they are caught up."};
inline constexpr metric_family raft_groups_roused{"chronik_raft_groups_roused_total", counter,
                                                  "Times a group stopped resting because a node was silent, "
                                                  "or counted other groups."};
inline constexpr metric_family raft_snapshots{"chronik_raft_snapshots_total", counter,
                                              "Snapshots of the metadata and beginnings of partitions, by outcome."};
inline constexpr metric_family raft_peer_connected{"chronik_raft_peer_connected", gauge, "1 while connected, by peer."};
inline constexpr metric_family raft_peer_connects{"chronik_raft_peer_connects_total", counter,
                                                  "Connections to a node that it accepted, by peer."};
inline constexpr metric_family raft_peer_dials_failed{"chronik_raft_peer_dials_failed_total", counter,
                                                      "Times a node could not be reached, by peer."};
inline constexpr metric_family raft_received_bytes{"chronik_raft_received_bytes_total", counter,
                                                   "Bytes received from a node, by peer."};
inline constexpr metric_family raft_frames_dropped{"chronik_raft_frames_dropped_total", counter,
                                                   "Frames for a node that were not sent, by peer and reason."};
inline constexpr metric_family raft_sent_bytes{"chronik_raft_sent_bytes_total", counter,
                                               "Bytes sent to a node, by peer."};
inline constexpr metric_family raft_queue_bytes{"chronik_raft_queue_bytes", gauge,
                                                "Bytes that wait to be sent, by peer."};

inline constexpr metric_family rebalances{"chronik_cluster_rebalances_total", counter,
                                          "Rebalances of the cluster that are over, by the metadata."};
inline constexpr metric_family moves{"chronik_cluster_moves", gauge,
                                     "Partitions that move or, known to the metadata leader, wait to, by state."};
inline constexpr metric_family moved{"chronik_cluster_moved_total", counter,
                                     "Partitions that have arrived where they were sent, by the metadata."};

inline constexpr metric_family groups{"chronik_broker_groups", gauge,
                                      "Consumer groups that this node coordinates, by state."};
inline constexpr metric_family group_members{"chronik_broker_group_members", gauge,
                                             "Members of the groups that this node coordinates."};
inline constexpr metric_family group_offsets{"chronik_broker_group_offsets", gauge,
                                             "Committed offsets of the groups that this node coordinates."};
inline constexpr metric_family group_commits{"chronik_broker_group_commits_total", counter,
                                             "Offsets that groups have asked this node to commit."};
inline constexpr metric_family group_generations{"chronik_broker_group_generations_total", counter,
                                                 "Generations of groups that this node has stored."};

inline constexpr metric_family consumer_offset{"kafka_consumergroup_current_offset", gauge,
                                               "Where a group goes on reading a partition."};
inline constexpr metric_family consumer_lag{"kafka_consumergroup_lag", gauge,
                                            "Records of a partition that a group has not committed yet; of partitions "
                                            "that have a replica on the node."};

inline constexpr metric_family brokers{"kafka_brokers", gauge, "Brokers in the cluster."};
inline constexpr metric_family topic_partitions{"kafka_topic_partitions", gauge, "Partitions of a topic."};
inline constexpr metric_family current_offset{"kafka_topic_partition_current_offset", gauge,
                                              "High watermark of a partition."};
inline constexpr metric_family oldest_offset{"kafka_topic_partition_oldest_offset", gauge, "Log start of a partition."};
inline constexpr metric_family partition_leader{"kafka_topic_partition_leader", gauge,
                                                "Node id of a partition's leader."};
inline constexpr metric_family partition_replicas{"kafka_topic_partition_replicas", gauge, "Replicas of a partition."};
inline constexpr metric_family partition_in_sync{"kafka_topic_partition_in_sync_replica", gauge,
                                                 "Replicas of a partition that are in sync."};
inline constexpr metric_family under_replicated{"kafka_topic_partition_under_replicated_partition", gauge,
                                                "1 when a partition has replicas that are not in sync."};

}  // namespace broker::metrics
