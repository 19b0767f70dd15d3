// SPDX-License-Identifier: Apache-2.0
#include <partitions/beginning.hpp>

#include <chronik/base/crc32c.hpp>
#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/plain_format.hpp>

#include <utility>

namespace broker::partitions {

using chronik::errc;
using chronik::failure;
using chronik::group_id;
using chronik::log_index;
using chronik::log_offset;
using chronik::log_term;
using chronik::result;
using chronik::shared_bytes;

shared_bytes encode_beginning(machine const& of, log_index last) {
    auto state = save({}, {.index = last, .term = {}, .next_offset = {}}, of);
    // What comes behind is applied to it again, and with it comes who produced it, when, and what it deleted.
    std::erase_if(state.batches, [&](saved_batch const& each) { return each.index > last; });
    std::erase_if(state.times, [&](saved_time const& each) { return each.index > last; });
    std::vector<std::byte> bytes;
    chronik::byte_writer out{bytes};
    out.number<std::uint8_t, std::endian::little>(beginning_version);
    out.run(encode(state).view());
    return shared_bytes{std::move(bytes)};
}

result<void> restore_beginning(shared_bytes const& bytes, machine& into) {
    // In memory a state takes more than its bytes, but not without measure.
    chronik::schema::shared_reader in{bytes, {.allocated_bytes_max = 4096 + 64 * bytes.size()}};
    auto const version = in.number<std::uint8_t, std::endian::little>();
    if (in.failed()) return failure(errc::malformed);
    if (version != beginning_version) return failure(errc::unsupported_version);
    auto const state =
        chronik::schema::decode<saved_partition>(in, saved_state_version, chronik::schema::plain_format{});
    if (!state || in.remaining() != 0) return failure(errc::malformed);
    restore(*state, into);
    return {};
}

void beginnings::job_type::run() {
    if (source_) {
        for (auto next = source_(); !next.empty(); next = source_())
            pieces_->insert(pieces_->end(), next.view().begin(), next.view().end());
        source_ = nullptr;
        bytes_ = pieces_->size();
        made_.crc = chronik::crc32c::value(*pieces_);
    }
    if (!pieces_ || whole_ || damaged_) return;
    pieces_->insert(pieces_->end(), piece_.view().begin(), piece_.view().end());
    piece_ = {};
    if (pieces_->size() != *bytes_) return;
    whole_ = true;
    damaged_ = chronik::crc32c::value(*pieces_) != made_.crc;
    made_.content = shared_bytes{std::move(*pieces_)};
}

beginnings::job_type beginnings::begin_save(group_id group, log_index index, log_term term, log_offset next_offset,
                                            shared_bytes about, chronik::state_source source) {
    job_type job;
    job.made_ = {.group = group,
                 .base = {index, term, next_offset},
                 .about = std::move(about),
                 .content = {},
                 .crc = 0,
                 .name = {}};
    job.pieces_ = std::make_shared<std::vector<std::byte>>();
    job.source_ = std::move(source);
    return job;
}

beginnings::job_type beginnings::begin_gather(group_id group, log_index index, log_term term, log_offset next_offset,
                                              shared_bytes about, std::uint64_t bytes, std::uint32_t crc,
                                              std::uint64_t offset, shared_bytes piece) {
    auto& known = gathering_[group];
    if (offset == 0) known = {index, std::make_shared<std::vector<std::byte>>()};
    job_type job;
    // A group that was removed took the first pieces with it, and has come again since.
    job.damaged_ = known.pieces == nullptr || known.pieces->size() != offset;
    job.made_ = {.group = group,
                 .base = {index, term, next_offset},
                 .about = std::move(about),
                 .content = {},
                 .crc = crc,
                 .name = {}};
    job.pieces_ = known.pieces;
    job.piece_ = std::move(piece);
    job.bytes_ = bytes;
    return job;
}

std::optional<beginnings::job_type> beginnings::begin_discard(group_id group, log_index kept) {
    auto const known = gathering_.find(group);
    if (known != gathering_.end() && known->second.index < kept) gathering_.erase(known);
    return std::nullopt;
}

result<std::optional<beginnings::whole>> beginnings::finish(job_type& job) {
    if (!job.whole_ && !job.damaged_) return std::nullopt;
    auto const known = gathering_.find(job.made_.group);
    if (known != gathering_.end() && known->second.pieces == job.pieces_) gathering_.erase(known);
    if (job.damaged_) return failure(errc::corrupt_record);
    return std::move(job.made_);
}

}  // namespace broker::partitions
