// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <offline/data_at_rest.hpp>
#include <settings/exit.hpp>

#include <chronik/wal/finding.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdio>
#include <string>

namespace broker {

/// One line for people: what, where, of whom.
std::string text_of(chronik::wal::finding const& found, partition_names const& names);
/// Group, and topic and partition where they are known.
nlohmann::ordered_json json_of(chronik::group_id group, partition_names const& names);
nlohmann::ordered_json json_of(chronik::wal::finding const& found, partition_names const& names);

/// All that are kept, a line each, and how many are not.
void print_findings(chronik::wal::findings const& found, partition_names const& names, bool json, std::FILE* out);
void print_line(nlohmann::ordered_json const& line, std::FILE* out);

/// One line on `notes`. Returns its code.
exit_code say(std::FILE* notes, startup_error const& problem);
/// Whether everything that was printed has arrived: `code`, or that it has not.
exit_code finish(std::FILE* out, std::FILE* notes, exit_code code);

}  // namespace broker
