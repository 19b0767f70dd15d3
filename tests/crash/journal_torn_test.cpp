// SPDX-License-Identifier: Apache-2.0
#include "journal_script.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>

namespace chronik::crash {
namespace {

constexpr std::size_t sector_bytes = 512;
using image = std::vector<std::byte>;

entry command(std::uint64_t index, std::size_t size) {
    return {.term = {1},
            .index = {index},
            .kind = entry_kind::command,
            .base_offset = {index - 1},
            .record_count = 1,
            .payload = payload_of({1}, {index}, {1}, size)};
}

/// A journal with finished flushes and one whose sync has not returned, as the bytes that the medium may hold.
///
/// synced     at the last sync, without the mark that was written after it
/// marked     with it
/// written    with the bytes of the flush under way
template <class Composed>
struct torn_flush {
    testing::disk disk{1};
    image synced;
    image marked;
    image written;
    model finished;
    model whole;

    /// sizes   of the entries of the flush under way
    explicit torn_flush(std::vector<std::size_t> const& sizes, std::size_t finished_size) {
        auto files = disk.directory();
        auto journal = Composed::journal::open(files, small_options(), 1);
        journal->create_group({1});
        for (std::uint64_t index = 1; index <= 3; ++index) {
            stage(*journal, {command(index, finished_size + index)});
            EXPECT_TRUE(journal->sync());
        }
        finished = read_all(*journal);
        marked = *disk.bytes(file());
        synced = marked;
        auto const header = wal::decode_segment_header(std::span{marked}.first<wal::header_copy_bytes>());
        auto const end = wal::scan(marked, *header, [](auto const&) {}).position;
        std::fill_n(synced.begin() + static_cast<std::ptrdiff_t>(end - wal::record_header_bytes),
                    wal::record_header_bytes, std::byte{0});

        whole = finished;
        std::vector<entry> entries;
        for (auto size : sizes) {
            entries.push_back(command(4 + entries.size(), size));
            whole[1].entries[entries.back().index.value] = entries.back();
        }
        stage(*journal, entries);
        journal->sync_next();
        auto job = journal->begin_flush();
        disk.power_off_after(1);
        job->run();
        written = *disk.bytes(file());
    }

    static std::string file() { return wal::segment_name(1); }

    static void stage(auto& journal, std::vector<entry> const& entries) {
        EXPECT_TRUE(journal.stage(group_id{1}, std::optional<wal::hard_state>{{log_term{1}, node_id{2}}}, entries));
    }

    /// Recovers from `bytes` and says how many entries are there; fails the test unless it is a prefix of what was
    /// staged with everything that was finished.
    std::size_t recover(image bytes) const {
        testing::disk tried = disk.copy(1);
        *tried.bytes(file()) = std::move(bytes);
        auto files = tried.directory();
        wal::recovery_report report;
        auto const recovered = Composed::journal::open(files, small_options(), 9, &report);
        EXPECT_TRUE(recovered) << report.what << " at " << report.position;
        if (!recovered) return 0;
        auto seen = read_all(*recovered);
        auto const count = seen[1].entries.size();
        auto expected = whole;
        expected[1].entries.erase(expected[1].entries.upper_bound(count), expected[1].entries.end());
        EXPECT_GE(count, finished.at(1).entries.size());
        EXPECT_TRUE(script::same(seen, expected));
        return count;
    }

    std::vector<std::size_t> sectors_that_differ() const {
        std::vector<std::size_t> differ;
        for (std::size_t at = 0; at < synced.size(); at += sector_bytes) {
            auto const same = [&](image const& other) {
                return std::equal(synced.begin() + static_cast<std::ptrdiff_t>(at),
                                  synced.begin() + static_cast<std::ptrdiff_t>(at + sector_bytes),
                                  other.begin() + static_cast<std::ptrdiff_t>(at));
            };
            if (!same(marked) || !same(written)) differ.push_back(at);
        }
        return differ;
    }
};

/// Calls `tried` with every mixture: each unsynced sector as it was at the sync, after the mark, or after the write.
template <class Composed>
std::size_t for_every_mixture(torn_flush<Composed> const& flush, std::function<void(image const&)> const& tried) {
    auto const sectors = flush.sectors_that_differ();
    std::array<image const*, 3> const images{&flush.synced, &flush.marked, &flush.written};
    std::size_t mixtures = 1;
    for (std::size_t i = 0; i < sectors.size(); ++i) mixtures *= 3;
    for (std::size_t mixture = 0; mixture < mixtures; ++mixture) {
        image bytes = flush.synced;
        std::size_t rest = mixture;
        for (auto at : sectors) {
            image const& from = *images[rest % images.size()];
            rest /= images.size();
            std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(at), sector_bytes,
                        bytes.begin() + static_cast<std::ptrdiff_t>(at));
        }
        tried(bytes);
    }
    return mixtures;
}

template <class Composed>
class journal_torn : public ::testing::Test {};
TYPED_TEST_SUITE(journal_torn, laws::journal_compositions, laws::composition_names);

}  // namespace

