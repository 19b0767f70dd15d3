// SPDX-License-Identifier: Apache-2.0
#include <settings/settings_table.hpp>

#include <fmt/format.h>

namespace broker {
namespace {

constexpr std::string_view introduction = R"(# Settings

<!-- Printed by `chronik-broker --print-settings-doc`; a test compares. Change the table in the source, print again. -->

Each setting can stand in a TOML file, in the environment and on the command line; the later of these wins.
`kafka_port = 9092` in the file is `CHRONIK_KAFKA_PORT=9092` and `--kafka-port 9092` elsewhere.

The file is named by `--config FILE` (or `--cluster-config FILE`), or by `CHRONIK_CONFIG` (or `CHRONIK_CLUSTER_CONFIG`).
An unknown key, variable or option is an error that names the nearest known one. A variable that is set to nothing
counts as not set, and the variables that Kubernetes makes for services (`CHRONIK_SERVICE_HOST`,
`CHRONIK_PORT=tcp://...`) are ignored. `chronik-broker --check-config` prints the settings as they would be used and
stops; exit code 2 means that they cannot be used.

Sizes take a unit (`64 MiB`, `64 MB`; alone, a number is bytes); durations need one (`500 ms`, `2 s`, `1 min`).

One file can be given to every node of a cluster: it lists all nodes, and each is started with its own `--node-id` and
`--data-dir`. A node takes its ports and its advertised host from its own line.

```toml
peers = ["1@host-a:9092", "2@host-b:9092", "3@host-c:9092"]
# the same, and the RPC port of node 1 chosen instead of derived:
# [[peers]]
# id = 1
# host = "host-a"
# kafka_port = 9092
# rpc_port = 19092
```
)";

/// A cell of a Markdown table ends at a bar.
std::string cell(std::string_view text) {
    std::string escaped;
    for (char const c : text) {
        if (c == '|') escaped += '\\';
        escaped += c;
    }
    return escaped;
}

}  // namespace

std::string settings_page() {
    std::string page(introduction);
    std::string_view section;
    for (setting const& row : settings_table()) {
        if (row.section != section) {
            section = row.section;
            page += fmt::format("\n## {}\n\n| key | value | default | meaning |\n|---|---|---|---|\n", section);
        }
        std::string const value =
            row.derived.empty() ? fmt::format("`{}`", cell(default_text(row))) : cell(row.derived);
        page += fmt::format("| `{}` | `{}` | {} | {} |\n", row.key, cell(row.value), value, cell(row.meaning));
    }
    return page;
}

std::string settings_listing(settings const& values) {
    std::string text;
    for (setting const& row : settings_table()) { text += fmt::format("{:<28} {}\n", row.key, row.show(values)); }
    return text;
}

}  // namespace broker
