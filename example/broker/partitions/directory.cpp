// SPDX-License-Identifier: Apache-2.0
#include <partitions/directory.hpp>

#include <metadata/reassignment.hpp>
#include <partitions/beginning.hpp>
#include <partitions/moved_away.hpp>

#include <chronik/base/crc32c.hpp>

#include <algorithm>
#include <charconv>
#include <set>

namespace broker::partitions {

using chronik::group_id;
using chronik::node_id;

namespace {

/// A topic's own setting, or the broker's default. The planner has checked the text; what cannot be read is the
/// default.
template <class Number>
Number config_number(metadata::topic const& topic, std::string_view name, Number otherwise) {
    std::string const* const text = topic.config(name);
    if (text == nullptr) return otherwise;
    Number value{};
    auto const [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
    return problem == std::errc{} ? value : otherwise;
}

/// Whether the metadata say who the members are, should the log lose what does.
bool members_are_known(metadata::image const& image, replica const& one) {
    auto const* const known = image.find_partition(one.group());
    if (known == nullptr || known->is_moving() || !one.core().members_settled()) return false;
    auto const& members = one.core().members();
    return members.learners.empty() && std::ranges::is_permutation(members.voters, known->replicas);
}

}  // namespace

replica* directory::find(group_id group) {
    auto const found = replicas_.find(group);
    return found == replicas_.end() ? nullptr : found->second.get();
}

void directory::open(metadata::topic const& topic, metadata::partition const& partition, chronik::time_point now) {
    if (replicas_.contains(partition.group) || !partition.has_replica(self_)) return;
    bool const is_new = logs_->storage().find(partition.group) == nullptr;
    // While it moves, its log has the changes, which nothing is cut from meanwhile.
    chronik::raft::configuration members;
    members.voters = partition.is_moving() ? partition.original : partition.replicas;
    bool const is_coming = !metadata::holds(members.voters, self_);
    machine state{watch_ ? watch_(topic, partition) : machine::batch_listener{}};
    auto const restored = restore(partition.group, state);
    auto const opened =
        logs_->open_group(partition.group, chronik::raft::normalized(members), group_machine{std::move(state), {}},
                          is_new && !partition.is_moving() && partition.replicas.front() == self_, now);
    if (!opened) {
        log_.error({.group = partition.group}, "cannot open {}-{}: {}", topic.name, partition.index,
                   opened.error().message());
        return;
    }
    if (is_coming)
        logs_->find(partition.group)->core.abstain_before(partition.members_at, partition.leader_epoch);
    if (restored) {
        logs_->find(partition.group)->begin_at(restored->index, restored->next_offset);
        log_.debug({.group = partition.group}, "goes on from entry {}", restored->index.value);
    }
    auto added = std::make_unique<replica>(topic.name, topic.id, static_cast<std::int32_t>(partition.index),
                                           *logs_->find(partition.group));
    added->in_sync_now = {self_};
    configure(*added, topic, partition);
    replicas_.emplace(partition.group, std::move(added));
}

void directory::configure(replica& one, metadata::topic const& topic, metadata::partition const& partition) {
    // More copies than there are replicas can never be reached: such a partition would refuse acks=all for ever.
    one.min_insync_replicas = std::min(config_number(topic, "min.insync.replicas", defaults_.min_insync_replicas),
                                       static_cast<std::int32_t>(metadata::copies(partition)));
    // What the journal cannot hold in one record must not reach it: it would count as a failure of the storage.
    one.message_bytes_max = std::min(config_number(topic, "max.message.bytes", defaults_.message_bytes_max),
                                     logs_->storage().limits().payload_bytes_max());
    one.cleanup = cleanup_of(topic);
    one.retention = {.ms = config_number(topic, "retention.ms", retention_limits{}.ms),
                     .bytes = config_number(topic, "retention.bytes", retention_limits{}.bytes)};
    if (!one.cleanup.deletes) one.retention = {.ms = -1, .bytes = -1};
    chronik::wal::settle_limits const runs;
    logs_->storage().configure_settling(
        partition.group, {.segment_bytes = config_number(topic, "segment.bytes", runs.segment_bytes),
                          .segment_ms = config_number(topic, "segment.ms", retention_limits{}.ms)});
}

std::optional<chronik::wal::log_base> directory::restore(group_id group, machine& into) {
    auto const found = saved_.extract(group);
    auto const* const log = logs_->storage().find(group);
    if (found.empty() || log == nullptr || !into.is_whole_state()) return std::nullopt;
    auto const& saved = found.mapped();
    // Of this very log, which has it all; and what is not known of times is in the rows of what has settled.
    auto const term = log->term_at(saved.index);
    bool const fits = term && *term == saved.term && saved.forgotten <= log->floor().index;
    auto const end = fits ? log->base_before(saved.index + 1) : chronik::failure(chronik::errc::out_of_range);
    if (!end || end->next_offset != saved.next_offset) return std::nullopt;
    partitions::restore(saved, into);
    return *end;
}

void directory::open(metadata::image const& image, std::vector<group_id> const& created, chronik::time_point now) {
    for (group_id const group : created) {
        // A topic may have been deleted again by a later command of the same round.
        auto const* const partition = image.find_partition(group);
        if (partition == nullptr) continue;
        open(*image.find_topic(partition->topic_id), *partition, now);
    }
}

void directory::close(std::vector<group_id> const& removed) {
    for (group_id const group : removed) {
        auto const found = replicas_.find(group);
        if (found == replicas_.end()) continue;
        auto const closed = std::move(found->second);
        replicas_.erase(found);
        closed->advanced.fire();
        logs_->remove_group(group);
    }
}

void directory::move(metadata::image const& image, std::vector<group_id> const& moved, chronik::time_point now) {
    for (group_id const group : moved) {
        // Its topic may have been deleted by a later command of the same round.
        auto const* const partition = image.find_partition(group);
        if (partition == nullptr) continue;
        auto const& topic = *image.find_topic(partition->topic_id);
        replica* const held = find(group);
        if (held == nullptr) open(topic, *partition, now);
        else if (partition->has_replica(self_)) configure(*held, topic, *partition);
        else if (!is_member_since(held->core(), partition->members_at, partition->leader_epoch)) {
            log_.info({.group = group}, "{}-{} has moved away: dropping its log", topic.name, partition->index);
            close({group});
        }
    }
}

void directory::reconfigure(metadata::image const& image, std::vector<metadata::uuid> const& topics) {
    for (auto const& id : topics) {
        // It may have been deleted by a later command of the same round.
        auto const* const topic = image.find_topic(id);
        if (topic == nullptr) continue;
        for (group_id const group : topic->groups) {
            if (replica* const held = find(group)) configure(*held, *topic, *image.find_partition(group));
        }
    }
}

void directory::reconcile(metadata::image const& image, chronik::time_point now) {
    std::vector<group_id> all;
    image.for_each_partition([&](metadata::partition const& each) { all.push_back(each.group); });
    move(image, all, now);
    // Whatever was on this node when its journal was damaged is open now.
    logs_->storage().trust_newcomers();
    std::vector<group_id> gone;
    for (auto const& [group, one] : replicas_)
        if (image.find_partition(group) == nullptr) gone.push_back(group);
    close(gone);
    gone.clear();
    for (group_id const stored : logs_->storage().groups()) {
        if (stored >= metadata::first_partition_group && !replicas_.contains(stored)) gone.push_back(stored);
    }
    for (group_id const group : gone) {
        log_.info({.group = group}, "dropping the log of a partition that no longer exists");
        logs_->storage().remove_group(group);
    }
}

void directory::changed(group_id group) {
    if (replica* const known = find(group)) known->advanced.fire();
}

std::vector<metadata::partition_update> directory::look(metadata::image const& image, chronik::time_point now) {
    std::vector<metadata::partition_update> reports;
    for (auto& [group, one] : replicas_) {
        // Some of it has become durable after it was applied.
        logs_->storage().committed(group, one->settleable());
        if (!one->serves()) {
            one->in_sync.reset();
            one->in_sync_now = {self_};
            continue;
        }
        auto const& core = one->core();
        bool is_short = false;
        std::vector<node_id> doubted;
        for (auto const& peer : core.peers(now)) {
            if (peer.in_doubt) doubted.push_back(peer.node);
            one->in_sync.look(peer.node, peer.match, peer.last_contact, now);
            is_short = is_short || (peer.match < core.base_index() && peer.next <= core.base_index() + 1);
        }
        if (is_short) offer_beginning(group, *one);
        // Who learns may be sent away again, and who is in doubt counts for no commit: what they have is no copy that a
        // client is promised.
        one->in_sync_now = one->in_sync.finish(self_, core.commit_index());
        std::erase_if(one->in_sync_now,
                      [&](node_id node) {
                          bool const is_copy = core.members().is_voter(node) && !metadata::holds(doubted, node);
                          return node != self_ && !is_copy;
                      });
        auto const* const known = image.find_partition(group);
        if (known == nullptr || known->leader_epoch > core.term()) continue;
        auto isr = one->in_sync_now;
        std::ranges::sort(isr);
        if (known->leader == self_ && known->leader_epoch == core.term() &&
            std::ranges::is_permutation(known->isr, isr))
            continue;
        reports.push_back({.group = group, .leader = self_, .leader_epoch = core.term(), .isr = std::move(isr)});
        if (reports.size() == metadata::items_per_command_max) break;
    }
    return reports;
}

void directory::offer_beginning(group_id group, replica const& led) {
    auto& from = *logs_->find(group);
    auto const base = from.log.base();
    auto const& known = from.core.newest_snapshot();
    if (base.index != from.core.base_index() || (known && known->info.last_index == base.index)) return;
    auto members = from.core.members_at(base.index);
    if (!members) return log_.error({.group = group}, "cannot say who the members were at entry {}", base.index.value);
    auto content = encode_beginning(led.state(), base.index);
    auto const crc = chronik::crc32c::value(content.view());
    from.core.use_snapshot({.info = {.last_index = base.index,
                                     .last_term = base.term,
                                     .next_offset = base.next_offset,
                                     .members = *std::move(members),
                                     .bytes = content.size(),
                                     .crc = crc},
                            .content = std::move(content)});
    log_.info({.group = group}, "a follower lacks entries up to {}, which are gone: it begins there", base.index.value);
}

std::size_t directory::retain(metadata::image const& image, chronik::time_point now, std::int64_t now_ms) {
    std::size_t shortened = 0;
    for (auto& [group, one] : replicas_) {
        one->forget_settled();
        if (!members_are_known(image, *one)) continue;
        auto const first = one->first_retained(now, now_ms);
        auto const before = one->log_start();
        if (auto const done = logs_->storage().compact(group, first); !done) {
            log_.warn({.group = group}, "cannot drop old records: {}", done.error().message());
            continue;
        }
        if (one->log_start() == before) continue;
        ++shortened;
        log_.info({.group = group}, "{}-{} begins at offset {} now", one->topic(), one->partition(),
                  one->log_start().value);
    }
    return shortened;
}

std::size_t directory::led() const {
    return static_cast<std::size_t>(std::ranges::count_if(replicas_, [](auto const& one) {
        return one.second->core().current_role() == chronik::raft::role::leader;
    }));
}

bool directory::leaders_known(metadata::image const& image) const {
    return std::ranges::all_of(replicas_, [&](auto const& one) {
        auto const* const known = image.find_partition(one.first);
        if (known == nullptr) return true;
        if (known->leader != self_) return known->leader != chronik::no_node;
        return one.second->serves() && known->leader_epoch == one.second->core().term();
    });
}

bool directory::names_this_node(metadata::image const& image) const {
    return std::ranges::any_of(replicas_, [&](auto const& one) {
        auto const* const known = image.find_partition(one.first);
        return known != nullptr && known->leader == self_ && known->replicas.size() > 1;
    });
}

bool hand_over(departure& leaving, host& logs, host::group_type& led, metadata::image const& image,
               chronik::time_point now) {
    if (!led.is_leader()) return false;
    node_id const heir = leaving.choose(led.id, led.core.term(), led.core.peers(now), image);
    if (heir == chronik::no_node) return false;
    // Refused while one is under way already, which is as good.
    static_cast<void>(logs.transfer(led.id, heir, now));
    return true;
}

std::size_t directory::hand_over(departure& leaving, metadata::image const& image, chronik::time_point now) {
    return static_cast<std::size_t>(std::ranges::count_if(replicas_, [&](auto const& one) {
        return partitions::hand_over(leaving, *logs_, *logs_->find(one.first), image, now);
    }));
}

}  // namespace broker::partitions
