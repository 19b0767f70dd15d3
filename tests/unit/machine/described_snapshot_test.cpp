// SPDX-License-Identifier: Apache-2.0
#include <chronik/machine/described_snapshot.hpp>

#include <laws/snapshot_laws.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace chronik;
using schema::field;

struct words {
    std::vector<std::string> said;
    std::uint32_t shouted = 0;
    static constexpr auto schema =
        boost::hana::make_tuple(field<"said", &words::said>{}, field<"shouted", &words::shouted, schema::since(1)>{});
    bool operator==(words const&) const = default;
};

struct listener {
    using result_type = std::size_t;
    words heard{};

    result_type apply(entry const& committed) {
        heard.said.emplace_back(committed.payload.text());
        return heard.said.size();
    }
    machine::one_chunk snapshot() const { return machine::described_snapshot(heard, 1); }
    result<void> restore(shared_bytes const& bytes) { return machine::restore_described(heard, bytes, 1); }
};
static_assert(machine::snapshottable<listener>);

TEST(described_snapshot, keeps_the_laws_of_snapshots) {
    std::vector<entry> commands;
    for (auto const* word : {"a", "few", "words", ""})
        commands.push_back({log_term{1}, log_index{commands.size() + 1}, entry_kind::command, {}, 0,
                            shared_bytes::copy_of(word)});
    laws::snapshot_laws([] { return listener{}; }, commands, shared_bytes::copy_of("\1nonsense"));
}

TEST(described_snapshot, begins_with_its_version) {
    auto const bytes = laws::joined(machine::described_snapshot(words{{"a"}, 7}, 1));
    EXPECT_EQ(bytes.text(), std::string_view("\1\2\2a\7\0\0\0", 8));
}

TEST(described_snapshot, of_an_older_release_is_understood_and_of_a_newer_one_refused) {
    auto const old = laws::joined(machine::described_snapshot(words{{"a", "b"}, 0}, 0));
    words state{{"else"}, 9};
    ASSERT_TRUE(machine::restore_described(state, old, 1));
    EXPECT_EQ(state, (words{{"a", "b"}, 0}));

    auto const newer = laws::joined(machine::described_snapshot(state, 1));
    EXPECT_EQ(machine::restore_described(state, newer, 0).error(), errc::unsupported_version);
}

TEST(described_snapshot, with_bytes_behind_it_is_malformed) {
    std::string bytes{laws::joined(machine::described_snapshot(words{})).text()};
    words state;
    EXPECT_EQ(machine::restore_described(state, shared_bytes::copy_of(bytes + "x")).error(), errc::malformed);
    EXPECT_EQ(machine::restore_described(state, {}).error(), errc::malformed);
}

}  // namespace
