// SPDX-License-Identifier: Apache-2.0
#include <handlers/fetch.hpp>

#include <algorithm>
#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace broker::handlers {

namespace {

using chronik::errc;
using partitions::replica;
using wire::error_code;
namespace message = wire::fetch;

/// From this version on topics are named by id alone.
constexpr wire::schema::version names_are_ids_since = 13;
/// A fetch session that we never gave: the client has to start over with a full request.
constexpr std::int32_t no_session = 0;

/// One fetch, until it has enough or its time is over. It waits for what is not in memory as it waits for what has not
/// been produced, except that its time does not end before that: somebody would have to ask for the same again.
class pending : public std::enable_shared_from_this<pending> {
    /// Where a client goes on reading a partition.
    struct place {
        chronik::group_id group;
        std::int64_t fetch_offset;

        chronik::log_offset offset() const { return {static_cast<std::uint64_t>(fetch_offset)}; }
        auto operator<=>(place const&) const = default;
    };

public:
    pending(context& in, message::request&& asked, wire::schema::version version, answer<message::response> done)
        : in_(in), asked_(std::move(asked)), version_(version), done_(std::move(done)) {}

    void start() {
        std::chrono::milliseconds const wait{std::clamp(asked_.max_wait_ms, 0, wait_ms_max)};
        bool const many = asked_.topics.size() > watched_max || partitions_asked() > watched_max;
        late_ = wait.count() == 0 || many;
        if (try_finish()) return;
        if (!late_) {
            deadline_ = in_.polls.add(in_.loop.now() + wait, [self = shared_from_this()] {
                self->deadline_.reset();
                self->late_ = true;
                self->look_again();
            });
        }
        wait_for_change();
    }

private:
    /// Answers if there is enough, or anyhow when it is late; never while something is brought into memory for it.
    bool try_finish() {
        message::response response;
        std::size_t bytes = 0;
        bool failed = false;
        ahead_.clear();
        auto const image = in_.cluster.image();
        response.topics.reserve(asked_.topics.size());
        for (auto const& topic : asked_.topics) {
            auto& answers = response.topics.emplace_back();
            answers.name = topic.name;
            answers.id = topic.id;
            auto const name = name_of(*image, topic);
            for (auto const& partition : topic.partitions) {
                auto& one = answers.partitions.emplace_back();
                one.partition_index = partition.partition;
                bytes += name ? read(*image, *name, partition, bytes, one)
                              : refuse(one, wire::error_code::unknown_topic_id);
                failed |= one.error != error_code::none || one.diverging_epoch.epoch >= 0;
            }
        }
        // More than an answer may hold is never there.
        auto const enough = std::min(static_cast<std::size_t>(std::max(asked_.min_bytes, 0)), bytes_left(0));
        if (bringing_ > 0 || (!late_ && !failed && bytes < enough)) return false;
        if (deadline_) in_.polls.cancel(*std::exchange(deadline_, std::nullopt));
        in_.moved.fetched_bytes += bytes;
        done_(response);
        for (auto& each : ahead_) {
            in_.cold.bring_ahead(std::move(each.what), std::move(each.passed), std::move(each.coming));
        }
        return true;
    }

    std::optional<std::string> name_of(metadata::image const& image, message::topic_request const& topic) const {
        if (version_ < names_are_ids_since) return topic.name;
        auto const* const known = image.find_topic(topic.id);
        return known == nullptr ? std::nullopt : std::optional{known->name};
    }

    static std::size_t refuse(message::partition_response& answer, error_code error) {
        answer.error = error;
        answer.high_watermark = -1;
        return 0;
    }

    /// returns   the bytes read
    std::size_t read(metadata::image const& image, std::string const& topic, message::partition_request const& asked,
                     std::size_t bytes_before, message::partition_response& answer) {
        auto const found = in_.find_leader(image, topic, asked.partition);
        if (!found) return refuse(answer, found.error());
        replica& source = **found;
        if (auto const problem = epoch_problem(source, asked.current_leader_epoch); problem != error_code::none)
            return refuse(answer, problem);
        answer.high_watermark = static_cast<std::int64_t>(source.high_watermark().value);
        answer.last_stable_offset = answer.high_watermark;
        answer.log_start_offset = static_cast<std::int64_t>(source.log_start().value);
        if (asked.fetch_offset < 0) return refuse_range(answer);
        if (diverges(source, asked, answer)) return 0;
        return read_records(source, asked, bytes_before, answer);
    }

    std::size_t read_records(replica const& source, message::partition_request const& asked, std::size_t bytes_before,
                             message::partition_response& answer) {
        place const from{source.group(), asked.fetch_offset};
        auto const brought = brought_.find(from);
        bool const is_brought = brought != brought_.end();
        if (is_brought && brought->second.error) return refuse(answer, error_code::kafka_storage_error);
        std::size_t const own = static_cast<std::size_t>(std::max(asked.partition_max_bytes, 0));
        std::size_t most = std::min(bytes_left(bytes_before), own);
        // What was brought is not asked about again: memory may be too short to keep it until everything is there.
        if (is_brought) most = std::min(most, brought->second.bytes);
        // The first batch of an answer comes whatever its size, so that a large one cannot stop a consumer.
        auto found = source.read(from.offset(), most, bytes_before == 0, [this, is_brought](auto bytes) {
            return is_brought ? chronik::result<void>{} : in_.cold.ask(bytes);
        });
        if (!found) {
            if (found.error() == errc::busy && !is_brought) return bring(source, from, most, bytes_before, answer);
            if (found.error() == errc::out_of_range || found.error() == errc::compacted) return refuse_range(answer);
            return refuse(answer, error_code::kafka_storage_error);
        }
        std::size_t const size = found->batches.size();
        if (found->settled) {
            auto next = source.settled_part(found->next, most);
            if (!next.runs.empty())
                ahead_.push_back({std::move(next), std::move(found->passed), std::move(found->coming)});
        }
        answer.records = std::move(found->batches);
        return size;
    }

