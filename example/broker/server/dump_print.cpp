// SPDX-License-Identifier: Apache-2.0
#include <server/dump_print.hpp>

#include <partitions/machine.hpp>
#include <wire/records.hpp>

#include <chronik/base/crc32c.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace broker {
namespace {

using json = nlohmann::ordered_json;

using partitions::is_batch;

std::string checksum_text(std::uint32_t crc) { return fmt::format("{:08x}", crc); }

/// A batch's records; the views are into the entry's payload or into `plain`.
///
/// unreadable   why there are none: brokers do not decompress, so it is the producer's doing and no damage
struct contents {
    wire::plain_records plain;
    std::vector<wire::record_view> records;
    std::string unreadable;
};

contents read_records(wire::batch_view const& batch) {
    contents found;
    auto plain = wire::decompressed(batch);
    if (!plain) {
        found.unreadable = plain.error().message();
        return found;
    }
    found.plain = std::move(*plain);
    wire::record_cursor cursor{found.plain.bytes, batch.record_count()};
    while (auto record = cursor.next()) found.records.push_back(std::move(*record));
    if (cursor.finished()) return found;
    found.records.clear();
    found.unreadable = "records that contradict the batch's header";
    return found;
}

std::int64_t offset_of(chronik::entry const& entry, wire::record_view const& record) {
    return static_cast<std::int64_t>(entry.base_offset.value) + record.offset_delta;
}

std::int64_t timestamp_of(wire::batch_view const& batch, wire::record_view const& record) {
    // Both come from the producer, and their sum may lie outside the numbers there are.
    auto const sum =
        static_cast<std::uint64_t>(batch.base_timestamp()) + static_cast<std::uint64_t>(record.timestamp_delta);
    return batch.is_log_append_time() ? batch.max_timestamp() : static_cast<std::int64_t>(sum);
}

/// Calls visit(entry, batch, contents) for every batch; `records` says whether the contents are read.
template <class Visit>
void for_each_batch(dumped_log const& what, bool records, dump_damage& damage, Visit&& visit) {
    what.log.for_each(damage.found, [&](chronik::entry const& entry) {
        if (!is_batch(entry)) return;
        auto const batch = wire::batch_view::parse(entry.payload.view());
        if (batch) {
            visit(entry, *batch, records ? read_records(*batch) : contents{});
        } else {
            damage.add_unread(fmt::format("entry {} of {}-{} is no record batch", entry.index.value, what.topic,
                                          what.partition));
        }
    });
}

/// Shortest forms only, no surrogates, nothing beyond U+10FFFF: what a strict JSON reader takes.
bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        auto const lead = static_cast<unsigned char>(text[at++]);
        if (lead < 0x80) continue;
        std::size_t const more = lead >= 0xc2 && lead <= 0xdf   ? 1
                                 : lead >= 0xe0 && lead <= 0xef ? 2
                                 : lead >= 0xf0 && lead <= 0xf4 ? 3
                                                                : 0;
        if (more == 0 || text.size() - at < more) return false;
        auto const second = static_cast<unsigned char>(text[at]);
        unsigned const low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        unsigned const high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
        if (second < low || second > high) return false;
        for (std::size_t nth = 1; nth < more; ++nth) {
            if ((static_cast<unsigned char>(text[at + nth]) & 0xc0) != 0x80) return false;
        }
        at += more;
    }
    return true;
}

std::string base64(std::span<std::byte const> bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL writes an end mark
    // Far below INT_MAX: wire::uncompressed_bytes_max bounds what a batch can hold.
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<unsigned char const*>(bytes.data()),
                    static_cast<int>(bytes.size()));
    text.pop_back();
    return text;
}

json value_of(wire::optional_bytes const& bytes) {
    if (!bytes) return nullptr;
    std::string_view const text{reinterpret_cast<char const*>(bytes->data()), bytes->size()};
    if (is_utf8(text)) return text;
    return json{{"base64", base64(*bytes)}};
}

void print_line(json const& line, std::FILE* out) { fmt::print(out, "{}\n", line.dump()); }

}  // namespace

void print_json(dumped_log const& what, bool records, std::FILE* out, dump_damage& damage) {
    for_each_batch(what, records, damage, [&](auto const& entry, auto const& batch, contents const& held) {
        json line{{"topic", what.topic},
                  {"partition", what.partition},
                  {"group", what.log.group().value},
                  {"index", entry.index.value},
                  {"term", entry.term.value},
                  {"base_offset", entry.base_offset.value},
                  {"records", batch.record_count()},
                  {"bytes", entry.payload.size()},
                  {"crc32c", checksum_text(chronik::crc32c::value(entry.payload.view()))}};
        if (!held.unreadable.empty()) line["unreadable"] = held.unreadable;
        print_line(line, out);
        for (auto const& record : held.records) {
            print_line({{"topic", what.topic},
                        {"partition", what.partition},
                        {"offset", offset_of(entry, record)},
                        {"timestamp", timestamp_of(batch, record)},
                        {"key", value_of(record.key)},
                        {"value", value_of(record.value)}},
                       out);
        }
    });
}

void print_text(dumped_log const& what, bool records, std::FILE* out, dump_damage& damage) {
    auto const& log = what.log;
    auto const end = log.end();
    fmt::print(out, "{}-{}: group {}, offsets {}..{}, entries {}..{}\n", what.topic, what.partition, log.group().value,
               log.base().next_offset.value, end.next_offset.value, log.first_index().value, end.index.value);
    for_each_batch(what, records, damage, [&](auto const& entry, auto const& batch, contents const& held) {
        fmt::print(out, "  index {}  term {}  base_offset {}  records {}  bytes {}  crc32c {}{}{}\n", entry.index.value,
                   entry.term.value, entry.base_offset.value, batch.record_count(), entry.payload.size(),
                   checksum_text(chronik::crc32c::value(entry.payload.view())),
                   held.unreadable.empty() ? "" : "  unreadable: ", held.unreadable);
        for (auto const& record : held.records) {
            fmt::print(out, "    {}  {}  {}  {}\n", offset_of(entry, record), timestamp_of(batch, record),
                       value_of(record.key).dump(), value_of(record.value).dump());
        }
    });
}

void print_digest(dumped_log const& what, std::FILE* out, dump_damage& damage) {
    std::uint64_t batches = 0;
    std::uint64_t records = 0;
    std::uint32_t crc = 0;
    what.log.for_each(damage.found, [&](chronik::entry const& entry) {
        if (!is_batch(entry)) return;
        ++batches;
        auto const batch = wire::batch_view::parse(entry.payload.view());
        records += batch ? static_cast<std::uint64_t>(batch->record_count()) : 0;
        crc = chronik::crc32c::extend(crc, entry.payload.view());
    });
    auto const end = what.log.end();
    fmt::print(out, "{} {} {} {} {} {} {} {}..{}\n", what.topic, what.partition, what.log.base().next_offset.value,
               end.next_offset.value, batches, records, checksum_text(crc), what.log.first_index().value,
               end.index.value);
}

}  // namespace broker
