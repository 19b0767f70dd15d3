// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <server/journal_at_rest.hpp>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace broker {

/// A partition's log to be printed; it stays the journal's.
struct dumped_log {
    std::string topic;
    std::uint32_t partition = 0;
    chronik::group_id group;
    log_at_rest const* log = nullptr;
};

/// The three ways to print a log: docs/operating/dump-log.md.
///
/// records   false: batches only
/// damage    gets a line for each batch that is none
void print_text(dumped_log const& what, bool records, std::FILE* out, std::vector<std::string>& damage);
void print_json(dumped_log const& what, bool records, std::FILE* out, std::vector<std::string>& damage);
void print_digest(dumped_log const& what, std::FILE* out);

}  // namespace broker