    /// Has records brought into memory, and waits for them. What would only fill up an answer comes with the next one.
    ///
    /// returns   the bytes that they may take
    std::size_t bring(replica const& source, place const& from, std::size_t most, std::size_t bytes_before,
                      message::partition_response& answer) {
        bool const fills_up = bytes_before > 0 && (waited_ || most < brought_bytes_min);
        if (fills_up || bringing_ == brought_at_once_max) return 0;
        std::size_t const bytes = std::clamp<std::size_t>(most, 1, brought_bytes_max);
        auto what = source.settled_part(from.offset(), bytes);
        if (what.runs.empty()) return refuse(answer, error_code::kafka_storage_error);
        ++bringing_;
        in_.cold.bring(std::move(what), partitions::cold_reads::reason::fetch,
                       [self = shared_from_this(), from, bytes](auto const& made) {
                           // What comes before the damage is answered, and the next fetch is told.
                           bool const some = made.error && made.bytes > 0;
                           self->brought_[from] = some ? brought_part{made.bytes, {}} : brought_part{bytes, made.error};
                           self->waited_ = true;
                           if (--self->bringing_ == 0) self->look_again();
                       });
        return bytes;
    }

    /// Whether what the client has read last is not what this log has there: then the answer says from where on.
    static bool diverges(replica const& source, message::partition_request const& asked,
                         message::partition_response& answer) {
        if (asked.last_fetched_epoch < 0 || asked.last_fetched_epoch == source.leader_epoch()) return false;
        auto const end = source.end_of_epoch(asked.last_fetched_epoch);
        if (end.epoch == asked.last_fetched_epoch && end.end_offset >= asked.fetch_offset) return false;
        if (end.epoch < 0) refuse_range(answer);
        else answer.diverging_epoch = {end.epoch, end.end_offset};
        return true;
    }

    static std::size_t refuse_range(message::partition_response& answer) {
        answer.error = error_code::offset_out_of_range;
        return 0;
    }

    std::size_t bytes_left(std::size_t taken) const {
        auto const all = std::min(static_cast<std::size_t>(std::max(asked_.max_bytes, 0)), fetch_bytes_max);
        return all > taken ? all - taken : 0;
    }

    std::size_t partitions_asked() const {
        std::size_t sum = 0;
        for (auto const& topic : asked_.topics) sum += topic.partitions.size();
        return sum;
    }

    void wait_for_change() {
        if (bringing_ > 0) return;
        auto const image = in_.cluster.image();
        for (auto const& topic : asked_.topics) {
            auto const name = name_of(*image, topic);
            if (!name) continue;
            for (auto const& partition : topic.partitions) {
                auto const found = in_.find_leader(*image, *name, partition.partition);
                if (!found) continue;
                auto const handle = (*found)->advanced.add([self = weak_from_this()] {
                    if (auto const alive = self.lock()) alive->look_again();
                });
                watched_.emplace_back((*found)->group(), handle);
            }
        }
    }

    void look_again() {
        look_away();
        if (bringing_ == 0 && !try_finish()) wait_for_change();
    }

    void look_away() {
        for (auto const& [group, handle] : std::exchange(watched_, {})) {
            if (replica* const still = in_.partitions.find(group)) still->advanced.remove(handle);
        }
    }

    /// No answer is larger, whatever a client allows itself.
    static constexpr std::size_t fetch_bytes_max = std::size_t{64} << 20;
    /// No long poll is longer, whatever a client asks for: one that went away is noticed no earlier.
    static constexpr std::int32_t wait_ms_max = 30'000;
    /// A fetch of more topics or partitions is answered at once: waiting would keep all of it in memory.
    static constexpr std::size_t watched_max = 10'000;
    /// Partitions of one fetch that are brought into memory at the same time; further ones have to be asked for again.
    static constexpr std::size_t brought_at_once_max = 256;
    /// Less is not waited for beside what an answer has.
    static constexpr std::size_t brought_bytes_min = std::size_t{16} << 10;
    /// Of one partition: a client that wants much gets the first of it early, and the rest is read ahead.
    static constexpr std::size_t brought_bytes_max = std::size_t{4} << 20;

    struct brought_part {
        std::size_t bytes = 0;
        std::error_code error;
    };
    struct next_read {
        chronik::wal::settled_range what;
        chronik::shared_bytes passed;
        chronik::shared_bytes coming;
    };

    context& in_;
    message::request asked_;
    wire::schema::version version_;
    answer<message::response> done_;
    std::optional<deadlines::handle> deadline_;
    std::vector<std::pair<chronik::group_id, std::uint64_t>> watched_;
    bool late_ = false;    ///< answers with what there is
    bool waited_ = false;  ///< for something to be brought
    std::size_t bringing_ = 0;
    std::map<place, brought_part> brought_;
    std::vector<next_read> ahead_;  ///< what the client will ask for next
};

}  // namespace

void handle(context& in, request_info const& info, message::request&& asked, answer<message::response> done) {
    if (asked.session_id != no_session) {
        message::response refused;
        refused.error = error_code::fetch_session_id_not_found;
        return done(refused);
    }
    std::make_shared<pending>(in, std::move(asked), info.version(), std::move(done))->start();
}

}  // namespace broker::handlers
