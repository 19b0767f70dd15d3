// SPDX-License-Identifier: Apache-2.0
#include <groups/service.hpp>

#include <groups/key_hash.hpp>
#include <wire/batch_builder.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace broker::groups {

using chronik::errc;
using wire::error_code;

namespace {

/// A commit that no quorum takes for so long is given up; Kafka's offsets.commit.timeout.ms.
constexpr chronik::duration write_limit = std::chrono::seconds{5};
/// How often offsets are looked at whose time may be over.
constexpr chronik::duration expiry_interval = std::chrono::minutes{1};

/// What a record takes beside its key and value, at most.
constexpr std::size_t record_overhead_bytes = 32;

group_options options_of(settings const& config) {
    return {.session_timeout_min = config.group_session_timeout_min,
            .session_timeout_max = config.group_session_timeout_max,
            .initial_rebalance_delay = config.group_initial_rebalance_delay,
            .members_max = config.group_members_max,
            .offsets_retention = config.offsets_retention};
}

error_code code_of(std::error_code error) {
    if (!error) return error_code::none;
    // Where the storage has failed this broker is about to end, and another leads the partition: Kafka says it so, too.
    if (error == errc::not_leader || error == errc::unknown_group || error == errc::superseded ||
        error == errc::closed || error == errc::unknown_outcome || error == errc::storage_failed)
        return error_code::not_coordinator;
    if (error == errc::too_large) return error_code::invalid_commit_offset_size;
    if (error == errc::busy) return error_code::coordinator_not_available;
    return error_code::unknown_server_error;
}

/// Names come from clients, who may call themselves anything up to 32 KiB.
std::string_view shown(std::string_view text) {
    constexpr std::size_t bytes_max = 300;
    return text.substr(0, bytes_max);
}

std::string_view text_of(std::vector<std::byte> const& bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

}  // namespace

/// One write, until all its batches are committed, or one of them is not, or its time is over.
struct service::waiting_write {
    stored_done done;
    deadlines* timeouts;
    std::optional<deadlines::handle> deadline;
    std::size_t outstanding = 1;  ///< the write itself, until all its batches are proposed

