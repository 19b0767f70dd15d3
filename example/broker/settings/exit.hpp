// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace broker {

/// What the process tells its supervisor; see docs/operating/exit-codes.md. Every other value is a bug.
enum class exit_code : int {
    clean = 0,          ///< stopped as asked
    configuration = 2,  ///< a setting or the machine must be changed before a restart can help
    storage = 3,        ///< a sync failed, or stored bytes are damaged beyond repair: look at the disk
};

/// Why the broker does not start: one line, and it says what to change.
struct startup_error {
    exit_code code = exit_code::configuration;
    std::string text;
    bool passes = false;  ///< the machine is short of something, and may not be later
};

template <class T>
using startup = std::expected<T, startup_error>;

/// One line, whatever a file or a variable that it quotes contains.
inline startup_error startup_error_of(exit_code code, std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return {.code = code, .text = std::move(text)};
}

[[nodiscard]] inline std::unexpected<startup_error> refuse(std::string text) {
    return std::unexpected(startup_error_of(exit_code::configuration, std::move(text)));
}

[[nodiscard]] inline std::unexpected<startup_error> storage_failure(std::string text) {
    return std::unexpected(startup_error_of(exit_code::storage, std::move(text)));
}

}  // namespace broker
