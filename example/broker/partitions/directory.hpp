// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <composition.hpp>
#include <log/log.hpp>
#include <metadata/image.hpp>
#include <partitions/departure.hpp>
#include <partitions/replica.hpp>
#include <partitions/saved_state.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace broker::partitions {

struct directory_defaults {
    std::int32_t min_insync_replicas = 1;
    std::size_t message_bytes_max = 1024 * 1024;
};

/// Begins to hand a group over. False if it is not led here, or nobody is there for it.
bool hand_over(departure& leaving, host& logs, host::group_type& led, metadata::image const& image,
               chronik::time_point now);

/// The partitions that this node holds: opened and closed as the metadata says, looked at now and then for what their
/// leaders have to report.
///
/// threads   the loop's
class directory {
public:
    directory(chronik::node_id self, host& logs, directory_defaults defaults, logger log)
        : self_(self), logs_(&logs), defaults_(defaults), log_(std::move(log)) {}

    /// Opens what the image gives this node and drops what it does not, logs included, whatever was known before: after
    /// a start, or when a snapshot came in the place of commands. Only for an image that is known to be current, or
    /// newer than the last: an old one would drop what it has not heard of yet.
    void reconcile(metadata::image const& image, chronik::time_point now);
    /// The same for partitions that have just come into being, or gone.
    void open(metadata::image const& image, std::vector<chronik::group_id> const& created, chronik::time_point now);
    void close(std::vector<chronik::group_id> const& removed);
    /// These partitions move, or have moved: opens those that come here, and drops those that left, with their logs.
    void move(metadata::image const& image, std::vector<chronik::group_id> const& moved, chronik::time_point now);
    /// These topics have other configurations now: what is held of them takes them over.
    void reconfigure(metadata::image const& image, std::vector<metadata::uuid> const& topics);

    /// Asked once for each partition that is opened: who wants to be told of its batches, if anybody.
    using batch_watcher = std::function<machine::batch_listener(metadata::topic const&, metadata::partition const&)>;
    void watch_batches(batch_watcher watch) { watch_ = std::move(watch); }

    /// What the last life of this node had built up: a log is applied from there on.
    void use_saved(saved_states states) { saved_ = std::move(states); }

    replica* find(chronik::group_id group);
    std::map<chronik::group_id, std::unique_ptr<replica>> const& replicas() const { return replicas_; }

    /// A role changed or entries were applied: whoever waits for the partition looks again.
    void changed(chronik::group_id group);

    /// What the partitions led here have to report: a new leader or another in-sync set than the image says.
    std::vector<metadata::partition_update> look(metadata::image const& image, chronik::time_point now);

    /// Drops what the topics' retention does not keep; returns how many partitions lost something.
    ///
    /// Nothing of a partition that moves: until the metadata say who its members are, only its log does.
    /// now_ms   since 1970
    std::size_t retain(metadata::image const& image, chronik::time_point now, std::int64_t now_ms);

    /// Hands over what is led here; returns how many partitions are still led and have somebody to go to.
    std::size_t hand_over(departure& leaving, metadata::image const& image, chronik::time_point now);
    std::size_t led() const;
    /// True when the metadata name the leader of every partition held here: where it is this node, in its present term.
    bool leaders_known(metadata::image const& image) const;
    /// True while the metadata says that a partition with other replicas is led by this node.
    bool names_this_node(metadata::image const& image) const;

private:
    void open(metadata::topic const& topic, metadata::partition const& partition, chronik::time_point now);
    /// Where the machine of a group that is about to be opened stands already; nothing: at the beginning of its log.
    std::optional<chronik::wal::log_base> restore(chronik::group_id group, machine& into);
    void configure(replica& one, metadata::topic const& topic, metadata::partition const& partition);
    /// For followers that lack what this log has lost: they are told where it begins.
    void offer_beginning(chronik::group_id group, replica const& led);

    chronik::node_id self_;
    host* logs_;
    directory_defaults defaults_;
    logger log_;
    batch_watcher watch_;
    saved_states saved_;
    std::map<chronik::group_id, std::unique_ptr<replica>> replicas_;
};

}  // namespace broker::partitions
