// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/image.hpp>

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/schema/decode.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// The whole metadata as bytes, so that its log need not be kept. Bytes: docs/formats/metadata_snapshot.md.
namespace broker::metadata {

inline constexpr std::uint8_t image_snapshot_version = 0;

/// What comes before the lists, and how long they are.
struct image_head {
    log_index version;
    std::string cluster_id;
    group_id next_group_id;
    std::uint64_t next_producer_id = 0;
    load_balance balance;
    std::uint32_t brokers = 0;
    std::uint32_t admissions = 0;
    std::uint32_t topics = 0;
    std::uint32_t partitions = 0;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"version", &image_head::version>{}, field<"cluster_id", &image_head::cluster_id>{},
        field<"next_group_id", &image_head::next_group_id>{},
        field<"next_producer_id", &image_head::next_producer_id>{}, field<"balance", &image_head::balance>{},
        field<"brokers", &image_head::brokers>{}, field<"admissions", &image_head::admissions>{},
        field<"topics", &image_head::topics>{}, field<"partitions", &image_head::partitions>{});
    bool operator==(image_head const&) const = default;
};

/// An image on its way to a file; models chronik::machine::snapshot_view. Equal images give equal bytes.
class image_view {
public:
    explicit image_view(std::shared_ptr<image const> of) : of_(std::move(of)) {}

    chronik::shared_bytes next_chunk() {
        std::vector<std::byte> bytes;
        chronik::byte_writer out{bytes};
        if (!std::exchange(begun_, true)) begin(out);
        while (bytes.size() < chunk_bytes && at_ < topics_.size() + partitions_.size()) {
            if (at_ < topics_.size()) add(*topics_[at_], out);
            else add(*partitions_[at_ - topics_.size()], out);
            ++at_;
        }
        return chronik::shared_bytes{std::move(bytes)};
    }

private:
    static constexpr std::size_t chunk_bytes = std::size_t{64} << 10;

    template <class Described>
    static void add(Described const& what, chronik::byte_writer& out) {
        // What was decoded from a command, within its limits, always has an encoding.
        auto const done = chronik::schema::encode(what, image_snapshot_version, chronik::schema::plain_format{}, out);
        CHRONIK_ASSERT(done.has_value());
    }

    void begin(chronik::byte_writer& out) {
        of_->for_each_topic([&](topic const& each) { topics_.push_back(&each); });
        of_->for_each_partition([&](partition const& each) { partitions_.push_back(&each); });
        std::ranges::sort(topics_, {}, &topic::name);
        std::ranges::sort(partitions_, {}, &partition::group);
        out.number<std::uint8_t, std::endian::little>(image_snapshot_version);
        add(image_head{of_->version, of_->cluster_id, of_->next_group_id, of_->next_producer_id, of_->balance,
                       static_cast<std::uint32_t>(of_->brokers().size()),
                       static_cast<std::uint32_t>(of_->admissions().size()),
                       static_cast<std::uint32_t>(topics_.size()), static_cast<std::uint32_t>(partitions_.size())},
            out);
        for (auto const& [node, broker] : of_->brokers()) add(broker, out);
        for (auto const& [node, admitted] : of_->admissions()) add(admitted, out);
    }

    std::shared_ptr<image const> of_;
    std::vector<topic const*> topics_;
    std::vector<partition const*> partitions_;
    std::size_t at_ = 0;
    bool begun_ = false;
};

namespace detail {

/// Each `Described` of a list, in order; nothing if the bytes are none.
template <class Described, class Take>
bool read_list(chronik::schema::shared_reader& in, std::uint32_t count, Take&& take) {
    for (std::uint32_t at = 0; at < count; ++at) {
        auto read = chronik::schema::decode<Described>(in, image_snapshot_version, chronik::schema::plain_format{});
        if (!read || !take(std::move(*read))) return false;
    }
    return true;
}

}  // namespace detail

/// errors   errc::unsupported_version: a newer release wrote it; errc::malformed
inline chronik::result<image> read_image(chronik::shared_bytes const& bytes) {
    // In memory a state takes more than its bytes, but not without measure.
    chronik::schema::shared_reader in{bytes, {.allocated_bytes_max = 4096 + 64 * bytes.size()}};
    auto const version = in.number<std::uint8_t, std::endian::little>();
    if (in.failed()) return chronik::failure(chronik::errc::malformed);
    if (version > image_snapshot_version) return chronik::failure(chronik::errc::unsupported_version);
    auto const head = chronik::schema::decode<image_head>(in, version, chronik::schema::plain_format{});
    if (!head) return std::unexpected(head.error());
    if (head->brokers > brokers_max || head->admissions > brokers_max || head->topics > topics_max ||
        head->partitions > partitions_max)
        return chronik::failure(chronik::errc::malformed);

    image made;
    made.version = head->version;
    made.cluster_id = head->cluster_id;
    made.next_group_id = head->next_group_id;
    made.next_producer_id = head->next_producer_id;
    made.balance = head->balance;
    std::size_t groups = 0;
    bool const read =
        detail::read_list<broker_info>(in, head->brokers,
                                       [&](broker_info&& each) {
                                           made.set(each);
                                           return true;
                                       }) &&
        detail::read_list<admission>(in, head->admissions,
                                     [&](admission&& each) {
                                         made.set(each);
                                         return true;
                                     }) &&
        detail::read_list<topic>(in, head->topics,
                                 [&](topic&& each) {
                                     groups += each.groups.size();
                                     made.set(std::move(each));
                                     return true;
                                 }) &&
        detail::read_list<partition>(in, head->partitions, [&](partition&& each) {
            auto const* const of = made.find_topic(each.topic_id);
            bool const known = of != nullptr && each.index < of->groups.size() && of->groups[each.index] == each.group;
            if (known) made.set(std::move(each));
            return known;
        });
    // Each list holds what it promised, and every partition of every topic is there once.
    bool const whole = read && in.remaining() == 0 && made.brokers().size() == head->brokers &&
                       made.admissions().size() == head->admissions && made.topic_count() == head->topics &&
                       made.partition_count() == head->partitions && groups == head->partitions;
    if (!whole) return chronik::failure(chronik::errc::malformed);
    return made;
}

}  // namespace broker::metadata