    void finish_one(error_code outcome) {
        --outstanding;
        if (outcome != error_code::none || outstanding == 0) finish(outcome);
    }
    void finish(error_code outcome) {
        if (deadline) timeouts->cancel(*std::exchange(deadline, std::nullopt));
        if (done) std::exchange(done, {})(outcome);
    }
};

service::service(parts use, std::uint64_t seed, logger log)
    : use_(std::move(use)), log_(std::move(log)), options_(options_of(use_.config)), chance_(seed) {
    use_.partitions.watch_batches([this](auto const& topic, auto const& one) { return listen(topic, one); });
}

service::~service() { use_.partitions.watch_batches({}); }

partitions::machine::batch_listener service::listen(metadata::topic const& topic,
                                                    metadata::partition const& partition) {
    if (topic.name != offsets_topic) return {};
    auto& state = partitions_[partition.group];
    give_up(partition.group, state);
    state = {};
    return [stored = state.stored](wire::batch_view const& batch) { stored->apply(batch); };
}

turn service::turn_for(outputs& out) {
    return {use_.loop.now(), use_.loop.wall_ms(), options_, chance_, last_token_, out};
}

std::expected<service::led_partition, error_code> service::find(std::string_view group) {
    auto const image = use_.members.image();
    auto const* const topic = image->find_topic(offsets_topic);
    if (topic == nullptr) return std::unexpected(error_code::not_coordinator);
    return lead(topic->groups[partition_of(group, topic->groups.size())]);
}

std::expected<service::led_partition, error_code> service::lead(chronik::group_id group) {
    auto const found = partitions_.find(group);
    auto* const replica = use_.partitions.find(group);
    if (stopping_ || found == partitions_.end() || replica == nullptr ||
        replica->core().current_role() != chronik::raft::role::leader)
        return std::unexpected(error_code::not_coordinator);
    if (!replica->serves()) return std::unexpected(error_code::coordinator_load_in_progress);
    auto& state = found->second;
    auto const term = replica->core().term();
    if (!state.live || state.term != term) {
        give_up(group, state);
        state.live = std::make_unique<coordinator>(*state.stored, use_.loop.now());
        state.term = term;
        log_.info({.group = group, .term = term}, "coordinates {} consumer groups with {} offsets",
                  state.stored->all().size(), state.stored->offset_count());
    }
    return led_partition{group, state.live.get()};
}

std::pair<std::vector<service::led_partition>, error_code> service::find_all() {
    std::vector<led_partition> all;
    auto problem = error_code::none;
    for (auto& [group, state] : partitions_) {
        auto const one = lead(group);
        if (one) all.push_back(*one);
        else if (one.error() == error_code::coordinator_load_in_progress) problem = one.error();
    }
    return {std::move(all), problem};
}

void service::join(wire::join_group::request const& asked, joiner const& who, join_done done) {
    auto const where = find(asked.group_id);
    if (!where) return done(refused_join(asked.member_id, where.error()));
    auto const mine = ++last_ticket_;
    joins_.emplace(mine, std::move(done));
    outputs out;
    turn in = turn_for(out);
    where->groups->join(asked, who, mine, in);
    carry_out(where->group, std::move(out));
}

void service::sync(wire::sync_group::request const& asked, sync_done done) {
    auto const where = find(asked.group_id);
    // A new coordinator has not seen this round: told that there is another, members join at once.
    if (!where) {
        bool const loads = where.error() == error_code::coordinator_load_in_progress;
        return done(refused_sync(loads ? error_code::rebalance_in_progress : where.error()));
    }
    auto const mine = ++last_ticket_;
    syncs_.emplace(mine, std::move(done));
    outputs out;
    turn in = turn_for(out);
    where->groups->sync(asked, mine, in);
    carry_out(where->group, std::move(out));
}

void service::tell(answer what) {
    if (auto* const joined = std::get_if<join_answer>(&what.what)) {
        auto found = joins_.extract(what.to);
        if (!found.empty()) found.mapped()(std::move(*joined));
    } else if (auto found = syncs_.extract(what.to); !found.empty()) {
        found.mapped()(std::move(std::get<sync_answer>(what.what)));
    }
}

void service::carry_out(chronik::group_id group, outputs out) {
    for (auto& each : out.answers) tell(std::move(each));
    for (auto const& each : out.notices)
        log_.info({.group = group}, "{} {}", shown(each.group), shown(each.what));
    for (auto& each : out.writes) {
        auto const known = partitions_.find(group);
        auto const term = known == partitions_.end() ? chronik::log_term{} : known->second.term;
        ++generations_;
        store(group, each.records, [this, group, term, id = each.group, token = each.token](error_code outcome) {
            auto const found = partitions_.find(group);
            // Another coordinator's by now: it has read what was committed, and told nobody of this.
            if (found == partitions_.end() || !found->second.live || found->second.term != term) return;
            if (outcome != error_code::none)
                log_.warn({.group = group}, "could not store group {}: {}", id, wire::name(outcome));
            // The word for what is too large speaks of offsets; this is a group.
            if (outcome == error_code::invalid_commit_offset_size) outcome = error_code::unknown_server_error;
            outputs next;
            turn in = turn_for(next);
            found->second.live->written(id, token, outcome, in);
            carry_out(group, std::move(next));
        });
    }
}

void service::store(chronik::group_id group, std::vector<log_record> const& records, stored_done done) {
    auto* const replica = use_.partitions.find(group);
    if (replica == nullptr) return done(error_code::not_coordinator);
    auto const waiting = std::make_shared<waiting_write>();
    waiting->done = std::move(done);
    waiting->timeouts = &use_.timeouts;
    for (std::size_t first = 0; first < records.size() && waiting->done;) {
        std::size_t bytes = wire::batch_at::records;
        std::size_t last = first;
        for (; last < records.size() && last - first < records_per_batch_max; ++last) {
            bytes += record_overhead_bytes + records[last].size();
            if (last > first && bytes > replica->message_bytes_max) break;
        }
        propose(*replica, std::span{records}.subspan(first, last - first), waiting);
        first = last;
    }
    use_.request_turn();
    if (waiting->outstanding > 1 && waiting->done) {
        waiting->deadline = use_.timeouts.add(use_.loop.now() + write_limit, [waiting] {
            waiting->deadline.reset();
            waiting->finish(error_code::coordinator_not_available);
        });
    }
    waiting->finish_one(error_code::none);
}

void service::propose(partitions::replica const& target, std::span<log_record const> records,
                      std::shared_ptr<waiting_write> const& waiting) {
    auto const now = use_.loop.wall_ms();
    wire::batch_builder builder;
    for (auto const& each : records) {
        builder.add(text_of(each.key), each.value ? std::optional{text_of(*each.value)} : std::nullopt, now);
    }
    auto bytes = builder.build();
    if (bytes.size() > target.message_bytes_max) return waiting->finish(error_code::invalid_commit_offset_size);
    auto const next = target.core().next_offset();
    wire::stamp(bytes, static_cast<std::int64_t>(next.value), target.leader_epoch());
    auto const accepted = use_.logs.propose(
        target.group(), chronik::shared_bytes{std::move(bytes)}, static_cast<std::uint32_t>(records.size()),
        chronik::acknowledge::committed, static_cast<std::uint32_t>(target.min_insync_replicas),
        use_.loop.now(), [waiting](auto const& outcome) { waiting->finish_one(code_of(outcome.error)); });
    if (accepted) ++waiting->outstanding;
    else waiting->finish(code_of(accepted.error()));
}

partition_exists service::existing() const {
    return [image = use_.members.image()](std::string const& topic, std::int32_t partition) {
        auto const* const known = image->find_topic(topic);
        return known != nullptr && partition >= 0 && static_cast<std::size_t>(partition) < known->groups.size();
    };
}

void service::give_up(chronik::group_id group, partition_state& state) {
    if (!state.live) return;
    auto const former = std::move(state.live);
    outputs out;
    turn in = turn_for(out);
    former->resign(in);
    log_.info({.group = group}, "coordinates its consumer groups no longer");
    for (auto& each : out.answers) tell(std::move(each));
}

void service::look(chronik::group_id group) {
    auto const found = partitions_.find(group);
    if (found == partitions_.end()) return;
    // Also when nobody asks: the members' sessions begin with the coordinator.
    if (!lead(group) && found->second.live) give_up(group, found->second);
}

void service::sweep(chronik::time_point now) {
    std::vector<chronik::group_id> due;
    for (auto& [group, state] : partitions_) {
        bool const gone = use_.partitions.find(group) == nullptr;
        if (gone || (state.live && state.live->wake_at() <= now)) due.push_back(group);
    }
    for (auto const group : due) {
        auto const where = lead(group);
        if (where) {
            with(*where, [](coordinator& groups, turn& in) {
                groups.tick(in);
                return true;
            });
        } else if (auto const found = partitions_.find(group); found != partitions_.end()) {
            give_up(group, found->second);
            if (use_.partitions.find(group) == nullptr) partitions_.erase(group);
        }
    }
    if (now < next_expiry_) return;
    if (next_expiry_ != chronik::time_point{} && use_.members.ready()) expire_offsets();
    next_expiry_ = now + expiry_interval;
}

void service::expire_offsets() {
    auto const exists = existing();
    for (auto const& where : find_all().first) {
        auto const records =
            with(where, [&](coordinator& groups, turn& in) { return groups.expire(exists, in); });
        if (records.empty()) continue;
        log_.info({.group = where.group}, "removes {} expired offsets and groups", records.size());
        // What did not get through is found again.
        store(where.group, records, [](error_code) {});
    }
}

void service::stop() {
    stopping_ = true;
    for (auto& [group, state] : partitions_) give_up(group, state);
}

void service::for_each_offset(std::size_t limit, visit_offset const& visit) const {
    for (auto const& [at, state] : partitions_) {
        if (!state.live) continue;
        for (auto const& [id, group] : state.stored->all()) {
            for (auto const& [topic, partitions] : group.offsets) {
                for (auto const& [partition, value] : partitions) {
                    if (limit-- == 0) return;
                    visit(id, topic, partition, value.offset);
                }
            }
        }
    }
}

service::totals service::count() const {
    totals out;
    out.commits = commits_;
    out.generations = generations_;
    for (auto const& [group, state] : partitions_) {
        if (!state.live) continue;
        for (auto const& [which, number] : state.live->count()) out.groups[which] += number;
        out.members += state.live->members();
        out.offsets += state.stored->offset_count();
    }
    return out;
}

}  // namespace broker::groups
