// SPDX-License-Identifier: Apache-2.0
#include <chronik/posix/directory.hpp>
#include <chronik/wal/journal.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

// One journal, two logs, one sync; then the same directory opened again, as after a crash.
// prints: two groups, 1 sync
// prints: recovered 2 groups
// prints: group 1 index 1: of group 1
// prints: group 2 index 1: of group 2

using namespace chronik;
using journal_type = wal::journal<posix::directory>;

constexpr wal::options small{.segment_bytes = 1 << 20, .staged_bytes_max = 1 << 19, .segments_max = 8, .groups_max = 8};

int main() {
    auto path = (std::filesystem::temp_directory_path() / "append-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) return 1;
    {
        auto files = *posix::directory::open_exclusive(path);
        auto journal = *journal_type::open(files, small, 1);
        for (group_id group : {group_id{1}, group_id{2}}) {
            journal.create_group(group);
            entry const first{.term = {1},
                              .index = {1},
                              .kind = entry_kind::command,
                              .base_offset = {},
                              .record_count = 1,
                              .payload = shared_bytes::copy_of("of group " + std::to_string(group.value))};
            // In memory only: nothing is on disk yet.
            if (!journal.stage(group, std::optional{wal::hard_state{{1}, {}}}, std::span{&first, 1})) return 1;
        }
        if (!journal.flush()) return 1;
        std::printf("two groups, %llu sync\n", static_cast<unsigned long long>(journal.metrics().syncs));
        // No close(): what follows is a recovery.
    }
    {
        auto files = *posix::directory::open_exclusive(path);
        wal::recovery_report report;
        auto const journal = *journal_type::open(files, small, 2, &report);
        std::printf("recovered %llu groups\n", static_cast<unsigned long long>(report.groups));
        for (group_id group : journal.groups()) {
            auto const first = *journal.find(group)->read(log_index{1});
            std::printf("group %llu index 1: %s\n", static_cast<unsigned long long>(group.value),
                        std::string{first.payload.text()}.c_str());
        }
    }
    std::filesystem::remove_all(path);
}
