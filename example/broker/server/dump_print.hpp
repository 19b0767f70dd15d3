// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/posix/directory.hpp>
#include <chronik/wal/entries_at_rest.hpp>
#include <chronik/wal/finding.hpp>

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

namespace broker {

/// A partition's log to be printed.
struct dumped_log {
    std::string topic;
    std::uint32_t partition = 0;
    chronik::wal::entries_at_rest<chronik::posix::directory> log;
};

/// What is wrong with a dump.
///
/// found          in the files
/// unread         the first thing in them that is whole, and still cannot be read
/// unread_count   such things
struct dump_damage {
    chronik::wal::findings found;
    std::string unread;
    std::uint64_t unread_count = 0;

    void add_unread(std::string what) {
        if (unread_count++ == 0) unread = std::move(what);
    }
};

/// The three ways to print a log: docs/operating/dump-log.md.
///
/// records   false: batches only
/// damage    gets what cannot be read, and each batch that is none
void print_text(dumped_log const& what, bool records, std::FILE* out, dump_damage& damage);
void print_json(dumped_log const& what, bool records, std::FILE* out, dump_damage& damage);
void print_digest(dumped_log const& what, std::FILE* out, dump_damage& damage);

}  // namespace broker
