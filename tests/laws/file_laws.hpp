// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/wal/concepts.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

/// What every model of wal::file and wal::directory keeps. Run by posix and by the simulated disk.
namespace chronik::laws {

inline std::span<std::byte const> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

template <wal::file File>
std::string read_text(File const& source, std::uint64_t position, std::size_t size) {
    std::string text(size, '?');
    auto const got = source.read_at(position, std::as_writable_bytes(std::span{text}));
    EXPECT_TRUE(got);
    text.resize(got.value_or(0));
    return text;
}

template <wal::directory Directory>
void what_is_written_is_read(Directory& where) {
    auto file = where.create("a");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write_at(5, bytes_of("world")));
    ASSERT_TRUE(file->write_at(0, bytes_of("hello")));
    EXPECT_EQ(file->size(), std::uint64_t{10});
    EXPECT_EQ(read_text(*file, 0, 10), "helloworld");
    EXPECT_EQ(read_text(*file, 8, 10), "ld") << "short only at the end";
    EXPECT_EQ(read_text(*file, 10, 1), "");
    EXPECT_TRUE(file->sync());
}

template <wal::directory Directory>
void a_hole_reads_as_zeros(Directory& where) {
    auto file = where.create("a");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write_at(3, bytes_of("x")));
    EXPECT_EQ(read_text(*file, 0, 4), std::string("\0\0\0x", 4));
}

template <wal::directory Directory>
void allocation_sets_the_size_and_zeros(Directory& where) {
    auto file = where.create("a");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write_at(0, bytes_of("kept")));
    ASSERT_TRUE(file->allocate(8192));
    EXPECT_EQ(file->size(), std::uint64_t{8192});
    EXPECT_EQ(read_text(*file, 0, 6), std::string("kept\0\0", 6));
}

template <wal::directory Directory>
void a_mapping_shows_later_writes_and_outlives_the_file(Directory& where) {
    shared_bytes mapped;
    {
        auto file = where.create("a");
        ASSERT_TRUE(file);
        ASSERT_TRUE(file->allocate(4096));
        mapped = *file->map();
        ASSERT_EQ(mapped.size(), 4096U);
        ASSERT_TRUE(file->write_at(10, bytes_of("later")));
    }
    EXPECT_EQ(mapped.text().substr(10, 5), "later");
}

template <wal::directory Directory>
    requires wal::storable_file<typename Directory::file_type>
void what_is_stored_in_memory_is_as_if_it_had_been_written(Directory& where) {
    auto file = where.create("a");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write_at(0, std::vector<std::byte>(8192)));
    auto const mapped = *file->map();
    for (auto how : {wal::touch::read, wal::touch::store}) {
        auto const memory = file->map_to_store();
        ASSERT_TRUE(memory);
        ASSERT_EQ(memory->bytes.size(), 8192U);
        ASSERT_TRUE(file->bring(*memory, how));
        std::ranges::copy(bytes_of("stored"), memory->bytes.begin() + 5000);
        EXPECT_EQ(read_text(*file, 5000, 6), "stored");
        EXPECT_EQ(mapped.text().substr(5000, 6), "stored");
        ASSERT_TRUE(file->sync());
        ASSERT_TRUE(file->write_at(5000, bytes_of("change")));
        EXPECT_EQ(std::to_integer<char>(memory->bytes[5000]), 'c');
    }
}

template <wal::directory Directory>
void names_are_created_renamed_listed_and_removed(Directory& where) {
    ASSERT_TRUE(where.create("a")->write_at(0, bytes_of("first")));
    ASSERT_TRUE(where.create("b")->write_at(0, bytes_of("second")));
    ASSERT_TRUE(where.rename("a", "c"));
    auto names = where.list();
    ASSERT_TRUE(names);
    std::ranges::sort(*names);
    EXPECT_EQ(*names, (std::vector<std::string>{"b", "c"}));
    EXPECT_EQ(read_text(*where.open("c", wal::access::read), 0, 9), "first");

    ASSERT_TRUE(where.rename("b", "c"));
    EXPECT_EQ(read_text(*where.open("c", wal::access::read), 0, 9), "second") << "renaming replaces";
    ASSERT_TRUE(where.remove("c"));
    EXPECT_TRUE(where.list()->empty());
    EXPECT_TRUE(where.sync());
}

template <wal::directory Directory>
void what_is_missing_is_an_error(Directory& where) {
    EXPECT_EQ(where.open("none", wal::access::read).error(), std::errc::no_such_file_or_directory);
    EXPECT_EQ(where.rename("none", "other").error(), std::errc::no_such_file_or_directory);
    EXPECT_EQ(where.remove("none").error(), std::errc::no_such_file_or_directory);
}

template <wal::directory Directory>
void creating_an_existing_name_gives_an_empty_file(Directory& where) {
    ASSERT_TRUE(where.create("a")->write_at(0, bytes_of("old")));
    auto again = where.create("a");
    ASSERT_TRUE(again);
    EXPECT_EQ(again->size(), std::uint64_t{0});
}

}  // namespace chronik::laws

/// Instantiates the laws for a fixture with a member `where` that models wal::directory and is empty.
#define CHRONIK_FILE_LAWS(fixture) \
    TEST_F(fixture, what_is_written_is_read) { chronik::laws::what_is_written_is_read(where); } \
    TEST_F(fixture, a_hole_reads_as_zeros) { chronik::laws::a_hole_reads_as_zeros(where); } \
    TEST_F(fixture, allocation_sets_the_size_and_zeros) { chronik::laws::allocation_sets_the_size_and_zeros(where); } \
    TEST_F(fixture, a_mapping_shows_later_writes_and_outlives_the_file) { \
        chronik::laws::a_mapping_shows_later_writes_and_outlives_the_file(where); \
    } \
    TEST_F(fixture, what_is_stored_in_memory_is_as_if_it_had_been_written) { \
        chronik::laws::what_is_stored_in_memory_is_as_if_it_had_been_written(where); \
    } \
    TEST_F(fixture, names_are_created_renamed_listed_and_removed) { \
        chronik::laws::names_are_created_renamed_listed_and_removed(where); \
    } \
    TEST_F(fixture, what_is_missing_is_an_error) { chronik::laws::what_is_missing_is_an_error(where); } \
    TEST_F(fixture, creating_an_existing_name_gives_an_empty_file) { \
        chronik::laws::creating_an_existing_name_gives_an_empty_file(where); \
    }
