// SPDX-License-Identifier: Apache-2.0
// expect-error: where a record goes must be known before it is made
// expect-lines-max: 40
#include "archetypes/file.hpp"
#include "archetypes/sink.hpp"

using namespace chronik;

using whole = archetypes::sink::tail<archetypes::file>;
struct appending {
    using batch_type = whole::batch_type;
    explicit appending(wal::options const&) {}
    std::size_t used() const { return 0; }
#ifdef CHRONIK_FIXED
    std::byte* claim(whole::segment_ptr const&, std::size_t) { return nullptr; }
#endif
    void commit(whole::segment_ptr const&, std::size_t) {}
    batch_type take() { return {}; }
    void give_back(batch_type&&) {}
};
static_assert(wal::sink_tail<appending, archetypes::file>, "where a record goes must be known before it is made");
