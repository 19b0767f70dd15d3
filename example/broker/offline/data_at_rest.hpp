// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <server/identity.hpp>
#include <server/metadata_at_rest.hpp>
#include <settings/exit.hpp>

#include <chronik/posix/descriptor.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/wal/at_rest.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace broker {

/// A node's data directory while no broker uses it. As long as the object lives none can: the lock of a reader is held,
/// of which there may be several. Nothing is written, not even the lock file.
class data_at_rest {
public:
    /// errors   exit_code::configuration: a broker runs there, or there is no journal to read
    static startup<data_at_rest> open(std::string path);

    std::string const& path() const { return path_; }
    chronik::posix::directory& files() { return files_; }    ///< of the data directory
    chronik::posix::directory& journal() { return journal_; }

    /// Whose data it is. errors   as read_identity(), and a file that is not there or cannot be read
    startup<identity> owner();
    /// The text of the identity file. errors   as owner()
    startup<std::string> identity_file();

private:
    data_at_rest(std::string path, chronik::posix::directory&& files, chronik::posix::directory&& journal,
                 chronik::posix::descriptor&& lock)
        : path_(std::move(path)), files_(std::move(files)), journal_(std::move(journal)), lock_(std::move(lock)) {}

    std::string path_;
    chronik::posix::directory files_;
    chronik::posix::directory journal_;
    chronik::posix::descriptor lock_;
};

struct partition_name {
    std::string topic;
    std::uint32_t number = 0;
};
using partition_names = std::map<chronik::group_id, partition_name>;

/// What the metadata log calls the groups, as far as it can be read.
partition_names names_of(journal_at_rest const& journal);

/// `orders-0 (group 1000)`, `the metadata (group 1)`, `group 17`.
std::string text_of(chronik::group_id group, partition_names const& names);

}  // namespace broker
