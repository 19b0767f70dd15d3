// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"
#include <offline/offline.hpp>
#include <server/dump_log.hpp>
#include <wire/batch_builder.hpp>

#include <chronik/base/crc32c.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/wal/journal.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace broker {
namespace {

namespace fs = std::filesystem;
namespace wal = chronik::wal;
using chronik::entry;
using chronik::entry_kind;
using chronik::group_id;
using chronik::shared_bytes;
using nlohmann::json;
using wire::batch_builder;

constexpr group_id metadata_log{1};
constexpr group_id orders_0{metadata::first_partition_group};
constexpr group_id orders_1{orders_0.value + 1};
constexpr group_id gone_0{orders_0.value + 2};

/// A node's data directory: topic orders with two partitions, and topic gone, which is deleted.
class dump_log_test : public testing::Test {
protected:
    struct printed {
        exit_code code;
        std::string out;
        std::string notes;
    };

    dump_log_test() {
        std::string pattern = (fs::temp_directory_path() / "chronik_dump_log_XXXXXX").string();
        root_ = ::mkdtemp(pattern.data());
        where_.emplace(chronik::posix::directory::open_exclusive((root_ / "journal").string()).value());
        wal::options const limits{.segment_bytes = 64 * 1024,
                                  .staged_bytes_max = 64 * 1024,
                                  .spare_segments = 1,
                                  .segments_max = 16,
                                  .groups_max = 16};
        journal_.emplace(wal::journal<chronik::posix::directory>::open(*where_, limits, 1).value());
        for (group_id const group : {metadata_log, orders_0, orders_1, gone_0}) journal_->create_group(group);

        using namespace metadata;
        new_partition const here{{node_id{1}}};
        auto world = tests::world::with_brokers(1);
        auto const orders = tests::a_topic("orders", 1, {here, here});
        world.run(create_topics{tests::asked_by(1), {orders, tests::a_topic("gone", 2)}});
        world.run(delete_topics{tests::asked_by(1), {tests::id_of(2)}});
        for (auto const& each : world.log) append(metadata_log, each);
        metadata_end_ = world.log.back();
    }
    ~dump_log_test() override { fs::remove_all(root_); }

    void append(group_id group, entry const& what) {
        ASSERT_TRUE(journal_->stage(group, std::optional<wal::hard_state>{}, std::span{&what, 1}));
        ASSERT_TRUE(journal_->flush());
        ASSERT_TRUE(journal_->prepare());
    }
    void append_batch(group_id group, std::uint64_t term, std::uint64_t index, std::uint64_t offset,
                      std::uint32_t records, shared_bytes batch) {
        append(group, {{term}, {index}, entry_kind::command, {offset}, records, std::move(batch)});
    }
    void close() {
        ASSERT_TRUE(journal_->close());
        ASSERT_TRUE(journal_->flush());
    }

    static shared_bytes bytes_of(batch_builder const& builder) { return shared_bytes{builder.build()}; }
    static std::string crc_of(std::vector<shared_bytes> const& payloads) {
        std::uint32_t crc = 0;
        for (auto const& each : payloads) crc = chronik::crc32c::extend(crc, each.view());
        return fmt::format("{:08x}", crc);
    }

    printed dump(dump_format format, bool records = true) {
        dump_request request;
        request.format = format;
        request.records = records;
        return dump(std::move(request));
    }
    printed dump(dump_request request) {
        request.data_dir = root_.string();
        return printed_by([&](std::FILE* out, std::FILE* notes) { return dump_log(request, out, notes); });
    }
    printed verify() {
        offline_request request;
        request.data_dir = root_.string();
        request.json = true;
        return printed_by([&](std::FILE* out, std::FILE* notes) { return verify_data(request, out, notes); });
    }
    template <class Command>
    static printed printed_by(Command&& command) {
        char* texts[2] = {};
        std::size_t sizes[2] = {};
        std::FILE* const out = ::open_memstream(&texts[0], &sizes[0]);
        std::FILE* const notes = ::open_memstream(&texts[1], &sizes[1]);
        exit_code const code = command(out, notes);
        std::fclose(out);
        std::fclose(notes);
        printed const result{code, {texts[0], sizes[0]}, {texts[1], sizes[1]}};
        std::free(texts[0]);
        std::free(texts[1]);
        return result;
    }
    static std::vector<json> lines_of(std::string const& text) {
        std::vector<json> lines;
        std::istringstream in{text};
        for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
        return lines;
    }

