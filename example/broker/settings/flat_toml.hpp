// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace broker {

/// One top-level key of a TOML document, its values as text: `key = v`, `key = [v, ...]` or `[[key]]` tables of `k =
/// v`.
struct toml_entry {
    using fields = std::vector<std::pair<std::string, std::string>>;

    std::string key;
    std::size_t line = 0;
    std::vector<std::string> texts;
    std::vector<fields> tables;
};

/// What a settings or identity file may contain; nesting beyond an array of tables is refused.
///
/// name      for messages: the file's path
/// returns   entries in the order of their lines
/// errors    one line that begins with name:line
std::expected<std::vector<toml_entry>, std::string> read_flat_toml(std::string_view document, std::string_view name);

/// `text` as a TOML string with its quotes, whatever it contains.
std::string toml_quoted(std::string_view text);

}  // namespace broker
