// SPDX-License-Identifier: Apache-2.0
#include "../archetypes/directory.hpp"
#include "../archetypes/sink.hpp"
#include "../archetypes/storable_file.hpp"
#include "../archetypes/sync_policy.hpp"

#include <chronik/posix/directory.hpp>
#include <chronik/posix/io_thread.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>

namespace {

using namespace chronik;

static_assert(wal::file<archetypes::file>);
static_assert(wal::directory<archetypes::directory>);
static_assert(wal::directory<posix::directory>);
static_assert(wal::directory<chronik::testing::disk_directory>);

struct file_without_sync {
    result<void> write_at(std::uint64_t, std::span<std::byte const>);
    result<void> allocate(std::uint64_t);
    result<std::size_t> read_at(std::uint64_t, std::span<std::byte>) const;
    result<std::uint64_t> size() const;
    result<shared_bytes> map() const;
};
static_assert(!wal::file<file_without_sync>);

static_assert(!wal::options{.segment_bytes = 1000}.consistent());
static_assert(!wal::options{.segment_bytes = 64 * 1024}.consistent(), "a table of 16384 groups does not fit");
static_assert(wal::options{
    .segment_bytes = 64 * 1024, .staged_bytes_max = 64 * 1024, .segments_max = 32, .groups_max = 64}
                  .consistent());

static_assert(!wal::storable_file<archetypes::file>, "staged_sink is enough for the smallest file");
static_assert(wal::storable_file<archetypes::storable_file>);

}  // namespace

// The archetypes are enough for everything the journal does.
template class chronik::wal::journal<archetypes::directory>;
template class chronik::wal::journal<archetypes::directory, archetypes::sink, archetypes::sync_policy>;
template class chronik::wal::journal<posix::directory>;
template class chronik::wal::journal<posix::directory, chronik::wal::mapped_sink, chronik::wal::interval_sync>;
