// SPDX-License-Identifier: Apache-2.0
#include <chronik/wal/settled_reader.hpp>

#include "settled_log_fixture.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <set>
#include <string>

namespace chronik::wal {
namespace {

using bytes_view = std::span<std::byte const>;
constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

/// Memory that may be looked at only where somebody has asked: anything else ends the test.
class guarded_memory {
public:
    shared_bytes keep(bytes_view bytes) {
        std::size_t const size = (bytes.size() + page - 1) / page * page;
        void* const start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        EXPECT_NE(start, MAP_FAILED);
        std::memcpy(start, bytes.data(), bytes.size());
        std::shared_ptr<void const> const owner{
            start, [size](void const* mapped) { ::munmap(const_cast<void*>(mapped), size); }};
        auto const* const first = static_cast<std::byte const*>(start);
        places_.emplace_back(owner, bytes_view{first, size});
        return shared_bytes{owner, bytes_view{first, bytes.size()}};
    }
    void close() {
        for (auto const& each : places_) protect(each.view(), PROT_NONE);
    }
    void open(bytes_view bytes) {
        auto const before = reinterpret_cast<std::uintptr_t>(bytes.data()) % page;
        protect({bytes.data() - before, bytes.size() + before}, PROT_READ);
    }

private:
    static constexpr std::size_t page = 4096;

    static void protect(bytes_view bytes, int how) {
        EXPECT_EQ(::mprotect(const_cast<std::byte*>(bytes.data()), bytes.size(), how), 0);
    }

    std::vector<shared_bytes> places_;
};

struct wal_settled_reader : ::testing::Test {
    tests::settled_log settled;
    guarded_memory memory;

    group_log const& log() const { return settled.log(); }

