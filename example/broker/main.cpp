// SPDX-License-Identifier: Apache-2.0
#include <log/log.hpp>
#include <offline/offline.hpp>
#include <server/broker.hpp>
#include <server/descriptors.hpp>
#include <server/dump_log.hpp>
#include <server/mapped_reads.hpp>
#include <server/process_memory.hpp>
#include <settings/settings.hpp>

#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

int refuse(broker::startup_error const& why) {
    std::fprintf(stderr, "chronik-broker: %s\n", why.text.c_str());
    return static_cast<int>(why.code);
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<char const*> const given(arguments + (count > 0 ? 1 : 0), arguments + count);
    broker::end_at_unreadable_pages();
    broker::raise_descriptor_limit();
    std::string_view const command = given.empty() ? "" : given.front();
    if (command == "dump-log") return broker::run_dump_log(std::span{given}.subspan(1));
    if (broker::is_offline_command(command)) return broker::run_offline(given);
    auto const asked = broker::load_settings(given, broker::process_environment());
    if (!asked) return refuse(asked.error());
    if (asked->text) {
        std::fputs(asked->text->c_str(), stdout);
        return static_cast<int>(broker::exit_code::clean);
    }
    broker::keep_freed_memory();
    broker::log_writer lines{
        {.level = asked->settings.log_level, .format = asked->settings.log_format, .node = asked->settings.node_id}};
    auto node = broker::broker_node::open(asked->settings, lines);
    if (!node) return refuse(node.error());
    return static_cast<int>((*node)->run());
}
