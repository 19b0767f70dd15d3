// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/schema/value.hpp>

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>

namespace chronik::schema {

/// What one printed message may be long: it is for logs and test failures, never parsed.
struct print_limits {
    std::size_t elements_max = 64;
    std::size_t string_bytes_max = 256;
};

namespace detail {

class printer {
public:
    printer(std::string& out, print_limits limits) : out_(out), limits_(limits) {}

    template <described T>
    void message(T const& value) {
        out_ += '{';
        visit_fields<T>([&]<class... Fields>(Fields...) {
            std::string_view separator;
            ((out_ += separator, out_ += Fields::name(), out_ += ": ", any(Fields::of(value)), separator = ", "), ...);
        });
        out_ += '}';
    }

private:
    template <class V>
    void any(V const& value) {
        if constexpr (optional_value<V>) {
            if (value) any(*value); else out_ += "null";
        } else if constexpr (std::same_as<V, bool>) {
            out_ += value ? "true" : "false";
        } else if constexpr (std::same_as<V, double>) {
            digits(value);
        } else if constexpr (scalar_value<V>) {
            digits(to_number(value));
        } else if constexpr (std::same_as<V, uuid>) {
            for (std::byte each : value.bytes) hex(static_cast<unsigned char>(each));
        } else if constexpr (string_value<V>) {
            quoted(value);
        } else if constexpr (array_value<V>) {
            array(value);
        } else if constexpr (bytes_value<V>) {
            out_ += '<';
            digits(value.size());
            out_ += " bytes>";
        } else {
            message(value);
        }
    }

    template <class Array>
    void array(Array const& values) {
        out_ += '[';
        std::size_t nth = 0;
        for (auto const& each : values) {
            if (nth != 0) out_ += ", ";
            if (nth++ == limits_.elements_max) { out_ += "..."; break; }
            any(each);
        }
        out_ += ']';
    }

    /// Control characters become escapes, so that a client's bytes cannot forge a line of a log.
    void quoted(std::string_view text) {
        out_ += '"';
        for (char each : text.substr(0, limits_.string_bytes_max)) {
            auto const code = static_cast<unsigned char>(each);
            if (code < 0x20 || code == 0x7f) {
                out_ += "\\x";
                hex(code);
            } else {
                if (each == '"' || each == '\\') out_ += '\\';
                out_ += each;
            }
        }
        if (text.size() > limits_.string_bytes_max) out_ += "...";
        out_ += '"';
    }

    template <class Number>
    void digits(Number value) {
        char text[40];
        auto const end = std::to_chars(text, text + sizeof text, value).ptr;
        out_.append(text, end);
    }

    void hex(unsigned char code) {
        constexpr std::string_view digit = "0123456789abcdef";
        out_ += digit[code >> 4];
        out_ += digit[code & 15];
    }

    std::string& out_;
    print_limits limits_;
};

}  // namespace detail

/// The message as a person reads it: {group: "g", generation: 3, records: <120 bytes>}.
template <described T>
std::string print(T const& message, print_limits limits = {}) {
    std::string out;
    detail::printer{out, limits}.message(message);
    return out;
}

}  // namespace chronik::schema
