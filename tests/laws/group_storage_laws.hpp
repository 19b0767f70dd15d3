// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "log_view_laws.hpp"

#include <chronik/node/concepts.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// What every model of group_storage keeps: docs/concepts/group_storage.md. Each law is given a storage that is empty.
namespace chronik::laws {

/// Entries of these terms from `first` on, each with one record.
inline std::vector<entry> entries_of(std::uint64_t first, std::initializer_list<std::uint64_t> terms) {
    std::vector<entry> made;
    for (std::uint64_t const term : terms) {
        std::uint64_t const index = first + made.size();
        made.push_back({log_term{term}, log_index{index}, entry_kind::command, log_offset{index - 1}, 1,
                        shared_bytes::copy_of("entry " + std::to_string(index) + " of " + std::to_string(term))});
    }
    return made;
}

template <group_storage Storage>
result<void> stage(Storage& storage, group_id group, std::optional<raft::hard_state> const& state,
                   std::vector<entry> const& entries) {
    return storage.stage(group, state, std::span<entry const>{entries});
}

template <group_storage Storage>
void flush(Storage& storage) {
    if (auto prepare = storage.begin_prepare()) {
        prepare->run();
        ASSERT_TRUE(storage.finish_prepare(std::move(*prepare)));
    }
    auto job = storage.begin_flush();
    ASSERT_TRUE(job);
    job->run();
    ASSERT_TRUE(storage.finish_flush(std::move(*job)));
}

template <group_storage Storage>
void what_is_flushed_is_there(Storage& storage) {
    auto const entries = entries_of(1, {1, 1, 2});
    storage.create_group(group_id{7});
    ASSERT_TRUE(stage(storage, group_id{7}, raft::hard_state{log_term{2}, node_id{3}}, entries));
    flush(storage);

    auto const& log = *storage.find(group_id{7});
    log_view_laws(log);
    EXPECT_EQ(log.last_index(), log_index{3});
    EXPECT_EQ(log.read(log_index{2}), entries[1]);
    EXPECT_EQ(log.hard_state().term, log_term{2});
    EXPECT_EQ(log.hard_state().vote, node_id{3});
}

template <group_storage Storage>
void one_flush_covers_all_groups(Storage& storage) {
    for (std::uint64_t const id : {1U, 2U, 3U}) {
        storage.create_group(group_id{id});
        ASSERT_TRUE(stage(storage, group_id{id}, std::nullopt, entries_of(1, {1})));
    }
    flush(storage);

    for (std::uint64_t const id : {1U, 2U, 3U}) {
        EXPECT_EQ(storage.find(group_id{id})->last_index(), log_index{1});
    }
    EXPECT_FALSE(storage.begin_flush()) << "nothing is left to do";
}

template <group_storage Storage>
void entries_replace_what_stands_there(Storage& storage) {
    storage.create_group(group_id{7});
    ASSERT_TRUE(stage(storage, group_id{7}, raft::hard_state{log_term{1}, no_node}, entries_of(1, {1, 1, 1})));
    flush(storage);
    ASSERT_TRUE(stage(storage, group_id{7}, raft::hard_state{log_term{4}, no_node}, entries_of(2, {4})));
    flush(storage);

    auto const& log = *storage.find(group_id{7});
    log_view_laws(log);
    EXPECT_EQ(log.last_index(), log_index{2});
    EXPECT_EQ(log.term_at(log_index{2}).value(), log_term{4});
}

template <group_storage Storage>
void a_removed_group_is_gone(Storage& storage) {
    storage.create_group(group_id{7});
    storage.remove_group(group_id{7});
    storage.remove_group(group_id{8});

    EXPECT_EQ(storage.find(group_id{7}), nullptr);
    EXPECT_TRUE(storage.can_create_group());
}

template <compactable_storage Storage>
void a_replaced_log_begins_behind_its_snapshot(Storage& storage) {
    storage.create_group(group_id{7});
    ASSERT_TRUE(stage(storage, group_id{7}, raft::hard_state{log_term{1}, no_node}, entries_of(1, {1, 1})));
    flush(storage);
    ASSERT_TRUE(storage.replace_log(group_id{7}, log_index{9}, log_term{1}, log_offset{9}));
    ASSERT_TRUE(stage(storage, group_id{7}, std::nullopt, entries_of(10, {1})));
    flush(storage);

    auto const& log = *storage.find(group_id{7});
    log_view_laws(log);
    EXPECT_EQ(log.base_index(), log_index{9});
    EXPECT_EQ(log.last_index(), log_index{10});
}

template <compactable_storage Storage>
void a_compacted_log_keeps_its_end(Storage& storage) {
    storage.create_group(group_id{7});
    ASSERT_TRUE(stage(storage, group_id{7}, raft::hard_state{log_term{1}, no_node}, entries_of(1, {1, 1, 1})));
    flush(storage);
    ASSERT_TRUE(storage.compact(group_id{7}, log_index{3}));
    ASSERT_TRUE(stage(storage, group_id{7}, std::nullopt, entries_of(4, {1})));
    flush(storage);

    auto const& log = *storage.find(group_id{7});
    log_view_laws(log);
    EXPECT_EQ(log.last_index(), log_index{4});
    EXPECT_LE(log.first_index(), log_index{3}) << "what is kept is there";
}

}  // namespace chronik::laws
