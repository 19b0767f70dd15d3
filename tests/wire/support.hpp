// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/shared_bytes.hpp>

#include <wire/api_table.hpp>
#include <wire/codec.hpp>
#include <wire/gather_writer.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <expected>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

/// What the tests of wire/ share.
namespace wire_test {

using namespace broker::wire;
using chronik::errc;
using chronik::shared_bytes;

inline std::vector<std::byte> flat(std::vector<shared_bytes> const& runs) {
    std::vector<std::byte> joined;
    for (auto const& run : runs) joined.insert(joined.end(), run.view().begin(), run.view().end());
    return joined;
}

template <class Message>
std::vector<std::byte> encoded(Message const& message, schema::version at) {
    gather_writer out;
    auto const done = encode(message, at, out);
    EXPECT_TRUE(done) << done.error().message() << ": " << print(message);
    return flat(std::move(out).finish());
}

/// Why there is no result; no error if there is one.
template <class T, class Error>
Error error_of(std::expected<T, Error> const& outcome) {
    return outcome ? Error{} : outcome.error();
}

inline std::vector<std::byte> from_hex(std::string_view text) {
    std::vector<std::byte> bytes;
    if (text == "-") return bytes;
    auto const digit = [](char each) { return each <= '9' ? each - '0' : each - 'a' + 10; };
    for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
        bytes.push_back(static_cast<std::byte>(digit(text[at]) * 16 + digit(text[at + 1])));
    }
    return bytes;
}

inline std::string to_hex(std::span<std::byte const> bytes) {
    constexpr std::string_view digit = "0123456789abcdef";
    std::string text;
    for (std::byte each : bytes) {
        text += digit[std::to_integer<std::size_t>(each) >> 4];
        text += digit[std::to_integer<std::size_t>(each) & 15];
    }
    return text;
}

/// The lines of a file beside these tests, without comments.
inline std::vector<std::string> golden_lines(std::string_view file) {
    std::ifstream in{std::filesystem::path{CHRONIK_TESTS} / "wire/golden" / file};
    EXPECT_TRUE(in) << "no golden file " << file;
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        if (!line.empty() && line[0] != '#') lines.push_back(line);
    }
    return lines;
}

}  // namespace wire_test
