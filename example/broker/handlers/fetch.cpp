// SPDX-License-Identifier: Apache-2.0
#include <handlers/fetch.hpp>

#include <chronik/net/host_driver.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

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

/// One fetch, until it has enough or its time is over.
class pending : public std::enable_shared_from_this<pending> {
public:
    pending(context& in, message::request&& asked, wire::schema::version version, answer<message::response> done)
        : in_(in), asked_(std::move(asked)), version_(version), done_(std::move(done)) {}

    void start() {
        std::chrono::milliseconds const wait{std::clamp(asked_.max_wait_ms, 0, wait_ms_max)};
        bool const many = asked_.topics.size() > watched_max || partitions_asked() > watched_max;
        if (try_finish(wait.count() == 0 || many)) return;
        deadline_ = in_.polls.add(chronik::net::steady_now() + wait, [self = shared_from_this()] {
            self->deadline_.reset();
            self->look_away();
            self->try_finish(true);
        });
        wait_for_change();
    }

private:
    /// Answers if there is enough, or anyhow when `now_or_never`.
    bool try_finish(bool now_or_never) {
        message::response response;
        std::size_t bytes = 0;
        bool failed = false;
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
        if (!now_or_never && !failed && bytes < enough) return false;
        if (deadline_) in_.polls.cancel(*std::exchange(deadline_, std::nullopt));
        in_.moved.fetched_bytes += bytes;
        done_(response);
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
        std::size_t const left = bytes_left(bytes_before);
        std::size_t const own = static_cast<std::size_t>(std::max(asked.partition_max_bytes, 0));
        // The first batch of an answer comes whatever its size, so that a large one cannot stop a consumer.
        auto batches = source.read(chronik::log_offset{static_cast<std::uint64_t>(asked.fetch_offset)},
                                   std::min(left, own), bytes_before == 0);
        if (!batches) {
            if (batches.error() == errc::out_of_range || batches.error() == errc::compacted)
                return refuse_range(answer);
            return refuse(answer, error_code::kafka_storage_error);
        }
        std::size_t const size = batches->size();
        answer.records = std::move(*batches);
        return size;
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
        auto const image = in_.cluster.image();
        for (auto const& topic : asked_.topics) {
            auto const name = name_of(*image, topic);
            if (!name) continue;
            for (auto const& partition : topic.partitions) {
                auto const found = in_.find_leader(*image, *name, partition.partition);
                if (!found) continue;
                auto const handle = (*found)->advanced.add([self = weak_from_this()] {
                    if (auto const alive = self.lock()) alive->changed();
                });
                watched_.emplace_back((*found)->group(), handle);
            }
        }
    }

    void changed() {
        look_away();
        if (!try_finish(false)) wait_for_change();
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

    context& in_;
    message::request asked_;
    wire::schema::version version_;
    answer<message::response> done_;
    std::optional<deadlines::handle> deadline_;
    std::vector<std::pair<chronik::group_id, std::uint64_t>> watched_;
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
