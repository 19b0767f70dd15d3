// SPDX-License-Identifier: Apache-2.0
#include <commit/trio.hpp>

#include <chronik/posix/directory.hpp>
#include <chronik/wal/journal.hpp>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// A step of the hot path, so many times, for steps_test.py, which counts its instructions:
//
//     hot_path_steps commit-1|commit-64|append COUNT FOLDER

namespace {

using namespace chronik;

constexpr std::size_t payload_bytes = 128;
constexpr std::uint64_t together = 64;

shared_bytes payload() { return shared_bytes{std::vector<std::byte>(payload_bytes, std::byte{7})}; }

/// Entries that three cores commit and apply, `batch` at a time.
bool commit(std::uint64_t count, std::size_t batch) {
    bench::trio group;
    std::vector<shared_bytes> const payloads(batch, payload());
    for (std::uint64_t done = 0; done < count; done += batch) group.propose_together(payloads);
    return group.applied(0) == count && group.applied(2) == count;
}

/// Entries of one group in a journal, written 64 at a time and not synced.
bool append(std::uint64_t count, std::string const& folder) {
    using journal_type = wal::journal<posix::directory>;
    auto where = posix::directory::open_exclusive(folder);
    if (!where) return false;
    wal::options limits;
    limits.sync = false;
    auto opened = journal_type::open(*where, limits, 1);
    if (!opened) return false;
    journal_type& journal = *opened;
    group_id const group{1};
    journal.create_group(group);
    if (!journal.flush() || !journal.prepare()) return false;
    auto const bytes = payload();
    for (std::uint64_t index = 1; index <= count; ++index) {
        entry const one{.term = {1},
                        .index = {index},
                        .kind = entry_kind::command,
                        .base_offset = {index - 1},
                        .record_count = 1,
                        .payload = bytes};
        if (!journal.stage(group, std::optional<wal::hard_state>{}, std::span{&one, 1})) return false;
        if (index % together == 0 && !journal.flush()) return false;
    }
    return journal.flush().has_value();
}

}  // namespace

int main(int given, char** words) {
    if (given != 4) return 2;
    std::string_view const what = words[1];
    std::string_view const number = words[2];
    std::uint64_t count = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), count).ec != std::errc{}) return 2;
    bool const done = what == "commit-1"    ? commit(count, 1)
                      : what == "commit-64" ? commit(count, together)
                      : what == "append"    ? append(count, words[3])
                                            : false;
    if (!done) std::fprintf(stderr, "%s was not done\n", words[1]);
    return done ? 0 : 1;
}