    /// The runs once more, in memory that is closed.
    std::vector<settled_run_ptr> guarded_runs() {
        std::vector<settled_run_ptr> runs;
        for (auto const& each : log().settled()) {
            auto const file = settled.files.open(each->name().rows(), access::read);
            auto const rows = file->map();
            auto opened = settled_segment::open(each->name(), memory.keep(rows->view()),
                                                memory.keep(each->data().view()), each->last_index());
            EXPECT_TRUE(opened);
            runs.push_back(std::make_shared<settled_segment const>(std::move(*opened)));
        }
        memory.close();
        return runs;
    }
    auto opening() {
        return [this](bytes_view asked) {
            memory.open(asked);
            return result<void>{};
        };
    }
    /// Every entry with a payload that a reader gives.
    template <class Ready>
    std::vector<entry> read_all(settled_reader<Ready>& reader) {
        std::vector<entry> read;
        for (auto row = reader.next(all); row && *row; row = reader.next(all)) {
            auto item = reader.read(**row);
            EXPECT_TRUE(item);
            read.push_back(std::move(*item));
        }
        return read;
    }
    /// They are all that is settled.
    void expect_all(std::vector<entry> const& read) {
        ASSERT_EQ(read.size(), log().floor().index - log().base_index());
        for (auto const& each : read) EXPECT_EQ(each, *log().read(each.index));
        EXPECT_EQ(read.front().index, log().first_index());
        EXPECT_EQ(read.back().index, log().floor().index);
    }
};

}  // namespace

TEST_F(wal_settled_reader, looks_at_nothing_that_it_has_not_asked_about) {
    auto const runs = guarded_runs();
    settled_reader reader{std::span<settled_run_ptr const>{runs}, log_offset{}, opening()};

    auto const read = read_all(reader);

    EXPECT_TRUE(reader.at_end());
    expect_all(read);
}

TEST_F(wal_settled_reader, begins_with_the_entry_that_has_the_record) {
    auto const always = [](bytes_view) { return result<void>{}; };
    for (log_offset at{}; at < log().floor().next_offset; at = at + 7) {
        settled_reader reader{log().settled_from(at), at, always};
        auto const row = reader.next(1);
        ASSERT_TRUE(row && *row) << at.value;
        EXPECT_EQ(log().index_of_offset(at), (*row)->index) << at.value;
    }
}

TEST_F(wal_settled_reader, what_was_not_ready_is_given_when_it_is) {
    std::size_t asked = 0;
    settled_reader reader{log().settled_from({}), log_offset{}, [&](bytes_view) {
                              return ++asked % 3 == 0 ? result<void>{} : result<void>{failure(errc::busy)};
                          }};

    std::vector<entry> read;
    std::size_t refused = 0;
    while (!reader.at_end()) {
        auto const row = reader.next(all);
        if (row && *row) read.push_back(*reader.read(**row));
        if (!row) {
            EXPECT_EQ(row.error(), errc::busy);
            ++refused;
        }
    }

    EXPECT_GT(refused, 2 * log().settled().size());
    expect_all(read);
}

TEST_F(wal_settled_reader, asks_about_payloads_in_pieces_and_not_beyond_what_is_wanted) {
    auto const& run = *log().settled().front();
    std::vector<std::size_t> pieces;
    auto const note = [&](bytes_view asked) {
        auto const* const data = run.data().data();
        if (asked.data() >= data && asked.data() < data + run.data_bytes()) pieces.push_back(asked.size());
        return result<void>{};
    };
    settled_reader reader{log().settled_from({}), log_offset{}, note, 1000};

    std::size_t taken = 0;
    while (taken < 2500) taken += (*reader.next(2500 - taken))->length;

    ASSERT_GE(pieces.size(), 3U);
    EXPECT_EQ(pieces[0], 1000U);
    std::size_t sum = 0;
    for (auto const each : pieces) sum += each;
    EXPECT_GE(sum, taken);
    EXPECT_LT(sum, taken + 1000);
}

TEST_F(wal_settled_reader, markers_of_a_cleaned_run_are_passed) {
    auto runs = settled.stored.cleanable(settled.group);
    ASSERT_GT(runs.size(), 2U);
    runs.resize(2);
    auto const last = runs.back()->last_index();
    auto job = settled.stored.begin_cleaning(std::move(runs));
    auto const keep_tenth = [](entry const& each) -> result<std::optional<shared_bytes>> {
        return each.index.value % 10 == 0 ? std::optional{each.payload} : std::nullopt;
    };
    while (!*job.step(5000, keep_tenth)) {}
    ASSERT_TRUE(job.finish(last));
    ASSERT_TRUE(settled.stored.finish_cleaning(job));

    auto const cleaned = guarded_runs();
    settled_reader reader{std::span<settled_run_ptr const>{cleaned}, log_offset{3}, opening()};
    std::vector<std::uint64_t> found;
    for (auto row = reader.next(all); row && *row && (*row)->index <= last; row = reader.next(all))
        found.push_back((*row)->index.value);

    ASSERT_EQ(found.size(), last.value / 10);
    for (std::size_t each = 0; each < found.size(); ++each) EXPECT_EQ(found[each], (each + 1) * 10);
}

TEST_F(wal_settled_reader, what_a_visit_has_asked_about_can_be_read_without_asking) {
    auto const runs = guarded_runs();
    // Over the end of one run, into the next.
    log_offset const from = settled.first_offset_of(1) - 20;
    auto const range = settled_range_of(std::span<settled_run_ptr const>{runs}.first(2), from, 5000);

    auto const visit = visit_settled(range, opening());

    EXPECT_FALSE(visit.error);
    EXPECT_GE(visit.bytes, 5000U);
    auto const always = [](bytes_view) { return result<void>{}; };
    settled_reader reader{std::span<settled_run_ptr const>{range.runs}, from, always};
    std::uint64_t read = 0;
    while (read < 5000) {
        auto const row = reader.next(5000 - static_cast<std::size_t>(read));
        ASSERT_TRUE(row && *row);
        EXPECT_TRUE(reader.read(**row));
        read += (*row)->length;
    }
    EXPECT_EQ(read, visit.bytes);
}

TEST_F(wal_settled_reader, a_visit_says_which_file_could_not_be_read) {
    auto const range = settled_range_of(log().settled_from({}), {}, 100'000);
    auto const& second = *log().settled()[1];
    auto const failing_at = [&](bytes_view where) {
        return visit_settled(range, [where](bytes_view asked) {
            bool const hit = asked.data() < where.data() + where.size() && where.data() < asked.data() + asked.size();
            return hit ? result<void>{std::unexpected(std::make_error_code(std::errc::io_error))} : result<void>{};
        });
    };

    auto const rows = failing_at(second.block_of_row(0));
    EXPECT_EQ(rows.error, std::errc::io_error);
    EXPECT_EQ(rows.file, second.name().rows());
    EXPECT_EQ(rows.bytes, log().settled()[0]->data_bytes());
    EXPECT_EQ(rows.last, log().settled()[0]->last_index());

    auto const data = failing_at(second.data().view().subspan(second.data_bytes() - 1, 1));
    EXPECT_EQ(data.error, std::errc::io_error);
    EXPECT_EQ(data.file, second.name().data());
    EXPECT_EQ(data.last, second.last_index() - 1) << "all before the damage";
    EXPECT_EQ(data.bytes, rows.bytes + second.data_bytes() - second.row(second.last_index())->length);

    auto const first = failing_at(log().settled()[0]->data().view().first(1));
    EXPECT_EQ(first.error, std::errc::io_error);
    EXPECT_EQ(first.bytes, 0U);
    EXPECT_EQ(first.last, log_index{});
}

TEST_F(wal_settled_reader, a_range_has_no_more_runs_than_it_needs) {
    auto const runs = log().settled_from({});
    auto const second = static_cast<std::size_t>(runs[1]->data_bytes());

    EXPECT_EQ(settled_range_of(runs, {}, 1).runs.size(), 2U) << "the record may be the last of its run";
    EXPECT_EQ(settled_range_of(runs, {}, second + 1).runs.size(), 3U);
    EXPECT_EQ(settled_range_of(runs.last(1), {}, 1).runs.size(), 1U);
    EXPECT_TRUE(settled_range_of({}, {}, 1).runs.empty());
}

TEST_F(wal_settled_reader, a_log_gives_its_settled_runs_from_an_offset) {
    EXPECT_EQ(log().settled_from({}).size(), log().settled().size());
    EXPECT_EQ(log().settled_from(settled.first_offset_of(2)).front(), log().settled()[2]);
    EXPECT_EQ(log().settled_from(settled.first_offset_of(2) - 1).front(), log().settled()[1]);
    EXPECT_TRUE(log().settled_from(log().floor().next_offset).empty());
}

TEST_F(wal_settled_reader, begins_with_an_entry_as_well) {
    auto const always = [](bytes_view) { return result<void>{}; };
    for (log_index at = log().first_index(); at <= log().floor().index; at = at + 13) {
        settled_reader reader{log().settled_from_entry(at), at, always};
        auto const row = reader.next(1);
        ASSERT_TRUE(row && *row) << at.value;
        EXPECT_EQ((*row)->index, at);
    }
    EXPECT_TRUE(log().settled_from_entry(log().floor().index + 1).empty());
    auto const first = settled_range_of(log().settled_from_entry({1}), log_index{1}, 1);
    EXPECT_EQ(visit_settled(first, always).last, log_index{1});
    auto const rest = settled_range_of(log().settled_from_entry({5}), log_index{5}, all);
    EXPECT_EQ(visit_settled(rest, always).last, log().floor().index);
}

TEST_F(wal_settled_reader, a_log_tells_what_is_at_hand_and_that_can_be_read_without_asking) {
    settled.holds = [](bytes_view) { return false; };
    EXPECT_FALSE(log().is_at_hand(log().first_index()));
    EXPECT_FALSE(log().is_at_hand(log().floor().index));
    EXPECT_TRUE(log().is_at_hand(log().floor().index + 1)) << "in the journal";

    auto runs = settled.stored.cleanable(settled.group);
    ASSERT_GT(runs.size(), 1U);
    runs.resize(1);
    auto const last = runs.back()->last_index();
    auto job = settled.stored.begin_cleaning(std::move(runs));
    auto const keep_tenth = [](entry const& each) -> result<std::optional<shared_bytes>> {
        return each.index.value % 10 == 0 ? std::optional{each.payload} : std::nullopt;
    };
    while (!*job.step(5000, keep_tenth)) {}
    ASSERT_TRUE(job.finish(last));
    ASSERT_TRUE(settled.stored.finish_cleaning(job));
    for (auto const& run : guarded_runs()) {
        memory.close();
        for (log_index at = run->first_index(); at <= run->last_index(); at = at + 7) {
            auto const open = [&](bytes_view asked) {
                memory.open(asked);
                return true;
            };
            EXPECT_TRUE(run->is_at_hand(at, open));
            EXPECT_TRUE(run->read(at));
        }
    }
}

TEST_F(wal_settled_reader, where_a_term_begins_is_known_without_touching_a_file) {
    for (log_index at = log().first_index(); at <= log().floor().index; ++at)
        EXPECT_EQ(log().settled_offset_at(at), log().read(at)->base_offset) << at.value;

    std::size_t begun = 0;
    for (auto const& run : guarded_runs()) {
        for (log_index at = run->first_index(); at <= run->last_index(); ++at) {
            if (at.value % 300 != 0) continue;
            EXPECT_EQ(run->offset_at(at), log_offset{(at.value - 1) * 2});
            ++begun;
        }
    }
    EXPECT_GT(begun, 1U);
}

TEST_F(wal_settled_reader, the_term_of_a_record_is_known_without_touching_a_file) {
    for (log_offset at{}; at < log().floor().next_offset; at = at + 1)
        EXPECT_EQ(log().settled_term_of(at), log().read(*log().index_of_offset(at))->term) << at.value;

    std::set<log_term> terms;
    for (auto const& run : guarded_runs()) {
        for (log_offset at = run->before().next_offset; at < run->end().next_offset; at = at + 1) {
            EXPECT_EQ(run->term_of(at), log_term{1 + (at.value / 2 + 1) / 300}) << at.value;
            terms.insert(run->term_of(at));
        }
    }
    EXPECT_GT(terms.size(), 2U);
}

}  // namespace chronik::wal
