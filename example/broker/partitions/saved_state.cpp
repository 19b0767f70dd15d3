// SPDX-License-Identifier: Apache-2.0
#include <partitions/saved_state.hpp>

#include <chronik/base/crc32c.hpp>
#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/plain_format.hpp>

namespace broker::partitions {

using chronik::errc;
using chronik::failure;
using chronik::result;
using chronik::shared_bytes;

namespace {

constexpr std::uint64_t saved_magic = 0x0045544154534843ULL;  // "CHSTATE\0"

}  // namespace

saved_partition save(chronik::group_id group, chronik::wal::log_base const& at, machine const& of) {
    saved_partition one{.group = group,
                        .index = at.index,
                        .term = at.term,
                        .next_offset = at.next_offset,
                        .forgotten = of.times().forgotten(),
                        .forgotten_ms = of.times().forgotten_ms(),
                        .deleted_before = of.deleted_before(),
                        .batches = {},
                        .times = {}};
    of.producers().for_each_batch([&](std::int64_t id, std::int16_t epoch, producer_table::remembered const& batch) {
        one.batches.push_back({id, epoch, batch.first, batch.last, batch.place.index, batch.place.base_offset});
    });
    for (auto const& mark : of.times().marks()) one.times.push_back({mark.timestamp_ms, mark.index});
    return one;
}

void restore(saved_partition const& from, machine& into) {
    producer_table producers;
    for (auto const& each : from.batches) {
        producers.append({each.producer_id, each.producer_epoch, each.first_sequence, each.last_sequence},
                         {each.index, each.base_offset});
    }
    time_index times;
    for (auto const& each : from.times) times.append(each.index, each.timestamp_ms);
    times.forget_up_to(from.forgotten);
    times.forgot(from.forgotten_ms);
    into.restore(std::move(producers), std::move(times), from.deleted_before);
}

shared_bytes encode(saved_partition const& one) {
    std::vector<std::byte> bytes;
    chronik::byte_writer out{bytes};
    auto const done = chronik::schema::encode(one, saved_state_version, chronik::schema::plain_format{}, out);
    CHRONIK_ASSERT(done.has_value());
    return shared_bytes{std::move(bytes)};
}

std::vector<std::byte> encode_states(std::span<shared_bytes const> partitions) {
    std::vector<std::byte> file(saved_header_bytes);
    chronik::byte_writer out{file};
    for (auto const& each : partitions) out.run(each.view());
    auto const body = std::span<std::byte const>{file}.subspan(saved_header_bytes);
    chronik::store<std::uint64_t, std::endian::little>(file.data(), saved_magic);
    chronik::store<std::uint32_t, std::endian::little>(file.data() + 8, saved_state_version);
    chronik::store<std::uint64_t, std::endian::little>(file.data() + 16, partitions.size());
    chronik::store<std::uint64_t, std::endian::little>(file.data() + 24, body.size());
    auto const crc = chronik::crc32c::value(std::span<std::byte const>{file}.subspan(16));
    chronik::store<std::uint32_t, std::endian::little>(file.data() + 12, crc);
    return file;
}

result<saved_states> decode_states(shared_bytes const& file) {
    if (file.size() > saved_header_bytes + saved_bytes_max) return failure(errc::too_large);
    if (file.size() < saved_header_bytes) return failure(errc::corrupt_record);
    std::byte const* const head = file.data();
    bool const whole = chronik::load<std::uint64_t, std::endian::little>(head) == saved_magic &&
                       chronik::load<std::uint32_t, std::endian::little>(head + 12) ==
                           chronik::crc32c::value(file.view().subspan(16)) &&
                       chronik::load<std::uint64_t, std::endian::little>(head + 24) == file.size() - saved_header_bytes;
    if (!whole) return failure(errc::corrupt_record);
    if (chronik::load<std::uint32_t, std::endian::little>(head + 8) != saved_state_version)
        return failure(errc::unsupported_version);

    saved_states all;
    auto const count = chronik::load<std::uint64_t, std::endian::little>(head + 16);
    // In memory a state takes more than its bytes, but not without measure.
    chronik::schema::shared_reader in{file.slice(saved_header_bytes, file.size() - saved_header_bytes),
                                      {.allocated_bytes_max = 4096 + 64 * file.size()}};
    for (std::uint64_t nth = 0; nth < count; ++nth) {
        auto one = chronik::schema::decode<saved_partition>(in, saved_state_version, chronik::schema::plain_format{});
        if (!one) return failure(errc::corrupt_record);
        auto const group = one->group;
        all.emplace(group, *std::move(one));
    }
    if (in.remaining() != 0) return failure(errc::corrupt_record);
    return all;
}

}  // namespace broker::partitions