TYPED_TEST(journal_torn, at_every_byte_of_the_write_under_way_nothing_finished_is_lost) {
    for (std::size_t finished_size : {40U, 300U}) {
        torn_flush<TypeParam> const flush{{90, 700, 10}, finished_size};
        auto const [first, other] = std::ranges::mismatch(flush.synced, flush.written);
        auto const begin = static_cast<std::size_t>(first - flush.synced.begin());
        std::size_t most = 0;
        for (std::size_t cut = begin; cut < begin + 2048; ++cut) {
            image bytes = flush.marked;
            std::copy_n(flush.written.begin(), cut, bytes.begin());
            most = std::max(most, flush.recover(std::move(bytes)));
            if (::testing::Test::HasFailure()) FAIL() << "at byte " << cut;
        }
        EXPECT_EQ(most, flush.whole.at(1).entries.size());
    }
}

TYPED_TEST(journal_torn, with_every_mixture_of_unsynced_sectors_nothing_finished_is_lost) {
    // Where the finished log ends decides how the mark lies in its sectors: in one, and across two.
    for (std::size_t finished_size : {40U, 90U, 110U, 118U}) {
        torn_flush<TypeParam> const flush{{90, 900, 10, 200}, finished_size};
        ASSERT_GE(flush.sectors_that_differ().size(), 4U);
        std::size_t whole = 0;
        auto const tried = for_every_mixture(flush, [&](image const& bytes) {
            whole += flush.recover(bytes) == flush.whole.at(1).entries.size() ? 1U : 0U;
            ASSERT_FALSE(::testing::Test::HasFailure());
        });
        EXPECT_GE(tried, 81U);
        EXPECT_GE(whole, 1U);
    }
}

TYPED_TEST(journal_torn, a_finished_entry_that_changed_is_reported_whatever_is_left_of_the_write_under_way) {
    // Reported as long as the sector where the finished log ends tells that it was synced: by the mark or by the first
    // record of the next flush. Only a tear through the mark itself leaves the question open.
    torn_flush<TypeParam> const flush{{90, 900, 10, 200}, 40};
    auto const header = wal::decode_segment_header(std::span{flush.marked}.template first<wal::header_copy_bytes>());
    std::vector<std::size_t> ends;
    (void)wal::scan(flush.marked, *header, [&](wal::record_view const& each) { ends.push_back(each.position); });
    std::size_t const mark = ends.back();
    std::size_t reported = 0;
    std::size_t open = 0;
    for_every_mixture(flush, [&](image bytes) {
        auto const vouches = [&](std::size_t at) {
            auto const record = wal::read_record(bytes, header->salt, static_cast<std::uint32_t>(at));
            return record && record->flush_start == mark;
        };
        bool vouched = vouches(mark);
        for (std::size_t at = mark; at < mark + 4096; at += wal::record_alignment) vouched = vouched || vouches(at);
        bytes[mark - 20] ^= std::byte{1};
        testing::disk tried = flush.disk.copy(1);
        *tried.bytes(torn_flush<TypeParam>::file()) = bytes;
        auto files = tried.directory();
        bool const recovered = TypeParam::journal::open(files, small_options(), 9).has_value();
        ASSERT_EQ(recovered, !vouched);
        ++(recovered ? open : reported);
    });
    EXPECT_GT(reported, 2 * open);
}

}  // namespace chronik::crash