    std::string read_segment() const {
        std::ifstream in(root_ / "journal" / wal::segment_name(1), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    /// One bit of the only place in the first segment that says `needle`.
    void damage(std::string const& needle) {
        auto const position = read_segment().find(needle);
        ASSERT_NE(position, std::string::npos);
        std::fstream file(root_ / "journal" / wal::segment_name(1), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(position));
        file.put(static_cast<char>(needle[0] ^ 1));
    }

    /// The first segment as a power cut leaves it in the middle of the write that says `needle`: nothing from there on,
    /// the mark that would call it synced included.
    void tear(std::string const& needle) {
        auto segment = read_segment();
        auto const position = segment.find(needle);
        ASSERT_NE(position, std::string::npos);
        std::fill(segment.begin() + static_cast<std::ptrdiff_t>(position), segment.end(), '\0');
        std::ofstream{root_ / "journal" / wal::segment_name(1), std::ios::binary} << segment;
    }

    fs::path root_;
    entry metadata_end_;
    std::optional<chronik::posix::directory> where_;
    std::optional<wal::journal<chronik::posix::directory>> journal_;
};

TEST_F(dump_log_test, json_shows_batches_and_records_and_neither_what_was_truncated_nor_what_was_deleted) {
    auto const first = bytes_of(batch_builder{}.add("a", "one", 1700).add(std::nullopt, "zwei \xc3\xa4", 1701));
    auto const second = bytes_of(
        batch_builder{}.compressed(wire::compression_type::gzip).add("\xff", std::nullopt, 1702));
    append(orders_0, {{1}, {1}, entry_kind::no_op, {}, 0, {}});
    append_batch(orders_0, 1, 2, 0, 2, first);
    append_batch(orders_0, 1, 3, 2, 1, bytes_of(batch_builder{}.add("lost", "lost", 1)));
    append_batch(gone_0, 1, 1, 0, 1, bytes_of(batch_builder{}.add("gone", "gone", 1)));
    append(orders_0, {{2}, {3}, entry_kind::no_op, {2}, 0, {}});
    append_batch(orders_0, 2, 4, 2, 1, second);
    journal_->remove_group(gone_0);
    ASSERT_TRUE(journal_->flush());
    close();

    auto const done = dump(dump_format::json);

    EXPECT_EQ(done.code, exit_code::clean);
    EXPECT_EQ(done.notes, "");
    auto const lines = lines_of(done.out);
    ASSERT_EQ(lines.size(), 5U) << done.out;
    json const batch{{"topic", "orders"}, {"partition", 0}, {"group", 1000},   {"index", 2},
                     {"term", 1},         {"base_offset", 0}, {"records", 2}, {"bytes", first.size()},
                     {"crc32c", crc_of({first})}};
    EXPECT_EQ(lines[0], batch);
    json const record{{"topic", "orders"}, {"partition", 0}, {"offset", 0},
                      {"timestamp", 1700}, {"key", "a"},     {"value", "one"}};
    EXPECT_EQ(lines[1], record);
    EXPECT_EQ(lines[2]["offset"], 1);
    EXPECT_EQ(lines[2]["key"], nullptr);
    EXPECT_EQ(lines[2]["value"], "zwei \xc3\xa4");
    EXPECT_EQ(lines[3]["index"], 4);
    EXPECT_EQ(lines[3]["term"], 2);
    EXPECT_EQ(lines[4]["offset"], 2);
    EXPECT_EQ(lines[4]["timestamp"], 1702);
    EXPECT_EQ(lines[4]["key"], (json{{"base64", "/w=="}}));
    EXPECT_EQ(lines[4]["value"], nullptr);
}

TEST_F(dump_log_test, digest_has_one_line_for_each_partition_with_the_checksum_over_all_batches) {
    auto const first = bytes_of(batch_builder{}.add("a", "one", 1700).add("b", "two", 1701));
    auto const second = bytes_of(batch_builder{}.add("c", "three", 1702));
    append_batch(orders_0, 1, 1, 0, 2, first);
    append_batch(orders_0, 1, 2, 2, 1, second);
    close();

    auto const done = dump(dump_format::digest);

    EXPECT_EQ(done.out, "orders 0 0 3 2 3 " + crc_of({first, second}) + " 1..2\norders 1 0 0 0 0 00000000 1..0\n");
}

TEST_F(dump_log_test, a_compacted_log_begins_where_it_was_cut) {
    append_batch(orders_0, 1, 1, 0, 2, bytes_of(batch_builder{}.add("a", "one", 1700).add("b", "two", 1701)));
    auto const kept = bytes_of(batch_builder{}.add("c", "three", 1702));
    append_batch(orders_0, 1, 2, 2, 1, kept);
    ASSERT_TRUE(journal_->compact(orders_0, {2}));
    ASSERT_TRUE(journal_->flush());
    close();

    auto const done = dump({.data_dir = {}, .topic = "orders", .partition = 0, .format = dump_format::digest});

    EXPECT_EQ(done.out, "orders 0 2 3 1 1 " + crc_of({kept}) + " 2..2\n");
}

TEST_F(dump_log_test, a_log_that_comes_back_has_nothing_of_the_one_before_it) {
    append_batch(orders_0, 1, 1, 0, 1, bytes_of(batch_builder{}.add("a", "before", 1700)));
    ASSERT_TRUE(journal_->replace_log(orders_0, {5}, {1}, {10}));
    ASSERT_TRUE(journal_->flush());
    journal_->remove_group(orders_0);
    ASSERT_TRUE(journal_->flush());
    journal_->create_group(orders_0);
    auto const kept = bytes_of(batch_builder{}.add("b", "after", 1701));
    append_batch(orders_0, 1, 1, 0, 1, kept);
    close();

    auto const done = dump({.data_dir = {}, .topic = "orders", .partition = 0, .format = dump_format::digest});

    EXPECT_EQ(done.code, exit_code::clean) << done.notes;
    EXPECT_EQ(done.out, "orders 0 0 1 1 1 " + crc_of({kept}) + " 1..1\n");
}

TEST_F(dump_log_test, a_log_over_many_segments_is_read_whole) {
    std::vector<shared_bytes> all;
    for (std::uint64_t index = 1; index <= 20; ++index) {
        all.push_back(bytes_of(batch_builder{}.add("k", std::string(9000, 'v'), 1)));
        append_batch(orders_1, 1, index, index - 1, 1, all.back());
    }

    auto const done = dump({.data_dir = {}, .topic = "orders", .partition = 1, .format = dump_format::digest});

    EXPECT_EQ(done.code, exit_code::clean);
    EXPECT_EQ(done.out, "orders 1 0 20 20 20 " + crc_of(all) + " 1..20\n");
    EXPECT_NE(done.notes.find("was not closed"), std::string::npos);
}

TEST_F(dump_log_test, text_is_for_people_and_leaves_records_out_when_asked) {
    auto const batch = bytes_of(batch_builder{}.add("a", "say \"hi\"", 1700));
    append_batch(orders_0, 1, 1, 0, 1, batch);
    close();
    std::string const head = "orders-0: group 1000, offsets 0..1, entries 1..1\n"
                             "  index 1  term 1  base_offset 0  records 1  bytes " +
                             std::to_string(batch.size()) + "  crc32c " + crc_of({batch}) + "\n";
    std::string const rest = "orders-1: group 1001, offsets 0..0, entries 1..0\n";

    EXPECT_EQ(dump(dump_format::text).out, head + "    0  1700  \"a\"  \"say \\\"hi\\\"\"\n" + rest);
    EXPECT_EQ(dump(dump_format::text, false).out, head + rest);
}

TEST_F(dump_log_test, records_that_a_producer_compressed_wrongly_are_named_and_no_damage) {
    auto bytes = batch_builder{}.compressed(wire::compression_type::lz4).add("a", "one", 1).build();
    bytes[wire::batch_at::records] ^= std::byte{0xff};
    append_batch(orders_0, 1, 1, 0, 1, shared_bytes{std::move(bytes)});

    auto const done = dump(dump_format::json);

    EXPECT_EQ(done.code, exit_code::clean);
    auto const lines = lines_of(done.out);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0]["unreadable"], "malformed bytes");
}

TEST_F(dump_log_test, a_torn_tail_is_left_out_and_noted) {
    append_batch(orders_0, 1, 1, 0, 1, bytes_of(batch_builder{}.add("a", "good", 1)));
    append_batch(orders_0, 1, 2, 1, 1, bytes_of(batch_builder{}.add("b", "half-written", 1)));
    tear("half-written");
    auto const before = read_segment();

    auto const done = dump(dump_format::json);

    EXPECT_EQ(done.code, exit_code::clean);
    EXPECT_EQ(lines_of(done.out).size(), 2U) << done.out;
    EXPECT_NE(done.notes.find("the last write was never synced"), std::string::npos) << done.notes;
    EXPECT_EQ(read_segment(), before);
}

TEST_F(dump_log_test, damage_before_the_tail_is_exit_code_3_after_what_is_good) {
    append_batch(orders_0, 1, 1, 0, 1, bytes_of(batch_builder{}.add("a", "good", 1)));
    append_batch(orders_0, 1, 2, 1, 1, bytes_of(batch_builder{}.add("b", "rotten", 1)));
    append_batch(orders_0, 1, 3, 2, 1, bytes_of(batch_builder{}.add("c", "behind", 1)));
    damage("rotten");

    auto const done = dump(dump_format::json);

    EXPECT_EQ(done.code, exit_code::storage);
    auto const lines = lines_of(done.out);
    ASSERT_EQ(lines.size(), 4U) << done.out;
    EXPECT_EQ(lines[0]["index"], 1);
    EXPECT_EQ(lines[1]["value"], "good");
    EXPECT_EQ(lines[2]["index"], 3) << "it is whole, and goes on behind what is not";
    EXPECT_EQ(lines[3]["value"], "behind");
    auto const reason = "the log is damaged: " + wal::segment_name(1) + " at byte ";
    EXPECT_NE(done.notes.find(reason), std::string::npos) << done.notes;
    EXPECT_NE(done.notes.find(", group 1000, entry 2: what was synced here has changed"), std::string::npos)
        << done.notes;
}

TEST_F(dump_log_test, damage_to_one_log_takes_nothing_from_another) {
    append_batch(orders_0, 1, 1, 0, 1, bytes_of(batch_builder{}.add("b", "rotten", 1)));
    auto const before = bytes_of(batch_builder{}.add("a", "before", 1));
    auto const behind = bytes_of(batch_builder{}.add("a", "behind", 1));
    append_batch(orders_1, 1, 1, 0, 1, before);
    append_batch(orders_1, 1, 2, 1, 1, behind);
    damage("rotten");

    auto const done = dump(dump_format::digest);

    EXPECT_EQ(done.code, exit_code::storage);
    EXPECT_EQ(done.out, "orders 0 0 0 0 0 00000000 1..0\norders 1 0 2 2 2 " + crc_of({before, behind}) + " 1..2\n");
}

TEST_F(dump_log_test, a_full_segment_that_is_missing_is_damage) {
    for (std::uint64_t index = 1; index <= 20; ++index)
        append_batch(orders_1, 1, index, index - 1, 1, bytes_of(batch_builder{}.add("k", std::string(9000, 'v'), 1)));
    fs::remove(root_ / "journal" / wal::segment_name(2));

    auto const done = dump(dump_format::digest);

    EXPECT_EQ(done.code, exit_code::storage);
    EXPECT_NE(done.notes.find("is missing"), std::string::npos) << done.notes;
    EXPECT_NE(done.out.find("orders 1 0 20 "), std::string::npos) << done.out;
}

TEST_F(dump_log_test, metadata_that_a_newer_release_wrote_are_named_by_dump_log_and_by_verify) {
    append_batch(orders_0, 1, 1, 0, 1, bytes_of(batch_builder{}.add("a", "b", 1)));
    auto newer = metadata_end_;
    newer.index = newer.index + 1;
    newer.payload = shared_bytes::copy_of(std::string_view{"\x63\x00\x00", 3});
    append(metadata_log, newer);
    append_batch(orders_0, 1, 2, 1, 1, bytes_of(batch_builder{}.add("c", "d", 1)));
    close();

    auto const done = dump(dump_format::digest);

    EXPECT_EQ(done.code, exit_code::storage);
    EXPECT_NE(done.out.find("orders 0 0 2 "), std::string::npos) << "its name was told before\n" << done.out;
    auto const where = fmt::format(", group 1, entry {}: the entry is no command that this release knows",
                                   newer.index.value);
    EXPECT_NE(done.notes.find(where), std::string::npos) << done.notes;

    where_.reset();
    auto const verified = verify();

    EXPECT_EQ(verified.code, exit_code::storage);
    auto const lines = lines_of(verified.out);
    auto const told = std::ranges::find_if(lines, [](json const& line) { return line.value("kind", "") == "unknown"; });
    ASSERT_NE(told, lines.end()) << verified.out;
    EXPECT_EQ((*told)["file"], wal::segment_name(1));
    EXPECT_GT((*told)["position"], 4096);
    EXPECT_EQ((*told)["index"], newer.index.value);
    EXPECT_EQ((*told)["refused"], true);
}

TEST_F(dump_log_test, a_directory_without_a_journal_is_exit_code_2) {
    fs::remove_all(root_ / "journal");

    auto const done = dump(dump_format::text);

    EXPECT_EQ(done.code, exit_code::configuration);
    auto const reason = "cannot read the journal " + root_.string() + "/journal: No such file";
    EXPECT_NE(done.notes.find(reason), std::string::npos) << done.notes;
}

TEST(dump_log_options, every_option_is_understood_and_a_wrong_one_is_exit_code_2) {
    auto const read = [](std::vector<char const*> words) { return read_dump_options(words); };

    auto const all =
        read({"--data-dir", "/d", "--topic", "t", "--partition", "3", "--format", "digest", "--no-records"});
    ASSERT_TRUE(all) << all.error().text;
    EXPECT_EQ(all->request.data_dir, "/d");
    EXPECT_EQ(all->request.topic, "t");
    EXPECT_EQ(all->request.partition, 3U);
    EXPECT_EQ(all->request.format, dump_format::digest);
    EXPECT_FALSE(all->request.records);

    auto const few = read({"--data-dir", "/d"});
    ASSERT_TRUE(few);
    EXPECT_EQ(few->request.topic, std::nullopt);
    EXPECT_EQ(few->request.format, dump_format::text);
    EXPECT_TRUE(few->request.records);

    EXPECT_EQ(read({}).error().code, exit_code::configuration);
    EXPECT_EQ(read({"--data-dir", "/d", "--format", "xml"}).error().code, exit_code::configuration);
    EXPECT_EQ(read({"--data-dir", "/d", "--partition", "-1"}).error().code, exit_code::configuration);
    EXPECT_EQ(read({"--data-dir", "/d", "more"}).error().code, exit_code::configuration);
    EXPECT_NE(read({"--help"})->text->find("not committed yet"), std::string::npos);
}

}  // namespace
}  // namespace broker
